"""Reading a request's body, up to a limit, packed or not, where there is room for it."""

import asyncio
import itertools
import zlib
from bisect import insort
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.types import Receive

from registry.protocols.refusals import RequestError, bad_request, show

LIMIT = 32 * 1024 * 1024  # bytes, as sent and unpacked
ENCODINGS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}

SMALL = 64 * 1024  # bytes, for which there is always room: as many as each connection may hold anyway
ROOM = 8 * LIMIT
QUEUE = 64  # bodies that wait for room
PATIENCE = 5.0  # seconds that they do
STALLED = 1.0  # seconds for SMALL more, or a body gives way to one that waits
LOOK = 0.1  # seconds
MUCH = LIMIT // 2  # bytes: memory that held so many goes back, once none was asked for in QUIET
QUIET = 1.0  # seconds


class Room:
    """Memory for the bodies in flight, in all connections. Where none is left a body waits, the smallest the shortest.

    Bodies that stopped arriving give way to those that wait: what no client finishes takes room from nobody.
    """

    def __init__(self, release: Callable[[], None]) -> None:
        self._free = self._least = ROOM
        self._release_memory = release
        self._waiting: list[tuple[int, int, float, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._arriving: set[Share] = set()

    def share(self) -> "Share":
        """Return a part of the room, of nothing yet, to be used as a context: what it took comes back at its end."""
        return Share(self)

    async def take(self, size: int) -> None:
        """Wait for so many bytes of room; raise RequestError where they don't come free."""
        if size <= self._free:
            self._grant(size)
            return
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_later(LOOK, self._look)
        future = loop.create_future()
        insort(self._waiting, (size, next(self._order), loop.time(), future))
        if len(self._waiting) > QUEUE:
            self._waiting.pop()[-1].set_exception(_no_room())
        await future

    def _grant(self, size: int) -> None:
        self._free -= size
        self._least = min(self._least, self._free)

    def give(self, size: int) -> None:
        """Let others have so many bytes."""
        self._free += size
        while self._waiting and self._waiting[0][0] <= self._free:
            size, _, _, future = self._waiting.pop(0)
            if not future.done():
                self._grant(size)
                future.set_result(None)
        if self._free == ROOM and self._least < ROOM - MUCH:
            self._least = ROOM
            asyncio.get_running_loop().call_later(QUIET, self._release)

    def _release(self) -> None:
        if self._free == ROOM:
            self._release_memory()
        else:
            self._least = 0

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for place in list(self._waiting):
            if now - place[2] > PATIENCE and not place[-1].done():
                self._waiting.remove(place)
                place[-1].set_exception(_no_room())
        if self._waiting:
            self._make_way(self._waiting[0][0] - self._free, now)
            loop.call_later(LOOK, self._look)

    def _make_way(self, wanted: int, now: float) -> None:
        for share in sorted(self._arriving, key=lambda share: share.moved):
            if wanted <= 0 or now - share.moved < STALLED:
                break
            wanted -= share.size
            share.stop()


class Share:
    """A part of the room."""

    def __init__(self, room: Room) -> None:
        self._room, self.size, self.moved, self._arrived = room, 0, 0.0, 0

    def __enter__(self) -> "Share":
        return self

    def __exit__(self, *_: object) -> None:
        if self.size:
            self._room.give(self.size)

    async def take(self, size: int) -> None:
        """Wait for so many bytes of room; raise RequestError where they don't come free."""
        await self._room.take(size)
        self.size += size

    def keep(self, size: int) -> None:
        """Give back all but so many bytes."""
        if size < self.size:
            spare, self.size = self.size - size, size
            self._room.give(spare)

    @asynccontextmanager
    async def arriving(self) -> AsyncIterator[None]:
        """Let the room stop what arrives in this block when it stalls; raises RequestError then."""
        self.moved = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(None) as self._until:
                self._room._arriving.add(self)
                yield
        except TimeoutError as error:
            raise RequestError(408, "the body came too slowly, and others waited for its room") from error
        finally:
            self._room._arriving.discard(self)

    def note(self, arrived: int) -> None:
        """Note how many bytes have arrived in all."""
        if arrived - self._arrived >= SMALL:
            self._arrived, self.moved = arrived, asyncio.get_running_loop().time()

    def stop(self) -> None:
        """Let the body that arrives fail."""
        self._room._arriving.discard(self)
        self._until.reschedule(0)


async def read_body(headers: dict[bytes, bytes], receive: Receive, share: Share) -> bytes:
    """Return the body, unpacked, for which the share holds room; raise RequestError when it is too large, by its header,
    while it arrives or unpacked, when it can't be unpacked, and when there is no room for it."""
    encoding = _encoding(headers.get(b"content-encoding", b"").decode("latin-1"))
    declared = headers.get(b"content-length", b"")
    size = int(declared) if declared.isdigit() else LIMIT
    if size > LIMIT:
        raise _too_large()
    body = await _receive(receive, size, share)
    return await _unpacked(body, encoding, share) if encoding else body


def _encoding(given: str) -> str | None:
    if not given:
        return None
    names = [name for name in (part.strip().lower() for part in given.split(",")) if name not in ("", "identity")]
    if len(names) > 1 or not ENCODINGS.keys() >= set(names):
        raise RequestError(415, f"content-encoding {show(given)} is not taken here; send gzip, deflate or none")
    return names[0] if names else None


async def _receive(receive: Receive, declared: int, share: Share) -> bytes:
    chunks: list[bytes] = []
    try:
        await _gather(receive, chunks, declared, share)
        return b"".join(chunks)
    finally:
        chunks.clear()  # an error's frames would keep them until garbage is collected


async def _gather(receive: Receive, chunks: list[bytes], declared: int, share: Share) -> None:
    size, more = 0, True
    while more and size <= SMALL:  # Starlette's stream() costs more than reading a small prediction does
        body, more = await _next(receive)
        chunks.append(body)
        size += len(body)
    if size <= SMALL:
        return
    await share.take(declared if more else size)
    async with share.arriving():
        while more:
            body, more = await _next(receive)
            chunks.append(body)
            size += len(body)
            if size > LIMIT:
                raise _too_large()
            share.note(size)
    share.keep(size)


async def _next(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise bad_request("the connection was closed before the whole body had arrived")
    return message["body"], message["more_body"]


async def _unpacked(body: bytes, encoding: str, share: Share) -> bytes:
    content = await asyncio.to_thread(_unpack, body, encoding, SMALL)
    if content is None:
        await share.take(LIMIT)
        content = await asyncio.to_thread(_unpack, body, encoding, LIMIT)
        if content is None:
            raise _too_large(" when unpacked")
        share.keep(len(content))
    return content


def _unpack(body: bytes, encoding: str, most: int) -> bytes | None:
    """Return what is packed, None when it is more than so many bytes."""
    unpacking = zlib.decompressobj(ENCODINGS[encoding])
    try:
        content = unpacking.decompress(body, most + 1)
    except zlib.error as error:
        raise bad_request(f"the body can't be unpacked as {encoding}: {str(error).rpartition(': ')[2]}") from error
    if len(content) > most:
        return None
    if not unpacking.eof:
        raise bad_request(f"the body can't be unpacked as {encoding}: it ends in the middle")
    if unpacking.unused_data:
        raise bad_request(f"the body can't be unpacked as {encoding}: it goes on after its end")
    return content


def _no_room() -> RequestError:
    return RequestError(503, "too many large requests at once; send this one again")


def _too_large(when: str = "") -> RequestError:
    return RequestError(413, f"the body is larger than {LIMIT // 1024 // 1024} MiB{when}; send fewer rows at once")
