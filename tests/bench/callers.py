"""Callers who ask so many times a second, whatever becomes of their requests, and count those that fail.

A server that is slow gets no fewer requests for that: who has no answer yet is not waited for, another caller asks.
"""

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 5  # seconds until a request counts as failed


class Caller:
    """A connection that is kept, and the request on it that has no whole answer yet."""

    def __init__(self, port: int) -> None:
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.since, self._answer = 0.0, b""

    def ask(self, request: bytes) -> None:
        self.since, self._answer = time.perf_counter(), b""
        self.connection.sendall(request)

    def hear(self) -> bool | None:
        """Take in what has come; say whether the answer is a good one, None as long as it is not whole."""
        try:
            piece = self.connection.recv(65536)
        except OSError:
            return False
        self._answer += piece
        head, _, body = self._answer.partition(b"\r\n\r\n")
        if not piece:
            return False
        is_whole = body and len(body) >= int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        return b" 200 " in head[:15] if is_whole else None


class Callers(threading.Thread):
    """So many requests a second to a port of this machine, until it is ended; `sent` and `failed` count them."""

    def __init__(self, port: int, request: bytes, rate: int) -> None:
        super().__init__(daemon=True)
        self.sent, self.failed = 0, 0
        self._port, self._request, self._rate = port, request, rate
        self._ended = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._idle: list[Caller] = []

    def end(self) -> None:
        """Ask no more, and wait for the answers that are still to come."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        begun = time.perf_counter()
        while not self._ended.is_set() or self._selector.get_map():
            due = 0 if self._ended.is_set() else int((time.perf_counter() - begun) * self._rate) - self.sent
            for _ in range(due):
                self._ask()
            for key, _ in self._selector.select(1 / self._rate):
                self._hear(key.data)
            late = time.perf_counter() - PATIENCE
            for key in [one for one in self._selector.get_map().values() if one.data.since < late]:
                self._leave(key.data, is_good=False)

    def _ask(self) -> None:
        self.sent += 1
        try:
            caller = self._idle.pop() if self._idle else Caller(self._port)
            caller.ask(self._request)
        except OSError:
            self.failed += 1
            return
        self._selector.register(caller.connection, selectors.EVENT_READ, caller)

    def _hear(self, caller: Caller) -> None:
        is_good = caller.hear()
        if is_good is not None:
            self._leave(caller, is_good)

    def _leave(self, caller: Caller, is_good: bool) -> None:
        self._selector.unregister(caller.connection)
        if is_good:
            self._idle.append(caller)
        else:
            self.failed += 1
            caller.connection.close()


@contextmanager
def calling(port: int, request: bytes, rate: int) -> Iterator[Callers]:
    """Let callers ask while the block runs."""
    callers = Callers(port, request, rate)
    callers.start()
    try:
        yield callers
    finally:
        callers.end()
