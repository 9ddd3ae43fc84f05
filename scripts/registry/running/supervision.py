"""The server's end of the process that runs models: it is started, asked, and started again when it ended.

What it was asked and had not answered is asked again, so that nobody notices but the one who is to blame.
"""

import asyncio
import contextlib
import itertools
import logging
import time
import weakref
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from registry import memory
from registry.artifacts.tensors import Tensor
from registry.errors import RegistryError, refuse, within
from registry.protocols.refusals import RequestError
from registry.running import blame
from registry.running.calls import Call
from registry.running.link import Link

PAUSE, LONGEST_PAUSE = 0.1, 30.0  # seconds until it is started again, where nobody is known to have ended it
TRIES = 3
PATIENCE = 5.0  # seconds that a suspect waits for its turn to be tried alone

log = logging.getLogger("serve")


@dataclass(eq=False)
class Served:
    """A version in memory, as the server knows it. It is let go with the last reference to this."""

    model: str
    number: int
    directory: Path
    identity: object  # what tells this from another of its number, for who had it loaded
    place: int
    record: blame.Record
    kind: str = ""
    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    loading: asyncio.Task | None = None

    @property
    def fault(self) -> str:
        """Why it is asked no more, "" while it is."""
        return self.record.fault


class _Ended(Exception):
    """The process ended before it answered: how, and whether this is to blame, may be, or nothing that was computed."""

    def __init__(self, how: str, is_guilty: bool, is_suspected: bool, is_unexplained: bool) -> None:
        super().__init__(how)
        self.how, self.is_guilty, self.is_suspected = how, is_guilty, is_suspected
        self.is_unexplained = is_unexplained


class _Waiting(NamedTuple):
    answer: asyncio.Future[Call]
    served: Served


class Models:
    """The process that runs models. `load` may be called by any thread, all else by that of the event loop."""

    def __init__(self, niceness: int = 0) -> None:
        self._niceness = niceness
        self._numbers = itertools.count(1)
        self._waiting: dict[int, _Waiting] = {}
        self._served: weakref.WeakValueDictionary[int, Served] = weakref.WeakValueDictionary()
        self._suspected: set[int] = set()
        self._failures = 0
        self._starting: asyncio.Task | None = None
        self._is_stopped = False

    @property
    def is_running(self) -> bool:
        """Whether the process runs, or has not failed to for long."""
        return self._failures < TRIES

    async def start(self) -> None:
        """Start the process."""
        self._loop = asyncio.get_running_loop()
        self._is_up, self._alone = asyncio.Event(), asyncio.Lock()
        await self._begin()

    async def stop(self) -> None:
        """End the process, once nothing is asked any more."""
        self._is_stopped = True
        if self._starting:
            self._starting.cancel()
        self._link.kill()

    def release(self) -> None:
        """Give back the memory that this process and the other don't need."""
        memory.release()
        self._say("release")

    def load(self, model: str, number: int, directory: Path, identity: object) -> Future[Served]:
        """Load a version; the future raises RegistryError when that can't be done."""
        record = blame.Record(f"{model}/{number}")
        served = Served(model, number, directory, identity, next(self._numbers), record)
        return asyncio.run_coroutine_threadsafe(self._load_first(served), self._loop)

    async def ask(self, served: Served, protocol: str, body: bytes, header: bytes | None) -> tuple[bytes, int | None]:
        """Return the body of the answer, and where binary data begins in it; raise RequestError."""
        number = next(self._numbers)
        return await self._asked(number, served, Call(("ask", number, served.place, protocol, header), body))

    async def compare(
        self, served: Served, protocol: str, body: bytes, header: bytes | None, answered: tuple[bytes, int | None]
    ) -> float:
        """Return the share of the rows in which a version agrees with another's answer; raise RequestError."""
        number = next(self._numbers)
        words = "compare", number, served.place, protocol, header, answered
        share, _ = await self._asked(number, served, Call(words, body))
        return float(share)

    async def _asked(self, number: int, served: Served, call: Call) -> tuple[bytes, int | None]:
        try:
            answer = await self._answer(number, served, call)
        except _Ended as end:
            raise _lost(served, end) from end
        _, what, *found = answer.words
        if what == "refused":
            raise RequestError(*found)
        return answer.content, *found

    async def _load_first(self, served: Served) -> Served:
        await self._load(served)
        self._served[served.place] = served
        weakref.finalize(served, self._let_go, served.place).atexit = False
        return served

    async def _load(self, served: Served) -> None:
        number = next(self._numbers)
        words = "load", number, served.place, served.model, served.number, str(served.directory)
        try:
            answer = await self._answer(number, served, Call(words))
        except _Ended as end:
            text = f"can't be loaded: it ended the process that runs models {end.how}; deploy another version"
            raise refuse(f"{served.model}/{served.number}", text) from end
        _, what, *found = answer.words
        if what == "refused":
            raise RegistryError(*found)
        served.kind, served.inputs, served.outputs = found

    async def _load_again(self, served: Served) -> None:
        try:
            await self._load(served)
        except RegistryError as error:
            served.record.fault = within(error, served.directory.parents[1])
            log.error("%s", error)
        finally:
            served.loading = None

    def _let_go(self, place: int) -> None:
        if not self._is_stopped:
            self._loop.call_soon_threadsafe(self._say, "drop", place)

    def _say(self, *words: object) -> None:
        if self._is_up.is_set():
            self._link.send(Call(words))

    async def _answer(self, number: int, served: Served, call: Call) -> Call:
        """Ask until there is an answer; raise _Ended where this is to blame for that there is none, or may be."""
        ends, send = 0, self._send
        try:
            while True:
                try:
                    return await send(number, served, call)
                except _Ended as end:
                    ends += end.is_unexplained or end.is_suspected
                    if end.is_guilty or (ends == TRIES and call.words[0] != "load"):
                        raise
                    if end.is_suspected:
                        send = self._send_alone
        finally:
            self._suspected.discard(number)

    async def _send_alone(self, number: int, served: Served, call: Call) -> Call:
        has_turn = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                has_turn = await self._alone.acquire()
        try:
            return await self._send(number, served, call)
        finally:
            if has_turn:
                self._alone.release()

    async def _send(self, number: int, served: Served, call: Call) -> Call:
        is_load = call.words[0] == "load"
        while not (self._is_up.is_set() and (is_load or served.loading is None)):
            await (asyncio.shield(served.loading) if self._is_up.is_set() else self._is_up.wait())
        if served.fault and not is_load:
            raise RequestError(404, served.fault)
        self._waiting[number] = waiting = _Waiting(self._loop.create_future(), served)
        self._link.send(call)
        try:
            return await waiting.answer
        finally:
            self._waiting.pop(number, None)

    def _take(self, call: Call) -> None:
        self._failures = 0
        waiting = self._waiting.get(call.words[0])
        if waiting and not waiting.answer.done():
            waiting.answer.set_result(call)

    async def _begin(self) -> None:
        self._link = Link(self._is_up.set, self._take, self._note_end, self._niceness)
        await self._link.start()

    def _note_end(self) -> None:
        self._is_up.clear()
        if not self._is_stopped:
            self._starting = self._loop.create_task(self._begin_again())

    async def _begin_again(self) -> None:
        how, computing, crashed = await self._link.end()
        guilty, suspected = blame.judge(computing, crashed, self._suspected)
        self._suspected |= suspected
        self._tell(guilty, how)
        for number, waiting in list(self._waiting.items()):
            if not waiting.answer.done():
                end = _Ended(how, number == guilty, number in suspected, is_unexplained=not computing)
                waiting.answer.set_exception(end)
        asked = {waiting.served for waiting in self._waiting.values()}
        for served in sorted(self._served.values(), key=lambda served: served not in asked):
            if not (served.loading or served.fault):
                served.loading = self._loop.create_task(self._load_again(served))
        if not computing:
            await self._pause()
        while True:
            try:
                return await self._begin()
            except OSError as error:
                log.error("the process that runs models can't be started: %s", error)
                await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(min(LONGEST_PAUSE, PAUSE * 2**self._failures))
        self._failures += 1

    def _tell(self, guilty: int | None, how: str) -> None:
        if guilty in self._waiting:
            log.error("%s", self._waiting[guilty].served.record.note(how, time.monotonic()))
        else:
            log.error("the process that runs models ended %s; it is started again", how)


def _lost(served: Served, end: _Ended) -> RequestError:
    if end.is_guilty:
        return RequestError(500, f"model {served.model} version {served.number} failed: it ended its process {end.how}")
    return RequestError(503, "the process that runs models ends again and again; send this once more")
