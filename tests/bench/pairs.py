"""Commands timed in pairs: one after the other, several times, so that a noisy machine disturbs both alike."""

import os
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 5


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds of the wall clock, of all processors, and its peak memory in MB."""

    seconds: float
    processor: float
    memory: float


def cost(command: list[str], folder: Path) -> Cost:
    """Run a command to its end; it must succeed."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, env=os.environ)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return Cost(time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def least(command: list[str], folder: Path) -> float:
    """Return the least seconds that a command took: what it takes when nothing disturbs it."""
    return min(cost(command, folder).seconds for _ in range(ROUNDS))


def ratio(ours: list[Cost], theirs: list[Cost], counted: str = "seconds") -> float:
    """Return the median over all rounds of how many times as much ours took as theirs, by a field of the costs."""
    rounds = zip(ours, theirs, strict=True)
    return statistics.median(getattr(one, counted) / getattr(other, counted) for one, other in rounds)
