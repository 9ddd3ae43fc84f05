"""A process that runs models, from its start to its end, and the line to it."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from registry.running import blame, calls, notes
from registry.running.calls import Call

SCRIPTS = Path(__file__).parents[2]
CODE = "import sys; sys.path.insert(0, {!r}); from registry.running import computing; computing.main({}, {}, {})"


class End(NamedTuple):
    """How a process ended, the numbers of what it computed then, and that of the thread which crashed, where known."""

    how: str
    computing: set[int]
    crashed: int | None


class Link(asyncio.Protocol):
    """One process. `made` is called once it can be sent something, `take` with each call from it, `lost` at its end."""

    def __init__(
        self, made: Callable[[], None], take: Callable[[Call], None], lost: Callable[[], None], niceness: int
    ) -> None:
        self._made, self._take, self._lost = made, take, lost
        self._niceness = niceness
        self._arriving = calls.Arriving()
        self._kept: list[bytes] = []
        self._process: subprocess.Popen | None = None

    async def start(self) -> None:
        """Start the process; raise OSError where that can't be done."""
        self._loop, self._notes = asyncio.get_running_loop(), notes.make()
        ours, theirs = socket.socketpair()
        with theirs:
            files = theirs.fileno(), self._notes.fileno()
            command = [sys.executable, "-P", "-c", CODE.format(str(SCRIPTS), *files, self._niceness)]
            self._process = subprocess.Popen(command, pass_fds=files)  # which goes with the thread that starts it
        await self._loop.create_unix_connection(lambda: self, sock=ours)

    def send(self, call: Call) -> None:
        """Send a call, together with others that are sent now."""
        if not self._kept:
            self._loop.call_soon(self._flush)
        self._kept += calls.write(call)

    def _flush(self) -> None:
        kept, self._kept = self._kept, []
        for part in calls.joined(kept):
            self._transport.write(part)

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._made()

    def data_received(self, data: bytes) -> None:
        for call in self._arriving.take(data):
            self._take(call)

    def connection_lost(self, _: Exception | None) -> None:
        self._lost()

    async def end(self) -> End:
        """Wait for the process to end, and say how it did."""
        code = await asyncio.to_thread(self._process.wait)
        with self._notes:
            return End(blame.way(code), *notes.read(self._notes.fileno()))

    def kill(self) -> None:
        """Let the process end at once."""
        if self._process:
            self._process.kill()
