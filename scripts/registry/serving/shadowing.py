"""Copies of requests for versions that are tried: answered after the clients are, where there is room, and compared.

They are answered one at a time by a process of their own, behind all others: what a version does there is nobody's harm.
It runs while some version is tried, and ends with that.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from registry.errors import RegistryError
from registry.protocols.refusals import RequestError
from registry.running.supervision import Models, Served

MOST = 32  # copies that wait
ROOM = 16 * 1024 * 1024  # bytes in them
PATIENCE = 30.0  # seconds for an answer
LOADING = 300.0  # seconds until a version is in memory
LOOK = 1.0  # seconds until it is seen that nothing is tried any more
NICENESS = 10

log = logging.getLogger("serve")


@dataclass(frozen=True)
class Copy:
    """A request, what was answered to it, and the version that is to answer it too."""

    trial: Served
    protocol: str
    body: bytes
    header: bytes | None
    answered: tuple[bytes, int | None]

    @property
    def size(self) -> int:
        """How many bytes it holds."""
        return len(self.body) + len(self.answered[0])


class Copies:
    """The copies of one server. `wanted` returns the versions that are tried now; `note` gets each that had a copy, with
    the share of its rows that agrees: none of it where it fails, None where it was not compared."""

    def __init__(self, wanted: Callable[[], set[Served]], note: Callable[[Served, float | None], None]) -> None:
        self._wanted, self._note = wanted, note
        self._waiting: deque[Copy] = deque()
        self._size = 0
        self._came = asyncio.Event()
        self._work: asyncio.Task | None = None

    async def offer(self, copy: Copy) -> None:
        """Take a copy in, unless there are too many."""
        if len(self._waiting) == MOST or self._size + copy.size > ROOM:
            self._note(copy.trial, None)
            return
        self._waiting.append(copy)
        self._size += copy.size
        self._came.set()
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._answer_all())

    async def stop(self) -> None:
        """End the process, whatever it is about."""
        if self._work:
            self._work.cancel()
            await asyncio.wait([self._work])

    async def _answer_all(self) -> None:
        while self._wanted():
            models = Models(NICENESS)
            try:
                await models.start()
                await self._answer_with(models)
            except TimeoutError:
                pass  # it is busy for good, so there is a new one
            except OSError as error:
                log.error("the process that answers copies can't be started: %s", error)
                await asyncio.sleep(PATIENCE)
            finally:
                await models.stop()
        self._waiting.clear()
        self._size = 0

    async def _answer_with(self, models: Models) -> None:
        """Answer copies as long as any version is tried; raise TimeoutError where one takes too long."""
        loaded: dict[Served, Served | None] = {}
        while wanted := self._wanted():
            loaded = {trial: own for trial, own in loaded.items() if trial in wanted}
            copy = await self._next()
            if copy is None or copy.trial not in wanted:
                continue
            if copy.trial not in loaded:
                loaded[copy.trial] = await _loaded(models, copy.trial)
            own = loaded[copy.trial]
            self._note(copy.trial, None if own is None else await self._compared(models, own, copy))

    async def _next(self) -> Copy | None:
        if not self._waiting:
            self._came.clear()
            try:
                await asyncio.wait_for(self._came.wait(), LOOK)
            except TimeoutError:
                return None
        copy = self._waiting.popleft()
        self._size -= copy.size
        return copy

    async def _compared(self, models: Models, own: Served, copy: Copy) -> float | None:
        asked = models.compare(own, copy.protocol, copy.body, copy.header, copy.answered)
        try:
            return await asyncio.wait_for(asked, PATIENCE)
        except RequestError as error:
            return None if error.status == 503 else 0.0
        except TimeoutError:
            self._note(copy.trial, 0.0)
            raise


async def _loaded(models: Models, trial: Served) -> Served | None:
    future = models.load(trial.model, trial.number, trial.directory, trial.identity)
    try:
        return await asyncio.wait_for(asyncio.wrap_future(future), LOADING)
    except (RegistryError, TimeoutError) as error:
        told = error if isinstance(error, RegistryError) else f"{trial.model}/{trial.number}: takes too long to load"
        log.error("%s; it gets no copies of requests", told)
        return None
