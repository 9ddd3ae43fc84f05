"""A server on loopback that answers as a test says, and remembers what it was asked."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: HTTPMessage
    body: bytes

    @property
    def told(self) -> str:
        return f"{self.method} {self.path}"


class Call(BaseHTTPRequestHandler):
    """A request that waits for its answer."""

    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked = Asked(self.command, self.path, self.headers, body)
        self.server.asked.append(self.asked)
        self.server.answer(self)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    def reply(self, status: int, content: object = b"", *, cut: int | None = None, **headers: object) -> None:
        """Answer with bytes, or with JSON; break off after `cut` bytes. A header that is None is left out."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response_only(status)
        for name, value in {"Content_Length": len(body), **headers}.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body[:cut])
        self.close_connection = cut is not None

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer: Callable[[Call], None], address: tuple[str, int]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, Call)
        self.answer = answer
        self.asked: list[Asked] = []

    def url(self, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_port}"

    @property
    def told(self) -> list[str]:
        """All that was asked, in short."""
        return [one.told for one in self.asked]

    def sent(self, header: str) -> list[str | None]:
        """A header of each request."""
        return [one.headers[header] for one in self.asked]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that give up are what the tests want."""


@contextmanager
def answering(answer: Callable[[Call], None], host: str = "127.0.0.1") -> Iterator[Server]:
    """Yield a running server; `answer` replies to each call."""
    with Server(answer, (host, 0)) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
