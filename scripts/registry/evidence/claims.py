"""What must be true of one value, and whether that is so, is not, or can't be told. Pure."""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registry.evidence import intervals

PASS, FAIL, CANNOT_TELL = "pass", "fail", "cannot tell"
MOST_ROWS = 1e9  # nobody labels more
DIGITS = 12  # behind the point, which are no float's noise
POWER = intervals.LEVEL  # as sure to pass what is good as to stop what is not


@dataclass(frozen=True)
class Claim:
    """That a value keeps a limit: is at least, or at most, so much.

    Without evidence the value itself decides, as with `by: estimate` and in reports that were made before there was any.
    """

    value: float
    limit: float
    at_least: bool
    evidence: Mapping | None = None
    level: float = intervals.LEVEL

    @property
    def is_kept(self) -> bool:
        """Whether the value itself keeps the limit."""
        return _keeps(self.value, self.limit, self.at_least)

    @property
    def bounds(self) -> tuple[float, float]:
        """What the true value lies between; the value itself where there is no evidence."""
        return intervals.bounds(self.evidence, self.value, self.level) if self.evidence else (self.value, self.value)

    @property
    def is_sure(self) -> bool:
        """Whether the bound on the side of the limit keeps it too."""
        low, high = self.bounds
        return self.is_kept and _keeps(low if self.at_least else high, self.limit, self.at_least)

    @property
    def doubt(self) -> float:
        """How probable a value as bad as this is where the true one keeps the limit."""
        if self.is_kept:
            return 1.0
        if self.evidence is None:
            return 0.0
        return intervals.doubt(self.evidence, self.value, self.limit, at_least=self.at_least)

    @property
    def badness(self) -> float:
        """How far the value is beyond the limit; below 0 where it keeps that."""
        return (self.limit - self.value) * (1 if self.at_least else -1)

    @property
    def is_uncertain(self) -> bool:
        """Whether there is anything to tell but the value itself."""
        return self.evidence is not None and self.evidence["kind"] != "exact"

    def rows_to_tell(self) -> int | None:
        """Return how many rows would tell on which side of the limit the value lies, if it stays; None where none do."""
        return needed(self.evidence, self.value, abs(self.value - self.limit))


def needed(evidence: Mapping, value: float, room: float) -> int | None:
    """Return how many rows it takes to tell a value from a limit that is so far away; None where no number does."""
    reach = 2 * intervals.z(POWER) * intervals.error(evidence, value)
    if "rows" not in evidence or not reach <= room * math.sqrt(MOST_ROWS / evidence["rows"]):
        return None
    return rounded_up((reach / room) ** 2 * evidence["rows"])


def verdicts(claims: Sequence[Claim]) -> list[str]:
    """Return the verdict of each claim.

    One passes whose bound keeps the limit. All of a model's must pass, so passing needs no correction for their number: a
    bad model gets through only where that of its claims that is false does (intersection-union test, R. L. Berger, 1982).
    Of those that don't, one fails where that is sure at LEVEL for all claims of a model together: S. Holm, A simple
    sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979).
    """
    rejected = holm([one.doubt for one in claims if one.is_uncertain])
    told = iter(rejected)
    failed = [next(told) if one.is_uncertain else not one.is_kept for one in claims]
    return [FAIL if bad else PASS if one.is_sure else CANNOT_TELL for one, bad in zip(claims, failed, strict=True)]


def holm(doubts: Sequence[float]) -> list[bool]:
    """Return which of some hypotheses are rejected, from their p-values, at LEVEL for all of them together."""
    rejected, left = [False] * len(doubts), len(doubts)
    for place in sorted(range(len(doubts)), key=doubts.__getitem__):
        if doubts[place] > intervals.LEVEL / left:
            break
        rejected[place], left = True, left - 1
    return rejected


def is_number(value: object) -> bool:
    """Say whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def rounded(value: float, limit: float = 1.0) -> float:
    """0.96 is 0.01 worse than 0.97, although the difference of the two floats is a little more.

    What is held against a limit far below 1, as in units that are large for it, keeps the digits that the limit has.
    """
    return round(value, DIGITS if not limit else max(DIGITS, DIGITS - 3 - math.floor(math.log10(abs(limit)))))


def _keeps(value: float, limit: float, at_least: bool) -> bool:
    found = rounded(value, limit) if math.isfinite(value) else value
    return found >= limit if at_least else found <= limit


def rounded_up(rows: float) -> int:
    """Return a number of rows with two digits: 3897.4 is about 3,900."""
    step = 10 ** max(0, math.floor(math.log10(max(rows, 1))) - 1)
    return math.ceil(rows / step) * step
