"""The agent's own pages, `/healthz` and `/metrics`, for this machine alone."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from registry.errors import refuse
from registry.tending.vitals import Vitals

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")  # a page of another site that leads here has another one


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, ask: Callable[[], Vitals]) -> None:
        super().__init__((HOST, port), _Handler)
        self.ask = ask

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that go away."""


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
            return self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, metrics(vitals))
        return self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"/healthz /metrics\n")

    def log_message(self, *_: object) -> None:
        """Say nothing of requests."""

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


class _Told:
    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        one = self._vitals
        for name, text, count in (
            ("agent_rounds", "Rounds that ended.", one.rounds),
            ("agent_failures", "Those of them after which something was the matter.", one.failures),
        ):
            counter = CounterMetricFamily(name, text, labels=["environment"])
            counter.add_metric([one.environment], count)
            yield counter
        for name, text, value in (
            ("agent_last_round_timestamp_seconds", "When the last round ended.", one.last_round),
            (
                "agent_last_success_timestamp_seconds",
                "When the last one ended after which nothing was the matter.",
                one.last_success,
            ),
            ("agent_held", "Models whose pinned version is not tried again.", len(one.held)),
            ("agent_drift", "Models that the last look found otherwise than they had been deployed.", len(one.drift)),
            ("agent_faults", "What is the matter.", len(one.faults)),
        ):
            gauge = GaugeMetricFamily(name, text, labels=["environment"])
            if value is not None:
                gauge.add_metric([one.environment], value)
            yield gauge
        followed = GaugeMetricFamily(
            "agent_followed", "The commit of main that is followed.", labels=["environment", "commit"]
        )
        followed.add_metric([one.environment, one.followed], 1)
        yield followed


def metrics(vitals: Vitals) -> bytes:
    """Return what Prometheus reads."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told(vitals))
    return generate_latest(registry)
