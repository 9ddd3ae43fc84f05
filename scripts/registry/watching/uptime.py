"""How long something lasted by the clock of a machine that runs on since it was started: nobody puts it forward or back."""

import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

BOOT = Path("/proc/sys/kernel/random/boot_id")
CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # the first counts what a machine sleeps


class Moment(NamedTuple):
    """Which start of which machine, "" where the system has no name for it, and the seconds since then."""

    boot: str
    seconds: float


def now() -> Moment:
    """Return this moment."""
    return Moment(_boot(), time.clock_gettime(CLOCK))


def since(before: Moment, now: Moment) -> float:
    """Return how many seconds lie between two moments: none for sure where the machine was started anew, or is another."""
    return max(0.0, now.seconds - before.seconds) if before.boot == now.boot else 0.0


@cache
def _boot() -> str:
    return BOOT.read_text().strip() if BOOT.exists() else ""
