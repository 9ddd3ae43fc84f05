"""Who ended the process that runs models, and when a version has done so too often. Pure."""

import signal
from collections.abc import Set
from dataclasses import dataclass, field
from typing import NamedTuple

MOST = 3  # times that a version ends the process, until it is taken out
WITHIN = 60.0  # seconds


class Verdict(NamedTuple):
    """What ended the process, or may have: numbers of what was computed at its end."""

    guilty: int | None
    suspected: Set[int] = frozenset()


def judge(computing: Set[int], crashed: int | None, suspected: Set[int]) -> Verdict:
    """Return what is to blame of what was computed: what the thread that crashed did, where that is known, else what was
    alone, else the one suspect of before. Suspects are tried again one at a time: who is there once more did it."""
    for certain in (computing & {crashed}, computing, computing & suspected):
        if len(certain) == 1:
            return Verdict(*certain)
    return Verdict(None, computing)


def way(code: int) -> str:
    """Say how a process ended, by its exit code as subprocess gives it."""
    names = {number.value: number.name for number in signal.Signals}
    return f"by {names.get(-code, f'signal {-code}')}" if code < 0 else f"with exit code {code}"


@dataclass
class Record:
    """When a version ended the process, in seconds, and why it is asked no more, "" while it is."""

    name: str
    fault: str = ""
    _ends: list[float] = field(default_factory=list)

    def note(self, how: str, now: float) -> str:
        """Note an end; return what to tell of it."""
        self._ends = [before for before in self._ends if now - before < WITHIN] + [now]
        if len(self._ends) < MOST:
            return f"{self.name}: ended the process that runs models {how}; it is started again"
        times = f"{MOST} times in {WITHIN:g} seconds, the last time {how}"
        self.fault = (
            f"{self.name}: is taken out, as it ended the process that runs models {times}; deploy another version"
        )
        return self.fault
