"""Commands timed in pairs: one after the other, several times, so that a noisy machine disturbs both alike."""

import os
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 5
# what a verb's second run finds: its modules compiled
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds of the wall clock, of all processors, and its peak memory in MB."""

    seconds: float
    processor: float
    memory: float


def cost(command: list[str], folder: Path) -> Cost:
    """Run a command to its end; it must succeed."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return Cost(time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def least_of(command: list[str], folder: Path, rounds: int = ROUNDS, without: Path | None = None) -> Cost:
    """Return what a command took when it took the least seconds: when nothing disturbed it; without a file, if any."""

    def once() -> Cost:
        if without:
            without.unlink(missing_ok=True)
        return cost(command, folder)

    return min((once() for _ in range(rounds)), key=lambda one: one.seconds)


def least(command: list[str], folder: Path) -> float:
    """Return the least seconds that a command took."""
    return least_of(command, folder).seconds


def beyond(cost: Cost, start: Cost) -> str:
    """Return what a verb took beyond what Python takes to start: by the clock, of all processors together, memory."""
    seconds, processor = cost.seconds - start.seconds, cost.processor - start.processor
    return f"{seconds:.2f} s beyond Python's start ({processor:.2f} s of processor), {cost.memory:.0f} MB"


def ratio(ours: list[Cost], theirs: list[Cost], counted: str = "seconds") -> float:
    """Return the median over all rounds of how many times as much ours took as theirs, by a field of the costs."""
    rounds = zip(ours, theirs, strict=True)
    return statistics.median(getattr(one, counted) / getattr(other, counted) for one, other in rounds)
