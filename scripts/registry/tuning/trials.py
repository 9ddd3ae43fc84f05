"""Trials of a search: what each reached, which is best, and which of the best are not told apart. Pure."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registry.evidence import claims, intervals
from registry.evidence.claims import is_number

OWN = "the spec's own"
ROUNDED = 1e-9  # of a difference
FEWEST_ALIKE = 5  # folds: as many have one sign by chance less than one time in twenty, 2 ** -5


@dataclass(frozen=True)
class Trial:
    """One try: the arguments that are searched, of which the spec's own may lack some, and what came of it.

    `values` has the metric that is searched of each fold, `seconds` what all of them took together. One that failed has a
    `reason`, and one that goes on neither.
    """

    number: int
    arguments: Mapping
    values: Sequence[float] = ()
    seconds: float = 0.0
    reason: str = ""

    @property
    def mean(self) -> float:
        """What it reached, on average over the folds."""
        return statistics.fmean(self.values)

    @property
    def deviation(self) -> float:
        """How far the folds lie from that."""
        return statistics.stdev(self.values)


@dataclass(frozen=True)
class Found:
    """What a search found of some `names` of arguments; `own` are the spec's, `is_rising` says that more is better.

    `reach` is the least and the most that the metric can be, `by_time` says that folds train on what is before them.
    """

    model: str
    metric: str
    is_rising: bool
    names: Sequence[str]
    own: Mapping
    trials: Sequence[Trial]
    reach: tuple[float, float] = (-math.inf, math.inf)
    by_time: bool = False

    @property
    def ranked(self) -> list[Trial]:
        """The trials that ended well, the best first; of equal ones the first that was tried."""
        done = [one for one in self.trials if one.values]
        return sorted(done, key=lambda one: (-one.mean if self.is_rising else one.mean, one.number))

    @property
    def failed(self) -> list[Trial]:
        """The trials that ended otherwise."""
        return [one for one in self.trials if one.reason]

    @property
    def alike(self) -> list[Trial]:
        """The trials that are not told apart from the best, the better first.

        Each is compared with it on the same folds, whose training rows overlap: the corrected resampled t-test of C. Nadeau
        and Y. Bengio, Inference for the generalization error, Machine Learning 52 (2003). One is told apart where that is sure
        at 95 % for all of them together, since the best was picked among so many (Holm's method).
        """
        best, *others = self.ranked or [None]
        doubts = [_doubt(best, one, self.is_rising, by_time=self.by_time) for one in others]
        return [one for one, is_worse in zip(others, claims.holm(doubts), strict=True) if not is_worse]

    @property
    def present(self) -> Trial | None:
        """The trial of the spec's own arguments, if it ended well."""
        return next((one for one in self.ranked if one.arguments == self.own), None)

    @property
    def chosen(self) -> Trial | None:
        """The trial to write: the best, or that of the spec's own arguments, which needs no change, if not told apart."""
        best, present = (self.ranked or [None])[0], self.present
        return present if present in self.alike else best

    def find(self, number: int) -> Trial | None:
        """Return the trial of a number, if it ended well."""
        return next((one for one in self.ranked if one.number == number), None)


def _doubt(best: Trial, other: Trial, is_rising: bool, *, by_time: bool = False) -> float:
    """Return how probable it is that the best is so much better where both are equally good.

    Where all folds differ by the same nothing tells how that varies, and of few folds it may be chance.
    """
    differences = [(one - two) * (1 if is_rising else -1) for one, two in zip(best.values, other.values, strict=True)]
    if max(differences) - min(differences) <= ROUNDED * max(map(abs, differences)):
        return 0.0 if differences[0] > 0 and len(differences) >= FEWEST_ALIKE else 1.0
    deviation = statistics.stdev(differences)
    evidence = {"kind": "folds", "std": deviation, "count": len(differences), "by_time": by_time}
    return intervals.doubt(evidence, statistics.fmean(differences), 0.0, at_least=False)


def read(number: int, arguments: Mapping, folds: Sequence[Mapping], metric: str, seconds: float) -> Trial:
    """Return a trial with what its folds reached; one that lacks the metric, or whose metric is no number, failed."""
    values = [fold.get(metric) for fold in folds]
    if odd := next((place for place, value in enumerate(values, 1) if not is_number(value)), None):
        return Trial(number, arguments, seconds=seconds, reason=f"{metric} is no number in fold {odd}")
    return Trial(number, arguments, values, seconds)
