"""A load generator that takes little of the machine itself: one thread, raw sockets, requests made up before."""

import selectors
import socket
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What a server did: requests per second, and the time of the middle, the 99th of 100, the longest request in ms."""

    rate: float
    p50: float
    p99: float
    longest: float


def get(path: str) -> bytes:
    """Return a whole HTTP request without a body."""
    return f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()


def post(path: str, body: bytes) -> bytes:
    """Return a whole HTTP request."""
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


def hammer(port: int, request: bytes, seconds: float, connections: int = 8) -> Load:
    """Send a request again and again over connections that are kept, each waiting for its answer."""
    selector, times = selectors.DefaultSelector(), []
    for _ in range(connections):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ, _Waiting(connection, request))
    started = time.perf_counter()
    while time.perf_counter() - started < seconds:
        for key, _ in selector.select():
            times += key.data.receive()
    took = time.perf_counter() - started
    for key in list(selector.get_map().values()):
        key.fileobj.close()
    times = sorted(1000 * time for time in times)
    return Load(len(times) / took, times[len(times) // 2], times[len(times) * 99 // 100], times[-1])


class _Waiting:
    def __init__(self, connection: socket.socket, request: bytes) -> None:
        self._connection, self._request = connection, request
        self._send()

    def _send(self) -> None:
        self._answer, self._since = b"", time.perf_counter()
        self._connection.sendall(self._request)

    def receive(self) -> list[float]:
        """Take in what has come; when the answer is whole, return its time in seconds and ask again."""
        self._answer += self._connection.recv(65536)
        head, _, body = self._answer.partition(b"\r\n\r\n")
        if not body or len(body) < int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]):
            return []
        if b" 200 " not in head[:15]:
            raise SystemExit(self._answer.decode())
        took = time.perf_counter() - self._since
        self._send()
        return [took]
