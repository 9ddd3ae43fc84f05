"""What a version answers to held-out rows: its metrics, each with the evidence of how sure it is. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from registry.scoring import evaluation, resampling
from registry.scoring.resampling import Sample, Units
from registry.scoring.totals import blocks
from registry.tasks import clustering, measures, ranking
from registry.tasks.asked import CLUSTERING, RANKING, Truth
from registry.tasks.clustering import Space
from registry.tasks.given import Given
from registry.tasks.measures import Metric
from registry.tasks.sums import Block, Key

SAME = 1e-6  # of a metric: runtimes differ in the last digits

Evidence = dict[str, object]


class Team(Protocol):
    """The metrics of a team's own: which way each is `better`, and what measures them."""

    better: Mapping[str, Mapping]

    @property
    def of_baseline(self) -> "Team":
        """The same for answers that take no model, where a metric may have no value."""

    def measure(self, given: Given, those: Units) -> Mapping[str, np.ndarray | Sample]:
        """Return each metric's number of every row, or the metric itself, resampled."""


@dataclass(frozen=True)
class Rows:
    """The rows that are asked: what is true of each and its unit, and how they are to be scored.

    What is true are labels, of a ranking what is relevant for each person, of a clustering where each row lies. `classes` is
    how many the task knows, 0 where it knows none. Rows that are units of their own are `alone`.
    """

    task: str
    labels: np.ndarray | Truth | Space
    classes: int
    units: Units
    alone: bool
    decision: float | None = None
    team: Team | None = None
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The names of the task's metrics: of a clustering without labels those that need none."""
        return measures.held_out(self.task, self.task != CLUSTERING or self.classes > 0)

    def few(self, chosen: np.ndarray) -> "Rows":
        """Return some of the rows."""
        columns = {name: column[chosen] for name, column in self.columns.items()}
        return replace(self, labels=self.labels[chosen], units=self.units.few(chosen), columns=columns)

    def given(self, outputs: np.ndarray) -> Given:
        """Return what a team's metrics are given: of a ranking how relevant what is listed is, and how much is relevant at all."""
        if self.task == RANKING:
            return Given(ranking.gains(self.labels, outputs), self.labels.relevant.sizes, self.columns)
        if self.task == CLUSTERING:
            known = self.labels.classes
            return Given(outputs, np.zeros(len(outputs)) if known is None else known, self.columns)
        return Given(outputs, self.labels, self.columns)


class Answers:
    """A version's predictions for some rows, from each of its runtimes: of each metric the worst of them counts."""

    def __init__(self, rows: Rows, runtimes: Sequence[np.ndarray]) -> None:
        self.rows = rows
        self.runtimes = runtimes
        self._scores: dict[str, list[float | None]] = {}
        self._blocks: dict[int, dict[str, Block]] = {}
        self._samples: dict[tuple[int, str], Sample] = {}
        self._measured: dict[int, dict[str, Sample]] = {}

    def few(self, chosen: np.ndarray) -> "Answers":
        """Return the answers to some of the rows; of all of them itself, with what was computed already."""
        if len(chosen) == len(self.rows.labels):
            return self
        return Answers(self.rows.few(chosen), [outputs[chosen] for outputs in self.runtimes])

    @cached_property
    def is_finite(self) -> bool:
        """Whether all answers are numbers; else there is no metric."""
        return all(np.isfinite(outputs).all() for outputs in self.runtimes)

    def scores(self, name: str) -> list[float | None]:
        """Return one of the task's metrics, for each runtime."""
        if name not in self._scores and name in self.own:
            self._scores[name] = [self._of_team(at, name) for at in range(len(self.runtimes))]
        if name not in self._scores:
            rows = self.rows
            self._scores[name] = [
                evaluation.score(rows.task, outputs, rows.labels, rows.decision, [name])[name]
                for outputs in self.runtimes
            ]
        return self._scores[name]

    @property
    def names(self) -> list[str]:
        """The names of the task's metrics that these rows have."""
        return self.rows.names

    @property
    def own(self) -> Mapping[str, Mapping]:
        """The team's own metrics, each with which way is better."""
        return self.rows.team.better if self.rows.team else {}

    def _of_team(self, at: int, name: str) -> float | None:
        """Return one of the team's own metrics of one of the runtimes; None where what that answers is no number."""
        if not np.isfinite(self.runtimes[at]).all():
            return None
        found = float(self._team(at)[name].values[0])
        return found if np.isfinite(found) else None

    def _team(self, at: int) -> dict[str, Sample]:
        """Return the team's own metrics of one of the runtimes, resampled; one number a row means their mean."""
        if at not in self._measured:
            found = self.rows.team.measure(self.rows.given(self.runtimes[at]), self.rows.units)
            self._measured[at] = {
                name: resampling.mean(name, one, self.rows.units) if isinstance(one, np.ndarray) else one
                for name, one in found.items()
            }
        return self._measured[at]

    def measured(self, key: Key) -> Metric:
        """Return what is known of a metric, whatever the answers are."""
        return measures.of(self.rows.task, self.own)[key if isinstance(key, str) else key[0]]

    @property
    def metrics(self) -> dict[str, float | None]:
        """The task's metrics."""
        return {name: self.value(name) for name in (*self.names, *self.own)}

    def of_runtime(self, at: int) -> dict[str, float | None]:
        """Return the task's metrics of one runtime."""
        return {name: self.scores(name)[at] for name in (*self.names, *self.own)}

    @cached_property
    def _by_label(self) -> list[list[dict[str, float | None]]]:
        rows = self.rows
        return [evaluation.by_label(one, rows.labels, rows.classes, rows.decision) for one in self.runtimes]

    def value(self, key: Key) -> float | None:
        """Return a metric, or one of a class against the rest; None of a class without a row."""
        return self._worst(key)[0]

    def _worst(self, key: Key) -> tuple[float | None, int]:
        """Return the worst of the runtimes' values, and whose it is; the first of those that hardly differ."""
        name, label = (key, None) if isinstance(key, str) else key
        values = self.scores(name) if label is None else [found[label][name] for found in self._by_label]
        if None in values:
            return None, 0
        bad = [-value if self.measured(key).more_is_better else value for value in values]
        first = next(at for at, value in enumerate(bad) if value >= max(bad) - SAME * abs(max(bad)))
        return values[bad.index(max(bad))], first

    def worst(self, key: Key) -> np.ndarray:
        """Return the predictions of the runtime that is worst at a metric."""
        return self.runtimes[self._worst(key)[1]]

    def sample(self, key: Key) -> Sample:
        """Return a metric of the runtime that is worst at it, resampled."""
        at = self._worst(key)[1]
        if key in self.own:
            return self._team(at)[key]
        name = next((name for name, block in self._block(at).items() if key in block.names), None)
        return self._called(at, key) if name is None else self._sample(at, name).of(key)

    def _block(self, at: int) -> dict[str, Block]:
        rows = self.rows
        if at not in self._blocks:
            self._blocks[at] = blocks(rows.task, self.runtimes[at], rows.labels, rows.decision)
        return self._blocks[at]

    def _sample(self, at: int, name: str) -> Sample:
        if (at, name) not in self._samples:
            self._samples[at, name] = resampling.sample(self._block(at)[name], self.rows.units)
        return self._samples[at, name]

    def _called(self, at: int, key: str) -> Sample:
        """Return a metric that follows from no sums: computed again for each resample."""
        rows = self.rows

        def value(chosen: np.ndarray) -> float:
            few = self.runtimes[at][chosen], rows.labels[chosen]
            found = evaluation.score(rows.task, *few, rows.decision, [key])[key]
            return np.nan if found is None else found

        if (at, key) not in self._samples:
            self._samples[at, key] = resampling.called(key, value, rows.units)
        return self._samples[at, key]

    def right(self, key: Key) -> np.ndarray:
        """Return which rows are answered right, of a class or of all, by the runtime that is worst at it."""
        guesses = evaluation.guessed(self.worst(key), self.rows.decision)
        right = guesses == self.rows.labels
        return right if isinstance(key, str) else right[self.rows.labels == key[1]]

    def is_share(self, key: Key) -> bool:
        """Say whether a metric is a share of rows, each of which is drawn by itself."""
        return self.rows.alone and (key == "accuracy" or (key[0] == "recall" and not isinstance(key, str)))

    def count(self, key: Key) -> int:
        """Return how many units a metric rests on, those of its class where it is of one."""
        units, true = self.rows.units, self.rows.labels
        if isinstance(true, Space) and key in measures.SAMPLED:
            units = units.few(true.inside)
        return (units if isinstance(key, str) else units.few(true == key[1])).count

    @cached_property
    def fewest(self) -> int:
        """How many units the rarest class has that occurs."""
        return min(self.count(("", label)) for label in np.unique(self.rows.labels))


def of(one: Answers, keys: Sequence[Key]) -> dict[Key, Evidence]:
    """Return how sure each metric is, of those that have a value and can be told."""
    found = {key: _single(one, key) for key in keys if one.value(key) is not None}
    return {key: value for key, value in found.items() if value}


def _single(one: Answers, key: Key) -> Evidence | None:
    """Where no resample has another value nothing is known of how a metric varies, and 30 right of 30 are no certainty.

    Then one between 0 and 1 counts as a share of its units, which varies no less than anything of that mean: of those
    of its rarest class, for a metric that rests on classes. Hanley and Lippman-Hand, "If nothing goes wrong, is
    everything all right?", 1983.
    """
    if one.is_share(key):
        right = one.right(key)
        return {"kind": "share", "count": int(right.sum()), "rows": len(right)}
    found = one.sample(key)
    if not resampling.is_certain(found):
        return resampled(found, one.count(key), _units(one, key))
    count = _basis(one, key)
    return {"kind": "share", "count": round(float(found.values[0]) * count), "rows": count} if count else None


def differences(new: Answers, old: Answers, keys: Sequence[Key]) -> dict[Key, Evidence]:
    """Return how sure the difference new - old of each metric is, on the same rows."""
    both = [key for key in keys if new.value(key) is not None and old.value(key) is not None]
    found = {key: _difference(new, old, key) for key in both}
    return {key: value for key, value in found.items() if value}


def _difference(new: Answers, old: Answers, key: Key) -> Evidence | None:
    """Where no resample has another value, it is as of one metric; two that answer each row alike are the same."""
    if new.is_share(key):
        ours, theirs = new.right(key), old.right(key)
        return _paired(int((ours & ~theirs).sum()), int((theirs & ~ours).sum()), len(ours))
    found = new.sample(key).less(old.sample(key))
    if not resampling.is_certain(found):
        return resampled(found, new.count(key), _units(new, key))
    if count := _basis(new, key):
        gain = round(float(found.values[0]) * count)
        return _paired(max(gain, 0), max(-gain, 0), count)
    return {"kind": "exact"} if _are_alike(new.rows.task, new.worst(key), old.worst(key)) else None


def _are_alike(task: str, ours: np.ndarray, theirs: np.ndarray) -> bool:
    """Say whether two versions answer each row alike; what number a cluster has says nothing."""
    if task == CLUSTERING:
        return clustering.are_same(ours, theirs)
    return ours.shape == theirs.shape and np.allclose(ours, theirs, rtol=0, atol=SAME * np.abs(theirs).max())


def _paired(better: int, worse: int, rows: int) -> Evidence:
    return {"kind": "paired", "better": better, "worse": worse, "rows": rows}


def _basis(one: Answers, key: Key) -> int:
    """Return of how many units a metric counts as a share, 0 for one that knows no bound."""
    metric, known = key if isinstance(key, str) else key[0], one.measured(key)
    is_of_two = metric == "brier" and one.runtimes[0].shape[1] == 2
    is_bounded = np.isfinite(known.low) and known.high == 1 and (one.value(key) or 0) >= 0
    if not (is_bounded or is_of_two):
        return 0
    return one.fewest if _is_of_all_classes(one, key) else one.count(key)


def _units(one: Answers, key: Key) -> int:
    """Return how many units make a metric vary: those of the rarer of two classes, for a metric that rests on both."""
    return one.fewest if _is_of_all_classes(one, key) and one.rows.classes == 2 else one.count(key)


def _is_of_all_classes(one: Answers, key: Key) -> bool:
    """Say whether a metric is a mean over the classes, and rests on the rows of each."""
    return isinstance(key, str) and one.measured(key).is_of_classes


def resampled(one: Sample, rows: int, units: int | None = None) -> Evidence | None:
    """Return the bounds of a metric that was resampled, from so many rows, groups or repeats; fewer may make it vary."""
    found = resampling.bounds(one, rows if units is None else units)
    return found and {"kind": "resampled", "low": found[0], "high": found[1], "rows": rows}


def named(found: Mapping[Key, Evidence]) -> dict[str, Evidence]:
    """Return evidence of a class's metrics under their names."""
    return {key if isinstance(key, str) else key[0]: value for key, value in found.items()}
