"""The connections of a process: how many there may be, and how long one may take over what it sends and what it reads.

No client is known, so none is trusted: where there are too many, those that waited longest for their client go first.
"""

import asyncio
import logging
import resource
from typing import Protocol

FILES = 10_240  # that the process may have open; often no more than 1024 are allowed unless asked for
RESERVED = 128  # of them not for connections: models, logs, the second process, connections that come and go
SPARE = 32  # connections that wait for their client, and are not sent away for a newer one; a quarter at most
REGULAR = 4  # answers that a connection has had, to go last
MOST = 4096  # connections, each of which can hold 320 KiB that nobody has taken from it
SWEEP = 0.5  # seconds

HEAD = 10.0  # seconds for a request's head
BODY = 20.0  # seconds for its body, and beyond that
PACE = 64 * 1024  # so many bytes a second
UNREAD = 30.0  # seconds in which a client reads none of its answer
HELD = 256 * 1024 * 1024  # bytes in all connections that clients don't send the rest of, or don't read

log = logging.getLogger("serve.connections")


class Member(Protocol):
    """A connection, as far as it matters here."""

    def overdue(self, now: float) -> str:
        """Why it took too long, "" when it did not."""

    def held(self) -> int:
        """How many bytes lie in it that its client doesn't read or send the rest of."""

    def give_up(self, status: int, text: str) -> None:
        """Answer what was asked, or would have been, and close it."""

    def close(self) -> None:
        """Close it once all is written."""

    def abort(self) -> None:
        """Close it at once."""


class Crowd:
    """All connections of a process, in the order in which they would have to go."""

    def __init__(self) -> None:
        self._all: set[Member] = set()
        self._leaving: set[Member] = set()
        self._expecting: dict[Member, None] = {}
        self._rested: dict[Member, None] = {}
        self._regular: dict[Member, None] = {}
        self._held: dict[Member, tuple[int, float]] = {}
        self._is_sweeping = False

    def enter(self, connection: Member) -> bool:
        """Take a connection in, and let another go where there are too many; say whether it has a place."""
        if not self._is_sweeping:
            self._most, self._is_sweeping = most(), True
            asyncio.get_running_loop().call_later(SWEEP, self._sweep)
        self._all.add(connection)
        self._expecting[connection] = None
        return len(self._all) - len(self._leaving) <= self._most or self._make_way()

    def leave(self, connection: Member) -> None:
        """Forget a connection."""
        self._all.discard(connection)
        self._leaving.discard(connection)
        self.busy(connection)

    def expect(self, connection: Member, moved: bool) -> None:
        """Note that a connection waits for more of a request, and whether some of it came just now."""
        if moved or connection not in self._expecting:
            self.busy(connection)
            self._expecting[connection] = None

    def busy(self, connection: Member) -> None:
        """Note that a connection has a request that is being answered."""
        self._expecting.pop(connection, None)
        self._rested.pop(connection, None)
        self._regular.pop(connection, None)

    def rest(self, connection: Member, answers: int) -> None:
        """Note that a connection has had its answer, and how many in all."""
        self.busy(connection)
        rested = self._regular if answers >= REGULAR else self._rested
        rested[connection] = None

    def _make_way(self) -> bool:
        log.warning("more than %d connections: those that wait longest for their clients are closed", self._most)
        spare = min(SPARE, self._most // 4)
        rested = self._rested or self._regular
        if len(self._expecting) <= spare and not rested:
            return False
        oldest = next(iter(self._expecting if len(self._expecting) > spare else rested))
        is_rested = oldest in rested
        self.busy(oldest)
        if is_rested:
            oldest.close()
        else:
            oldest.give_up(503, "too many connections; send this again")
        if oldest.held():  # unread, so that it would stay for long
            oldest.abort()
        self._leaving.add(oldest)
        return True

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in list(self._expecting):
            if fault := connection.overdue(now):
                self.busy(connection)
                connection.give_up(408, fault)
        self._free(now)
        self._is_sweeping = bool(self._all)
        if self._is_sweeping:
            loop.call_later(SWEEP, self._sweep)

    def _free(self, now: float) -> None:
        """Cut off who reads nothing for long; where too much is held in all, those who hold most and don't move."""
        before, self._held = self._held, {}
        for connection in self._all:
            if size := connection.held():
                last = before.get(connection, (0, now))
                self._held[connection] = last if last[0] == size else (size, now)
        total = sum(size for size, _ in self._held.values())
        for connection, (size, since) in sorted(self._held.items(), key=lambda item: item[1], reverse=True):
            if now - since >= UNREAD or (total > HELD and since < now):
                total -= size
                connection.abort()


def most() -> int:
    """Return how many connections this process may have."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if files == resource.RLIM_INFINITY else max(8, min(MOST, files - RESERVED))
