"""HTTP on loopback: three listeners (API with Git and pages, uploads, storage), and connections that break."""

import re
import socket
import struct
import threading
import time
import traceback
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from hub import faults
from hub.faults import Fault
from hub.messages import Answer, Request

if TYPE_CHECKING:
    from hub.service import Hub

GIT = re.compile(r"/[^/]+/[^/]+/(info/refs|git-(upload|receive)-pack|HEAD|objects/.*)")
API = re.compile(r"/(orgs|repos|user|users|rate_limit|meta|graphql)(/.*)?")
ENTERPRISE = {"/api/v3": "api", "/api/uploads": "uploads", "/api": "api"}  # the last one for /api/graphql
NAMES = {"api": "127.0.0.1", "uploads": "127.0.0.1", "storage": "localhost"}
PIECES, PAUSE = 10, 0.005  # of a slow body
RESET = struct.pack("ii", 1, 0)


class Servers:
    """The listeners. The storage host has another name than the others, so that it is another host to any client."""

    def __init__(self, hub: "Hub", port: int) -> None:
        self._servers = {name: _Server(hub, name, port if name == "api" else 0) for name in NAMES}

    def base(self, name: str, host: str | None = None) -> str:
        return f"http://{host or NAMES[name]}:{self._servers[name].server_port}"

    def start(self) -> None:
        for server in self._servers.values():
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        for server in self._servers.values():
            server.shutdown()
            server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, hub: "Hub", name: str, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.hub, self.name = hub, name

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that are killed or give up are what the tests want."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def _answer(self) -> None:
        ask = self._request()
        try:
            answer, fault = self.server.hub.answer(ask)
        except Exception:
            self.server.hub.violations.append(f"{ask.method} {self.path}: {traceback.format_exc()}")
            answer, fault = Answer(500, b'{"message": "the hub broke down"}'), None
        self._send(answer, fault)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass

    def _request(self) -> Request:
        headers = {name.lower(): value for name, value in self.headers.items()}
        parts = urlsplit(self.path)
        named = self.server.name == "api" and "host" in headers
        base = f"http://{headers['host']}" if named else self.server.hub.api_base
        host, prefix, path = _place(self.server.hub, self.server.name, parts.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if host == "git":
            headers["query"] = parts.query
        return Request(host, self.command, path, query, headers, self._body(headers), base, prefix)

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("expect") == "100-continue":
            self.wfile.flush()
        if "chunked" not in headers.get("transfer-encoding", ""):
            return self.rfile.read(int(headers.get("content-length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, answer: Answer, fault: Fault | None) -> None:
        """Send an answer, or break off as a fault says."""
        kind = fault.kind if fault else ""
        if kind == "kill":
            fault.kill()
        if kind == "kill" or kind.startswith("reset"):
            self._reset()
            return
        body = answer.facts
        if kind == "altered":
            body = faults.altered(body, answer.headers.get("Content-Type", ""))
        self.wfile.write(self._head(answer, None if kind == "unsized" else len(body)))
        if kind in ("truncated", "unsized"):
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif kind == "slow":
            self._trickle(body)
        elif kind == "stall":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.connection.recv(1)  # until the client gives up
            self.close_connection = True
        else:
            self.wfile.write(body)
        self.wfile.flush()

    def _head(self, answer: Answer, length: int | None) -> bytes:
        headers = {"Server": "hub", "Date": self.date_time_string()} | answer.headers
        if length is not None and answer.status not in (204, 304):
            headers["Content-Length"] = str(length)
        lines = [f"HTTP/1.1 {answer.status} {responses.get(answer.status, '')}"]
        return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode("latin-1")

    def _trickle(self, body: bytes) -> None:
        step = -(-len(body) // PIECES) or 1
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            self.wfile.flush()
            time.sleep(PAUSE)

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.rfile.close()
        self.connection.close()


def _place(hub: "Hub", server: str, path: str) -> tuple[str, str, str]:
    """Return which host a path belongs to, the prefix of an Enterprise server, and the path without it."""
    if server != "api":
        return server, "", path
    if GIT.fullmatch(path):
        return "git", "", path
    if not hub.enterprise:
        return ("api" if API.fullmatch(path) else "web"), "", path
    for prefix, host in ENTERPRISE.items():
        if path.startswith(f"{prefix}/"):
            return host, "/api/v3", path.removeprefix(prefix)
    return "web", "", path
