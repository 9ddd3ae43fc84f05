"""Which rows are held out and which fold each is in, by time: train before, test after. Pure, numpy only.

Rows of one time share a side. With groups each is parted by itself: its own last part is held out. Folds grow as those
of an expanding window do (Hyndman and Athanasopoulos, "Forecasting: Principles and Practice", 5.10).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from registry.tables.splitting import Split
from registry.tables.times import Times


@dataclass(frozen=True)
class Course:
    """When rows are, and of which group each is: by a hash, and as load() calls it; all of one where there are none."""

    times: Times
    gap: float
    groups: np.ndarray
    names: np.ndarray | None = None

    def of(self, chosen: np.ndarray) -> "Course":
        """Return the course of some of the rows."""
        names = None if self.names is None else self.names[chosen]
        return Course(self.times.of(chosen), self.gap, self.groups[chosen], names)

    @cached_property
    def order(self) -> np.ndarray:
        """The rows of one group after those of another, each in the order of time."""
        return np.lexsort((self.times.values, self.groups))

    @cached_property
    def begins(self) -> np.ndarray:
        """Where each group begins in that order."""
        return np.flatnonzero(differs(self.groups[self.order]))

    @cached_property
    def sizes(self) -> np.ndarray:
        """How many rows each group has."""
        return np.diff(np.r_[self.begins, len(self.order)])

    @cached_property
    def moments(self) -> np.ndarray:
        """Where each time of each group begins in that order."""
        return np.flatnonzero(differs(self.groups[self.order]) | differs(self.times.values[self.order]))

    @cached_property
    def counts(self) -> np.ndarray:
        """How many different times each group has."""
        return np.diff(np.r_[np.searchsorted(self.moments, self.begins), len(self.moments)])

    def cuts(self, share: float) -> np.ndarray:
        """Return for each group where the time begins, in that order, before which about a share of its rows lie."""
        owner = np.repeat(np.arange(len(self.counts)), self.counts)
        later, owner = self.moments[~differs(owner)], owner[~differs(owner)]
        far = np.abs(later - (self.begins + share * self.sizes)[owner])
        nearest = np.minimum.reduceat(far, np.flatnonzero(differs(owner)))
        found = np.flatnonzero(far == nearest[owner])
        return later[found[differs(owner[found])]]

    def part(self, start: np.ndarray, end: np.ndarray) -> Split:
        """Return the rows before a cut of each group, less the gap, and those from there to another."""
        place, owner = np.arange(len(self.order)), np.repeat(np.arange(len(self.sizes)), self.sizes)
        ordered = self.times.values[self.order]
        test = (place >= start[owner]) & (place < end[owner])
        train = ordered < (ordered[start] - self.times.gap(self.gap))[owner]
        if len(empty := np.flatnonzero(np.bincount(owner[train], minlength=len(start)) == 0)):
            first, cut = (self.times.shown(ordered[one[empty[0]]]) for one in (self.begins, start))
            told = f"a gap of {self.gap:g} before {cut}{self.whose(empty[0])} leaves no row to train with"
            raise ValueError(f"{told}, since the first is of {first}; write a smaller data.split.gap in model.yaml")
        return self._rows(train), self._rows(test)

    def rows_of(self, groups: np.ndarray) -> np.ndarray:
        """Return the rows of some groups, chosen by a truth value each, sorted."""
        return self._rows(np.repeat(groups, self.sizes))

    def _rows(self, chosen: np.ndarray) -> np.ndarray:
        """Return the rows at chosen places of that order, sorted."""
        found = np.empty(len(chosen), bool)
        found[self.order] = chosen
        return np.flatnonzero(found)

    def whose(self, group: int) -> str:
        """Say of which group something is, or nothing where all rows are of one."""
        return "" if self.names is None else f" in group {self.names[self.order[self.begins[group]]]}"


def holdout(course: Course, share: float) -> Split:
    """Return the rows to train with and those held out: the last, about that share, of all or of each group.

    Raises ValueError where there is nothing before or after.
    """
    if len(short := np.flatnonzero(course.counts < 2)):
        row = course.order[course.begins[short[0]]]
        time = course.times.shown(course.times.values[row])
        if course.names is None:
            raise ValueError(f"all are of one time, {time}, so none is after the others; take time out of data.split")
        more = f", and so {_are(len(short) - 1)}" if len(short) > 1 else ""
        told = f"group {course.names[row]} has rows of one time only, {time}{more}: it has no last part to hold out"
        raise ValueError(f"{told}; leave such groups out in load(), or take group out of data.split: one date for all")
    return course.part(course.cuts(1 - share), course.begins + course.sizes)


def folds(course: Course, labels: np.ndarray, count: int, task: str) -> list[Split]:
    """Return for each fold the rows to train with and the later ones to test on; the next fold trains with both.

    Raises ValueError where a fold would have nothing to test on, or lack rows or a class to train with.
    """
    few = int(course.counts.argmin())
    if course.counts[few] <= count:
        told = f"{count} folds by time need {count + 1} different times{course.whose(few)}"
        raise ValueError(f"{told}, and there are {course.counts[few]}; {_fewer(int(course.counts[few]) - 1)}")
    cuts = [*(course.cuts(part / (count + 1)) for part in range(1, count + 1)), course.begins + course.sizes]
    if len(same := np.flatnonzero(np.any([a >= b for a, b in zip(cuts, cuts[1:], strict=False)], axis=0))):
        told = f"{count} folds by time would leave one without a row{course.whose(same[0])}, since many share a time"
        raise ValueError(f"{told}; {_fewer(count - 1)}")
    found = [course.part(start, end) for start, end in zip(cuts, cuts[1:], strict=False)]
    if task == "classification" and len(missing := np.setdiff1d(labels, labels[found[0][0]])):
        told = f"{count} folds by time would leave the first without class {missing[0]} to train with"
        raise ValueError(f"{told}; {_fewer(count - 1)}, or bring more early rows of it")
    return found


def holdout_where_possible(course: Course, share: float) -> Split:
    """Return the rows to train with and those held out, as `holdout`; a group of one time only is trained with.

    Raises ValueError where all groups are such.
    """
    able = course.counts > 1
    if able.all() or not able.any():
        return holdout(course, share)
    inside, rest = course.rows_of(able), course.rows_of(~able)
    train, test = holdout(course.of(inside), share)
    return np.sort(np.r_[inside[train], rest]), inside[test]


def folds_where_possible(course: Course, count: int) -> list[Split]:
    """Return the folds, as `folds`; a group that has too few times for so many is trained with in each.

    Raises ValueError where all groups are such.
    """
    able = course.counts > count
    if able.any():
        inside = course.of(course.rows_of(able))
        cuts = [inside.cuts(part / (count + 1)) for part in range(1, count + 1)] + [inside.begins + inside.sizes]
        able[able] = np.all([a < b for a, b in zip(cuts, cuts[1:], strict=False)], axis=0)
    if able.all() or not able.any():
        return folds(course, np.empty(0), count, "")
    chosen, rest = course.rows_of(able), course.rows_of(~able)
    found = folds(course.of(chosen), np.empty(0), count, "")
    return [(np.sort(np.r_[chosen[train], rest]), chosen[test]) for train, test in found]


def overlap(known: Course, held_out: Course) -> str | None:
    """Say which row, held out in a file of its own, is not after all that there is to train with of its group, or None."""
    ours, theirs = (course.groups[course.order[course.begins]] for course in (known, held_out))
    place = np.minimum(np.searchsorted(ours, theirs), len(ours) - 1)
    last = known.times.values[known.order[known.begins + known.sizes - 1]][place]
    rows = held_out.order[held_out.begins]
    first = held_out.times.values[rows]
    early = np.flatnonzero((ours[place] == theirs) & ~(last < first - known.times.gap(known.gap)))
    if not len(early):
        return None
    times = known.times.shown(first[early[0]]), known.times.shown(last[early[0]])
    gap = f" and a gap of {known.gap:g}" if known.gap else ""
    told = (
        f"row {rows[early[0]]}{held_out.whose(early[0])} of {times[0]}, which is not after the last row to train with"
    )
    return f"{told}, of {times[1]}{gap}; leave such rows out of this file, or take time out of data.split"


def differs(values: np.ndarray) -> np.ndarray:
    """Say which of ordered values is another than the one before."""
    return np.r_[True, values[1:] != values[:-1]]


def _fewer(count: int) -> str:
    return f"write evaluation.folds: {count if count > 1 else 0} in model.yaml"


def _are(count: int) -> str:
    return f"has {count:,} other" if count == 1 else f"have {count:,} others"
