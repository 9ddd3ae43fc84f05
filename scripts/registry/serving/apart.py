"""A process beside the one that serves, for what would keep Python's lock from everybody else."""

import asyncio
import multiprocessing
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from registry.protocols.refusals import RequestError


class Apart:
    """One process that starts when it is first needed, and again when it died."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def run(self, work: Callable, *words: object) -> Any:
        """Return what a function makes of its arguments; all of these travel. Raises what the function does."""
        pool = self._pool = self._pool or ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _prepare)
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work, *words)
        except BrokenProcessPool as error:
            if self._pool is pool:
                self._pool = None
            raise RequestError(503, "the process that reads large requests died; send this one again") from error

    def stop(self) -> None:
        """Let the process end."""
        if self._pool:
            self._pool.shutdown()


def _prepare() -> None:
    """Leave signals to the process that serves, and go with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=leave_with_parent, daemon=True).start()


def leave_with_parent() -> None:
    """End this process as a signal would, once the process that started it is gone: killed, it can't say so."""
    multiprocessing.parent_process().join()
    signal.raise_signal(signal.SIGTERM)
