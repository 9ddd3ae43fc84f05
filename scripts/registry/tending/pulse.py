"""The agent's own pages, `/healthz` and `/metrics`, for this machine alone."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from registry.errors import refuse
from registry.tending import gauges
from registry.tending.vitals import Vitals

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")  # a page of another site that leads here has another one


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, ask: Callable[[], Vitals]) -> None:
        super().__init__((HOST, port), _Handler)
        self.ask = ask


class _Handler(BaseHTTPRequestHandler):
    timeout = 10  # seconds that a client may be silent

    def do_GET(self) -> None:
        if self.headers.get("Host", "").partition(":")[0] not in NAMES:
            return self._answer(HTTPStatus.FORBIDDEN, "text/plain", b"")
        vitals = self.server.ask()
        if self.path == "/healthz":
            body = json.dumps(vitals.facts(), indent=2, sort_keys=True).encode() + b"\n"
            status = HTTPStatus.OK if vitals.is_well else HTTPStatus.SERVICE_UNAVAILABLE
            return self._answer(status, "application/json", body)
        if self.path == "/metrics":
            return self._answer(HTTPStatus.OK, gauges.CONTENT_TYPE, gauges.page(vitals))
        return self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"/healthz /metrics\n")

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def told(port: int, ask: Callable[[], Vitals]) -> Iterator[str]:
    """Answer while the block runs, on a port or, of 0, any free one; yield the address. `ask` gives what is told."""
    try:
        server = _Server(port, ask)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or "is no port"
        raise refuse("--port", f"{port} can't be listened on: {why.lower()}; choose another from 1 to 65535") from error
    with server:
        threading.Thread(target=server.serve_forever, name="pulse", daemon=True).start()
        try:
            yield f"http://{HOST}:{server.server_port}"
        finally:
            server.shutdown()
