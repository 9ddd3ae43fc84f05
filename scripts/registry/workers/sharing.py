"""Work shared among the cores of this machine, by copies of the process that has it."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

Told = TypeVar("Told")


def cores() -> int:
    """Return how many cores this process may use: fewer than there are in a container, or by `taskset`."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def side_by_side(do: Callable[[int], Told], processes: int) -> Told:
    """Do the shares of some work, by number, each in a process of its own but for the first; return what that returns.

    What another process could not do is done here again, and tells why. No other thread may work meanwhile.
    """
    others: dict[int, int] = {}
    try:
        for number in range(1, processes):
            others[_forked(partial(do, number))] = number
        found = do(0)
        failed = [number for process, number in others.items() if os.waitpid(process, 0)[1]]
    except BaseException:
        for process in others:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)
        raise
    for number in failed:
        do(number)
    return found


def _forked(do: Callable[[], object]) -> int:
    """Do something in a copy of this process, which does not say what went wrong; return the copy's number."""
    if process := os.fork():
        return process
    code = 1
    try:
        do()
        code = 0
    finally:
        os._exit(code)
