"""The gate proves itself: candidates made to lie just beyond each limit are judged like any other. Pure."""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from registry.evidence import slices
from registry.judging import verdicts
from registry.judging.subjects import FEWEST_ROWS
from registry.scoring import marking, scorecard, slicing, timing, worsening
from registry.scoring.marking import Answers
from registry.scoring.slicing import Entry
from registry.specs import thresholds as asking
from registry.tasks import measures
from registry.tasks.sums import Key

MOST_ROWS = 10_000  # of which candidates are made
JUST = 1e-3  # of a limit: how far beyond it what is not made of rows lies
SEED = 1
VERSION = "1.0.0"
COUNTED = {asking.SHARED: "shared", asking.LEAKAGE: "near"}  # limits of rows: what they count in a report


@dataclass(frozen=True)
class Ground:
    """Answers that candidates are made of, with the columns of their rows."""

    answers: Answers
    columns: Mapping[str, np.ndarray]

    def few(self, chosen: np.ndarray) -> "Ground":
        """Return it on some of the rows."""
        return Ground(self.answers.few(chosen), {name: column[chosen] for name, column in self.columns.items()})


@dataclass(frozen=True)
class Stand:
    """What is at hand: the candidate, and what it is compared with: the incumbent, itself where there is none.

    `repeats` are timings of the candidate in milliseconds.
    """

    candidate: Ground
    against: Ground
    repeats: np.ndarray
    entries: Sequence[Entry]


@dataclass(frozen=True)
class Limit:
    """One limit of a threshold."""

    metric: str
    threshold: Mapping
    kind: str

    @property
    def value(self) -> float:
        """How much it is."""
        return self.threshold[self.kind]

    @property
    def asked(self) -> dict:
        """The thresholds of a spec that asks for nothing else."""
        return {
            self.metric: {
                name: one for name, one in self.threshold.items() if name not in asking.LIMITS or name == self.kind
            }
        }

    def more_is_better(self, task: str) -> bool:
        """Whether a higher value is a better one."""
        return measures.directions(task).get(self.metric, False)

    def beyond(self, task: str, old: float) -> tuple[float, int]:
        """Return the value that a candidate must just not reach, and on which side of it: above (1) or below (-1)."""
        if self.kind == "max_drop":
            sign = -1 if self.more_is_better(task) else 1
            return old + sign * self.value, sign
        return self.value, -1 if self.kind == "min" else 1


def prove(stand: Stand, thresholds: Mapping, judge: Callable = verdicts.judge) -> dict:
    """Return how many planted candidates were refused, and why the gate is broken, or None.

    Each lies just beyond one limit, and none may pass that; what runs now, held against itself, must fail no comparison.
    """
    few = replace(stand, candidate=_sampled(stand.candidate), against=_sampled(stand.against))
    task, refused, broken = few.candidate.answers.rows.task, 0, []
    judge = partial(_with, judge, few.candidate.answers.own)
    for limit in _limits(thresholds):
        found = _judged(judge, _beyond(few, limit), limit, task)
        passed = [one for one in found if one.verdict == verdicts.PASS]
        if found and len(passed) == len(found):
            broken.append(f"a planted candidate passed: {_told(passed[0])}")
        refused += len(found) > len(passed)
        same = _judged(judge, _alike(few, limit), limit, task)
        broken += [f"a version failed against itself: {_told(one)}" for one in same if one.verdict == verdicts.FAIL]
    return {"refused": refused, "reason": broken[0] if broken else None}


def _with(judge: Callable, own: Mapping, report: Mapping, asked: Mapping, task: str) -> list:
    """Judge a report that knows the team's own metrics."""
    return judge({**report, "own_metrics": own}, asked, task)


def _judged(judge: Callable, report: dict | None, limit: Limit, task: str) -> list:
    if report is None:
        return []
    return [one for one in judge(report, limit.asked, task) if tuple(one.place[:2]) == ("thresholds", limit.metric)]


def _told(one: verdicts.Judgement) -> str:
    return f"{one.name} is {one.value:.4g}, and must be {one.asked}"


def _limits(thresholds: Mapping) -> Iterator[Limit]:
    for metric, found in thresholds.items():
        for threshold in [found] if isinstance(found, Mapping) else found:
            yield from (Limit(metric, threshold, kind) for kind in asking.LIMITS if kind in threshold)


def _sampled(ground: Ground) -> Ground:
    rows = len(ground.answers.rows.labels)
    if rows <= MOST_ROWS:
        return ground
    return ground.few(np.random.default_rng(SEED).choice(rows, MOST_ROWS, replace=False))


def _report(count: int, **found: object) -> dict:
    """Return a report that holds no more than it takes to judge one limit."""
    rows = {"train": count, "holdout": count, "shared": 0, "near": 0}
    usual = {"version": VERSION, "rows": rows, "data": {}, "metrics": {}, "evidence": {}, "slices": []}
    return usual | {"incumbent": None, "baseline": None, "cross_validation": None, "inputs": [], "outputs": []} | found


def _incumbent(found: Mapping) -> dict:
    return {"version": VERSION, "reason": None, "inputs": [], "outputs": [], "rows": None} | found


def _beyond(stand: Stand, limit: Limit) -> dict | None:
    """Return the report of a candidate just beyond a limit, or None where none can be: every model keeps it."""
    rows = len(stand.candidate.answers.rows.labels)
    if limit.metric in COUNTED:
        count = int(limit.value * rows) + 1
        counted = {"train": rows, "holdout": rows, "shared": 0, "near": 0} | {COUNTED[limit.metric]: count}
        return _report(rows, rows=counted) if count <= rows else None
    if "folds" in limit.threshold:
        values = [_nudged(limit, limit.value), _nudged(limit, _nudged(limit, limit.value))]
        folds = {"values": values, "mean": statistics.fmean(values), "std": statistics.stdev(values)}
        return _report(rows, cross_validation={limit.metric: folds})
    if limit.metric in measures.COSTS:
        return _costly(stand, limit, rows)
    if limit.metric in stand.candidate.answers.own:
        return _of_team(stand, limit, rows)
    ground = stand.against if limit.kind == "max_drop" else stand.candidate
    if "slice" in limit.threshold:
        return _in_slice(stand.entries, ground, limit)
    planted = _worsened(ground.answers, limit.metric, limit)
    if planted is None:
        return None
    if limit.kind == "max_drop":
        found = scorecard.compared(planted, ground.answers, [limit.metric])
        return _report(rows, metrics=found["candidate"], incumbent=_incumbent(found))
    return _report(rows, **scorecard.whole(planted, [limit.metric]))


def _nudged(limit: Limit, value: float) -> float:
    return value + (-1 if limit.kind == "min" else 1) * max(JUST * abs(value), JUST * JUST)


def _costly(stand: Stand, limit: Limit, rows: int) -> dict:
    """Return the report of a candidate that takes just more time, or room, than it may."""
    name, exact = limit.metric, {"kind": "exact"}
    old = 1.0 if name == timing.SIZE else timing.median(stand.repeats)
    value = _nudged(limit, limit.value)
    if limit.kind == "max_drop":
        slower = stand.repeats[::-1] + value
        told = exact if name == timing.SIZE else timing.difference(slower, stand.repeats)
        new = old + value
        found = {"metrics": {name: old}, "candidate": {name: new}, "evidence": {name: told}}
        return _report(rows, metrics={name: new}, incumbent=_incumbent(found))
    told = exact if name == timing.SIZE else timing.sure(stand.repeats * value / old)
    return _report(rows, metrics={name: value}, evidence={name: told})


def _of_team(stand: Stand, limit: Limit, rows: int) -> dict | None:
    """Return the report of a candidate just beyond a limit of a team's own metric, or None where nothing tells how it varies.

    Nobody but the team knows which answers are worse by it: not the answers are changed, but the value with its bounds.
    """
    one, name = stand.candidate.answers, limit.metric
    evidence, value = marking.of(one, [name]).get(name), one.value(name)
    if evidence is None:
        return None
    if limit.kind == "max_drop":
        new = (-1 if one.measured(name).more_is_better else 1) * _nudged(limit, limit.value)
        found = {"metrics": {name: 0.0}, "candidate": {name: new}, "evidence": {name: _moved(evidence, new - value)}}
        return _report(rows, metrics={name: new}, incumbent=_incumbent(found))
    new = _nudged(limit, limit.value)
    return _report(rows, metrics={name: new}, evidence={name: _moved(evidence, new - value)})


def _moved(evidence: Mapping, by: float) -> dict:
    return {**evidence, **{end: [one + by for one in evidence[end]] for end in ("low", "high") if end in evidence}}


def _in_slice(entries: Sequence[Entry], ground: Ground, limit: Limit) -> dict | None:
    """Return the report of a candidate that is just beyond a limit within a slice, the largest that is judged."""
    found = [one for one in _slices(entries, ground, limit) if one[2] >= limit.threshold.get("min_rows", FEWEST_ROWS)]
    if not found:
        return None
    values, chosen, count, key = max(found, key=lambda one: one[2])
    old = ground.answers.few(chosen)
    planted = _worsened(old, key, limit)
    if planted is None:
        return None
    both = (planted, old) if limit.kind == "max_drop" else None
    told = scorecard.slice_of(values, count, planted, both, [key], count)
    rows, incumbent = len(ground.answers.rows.labels), None
    if both:
        incumbent = _incumbent({"metrics": {}, "candidate": {}, "evidence": {}})
    return _report(rows, slices=[told], incumbent=incumbent)


def _slices(
    entries: Sequence[Entry], ground: Ground, limit: Limit
) -> Iterator[tuple[dict[str, str], np.ndarray, int, Key]]:
    """Yield the slices that a threshold is about: their values, rows, count, and the metric there."""
    rows, wanted = ground.answers.rows, limit.threshold["slice"]
    for entry in entries:
        for values, chosen in slicing.cells(entry, ground.columns, len(rows.labels)):
            by_label = slicing.LABEL in slicing.steps(entry)
            counts = np.bincount(rows.labels[chosen], minlength=rows.classes) if by_label else [len(chosen)]
            for label, count in enumerate(map(int, counts)):
                told = values | ({slicing.LABEL: str(label)} if by_label else {})
                is_meant = wanted == asking.WORST or told == slices.texts(wanted)
                if is_meant and count and (not by_label or limit.metric in measures.BY_CLASS):
                    yield told, chosen, count, (limit.metric, label) if by_label else limit.metric


def _worsened(one: Answers, key: Key, limit: Limit) -> Answers | None:
    """Return answers changed until a metric is just beyond a limit, or None where they never are."""
    task, old = one.rows.task, worsening.value(one.rows, one.runtimes[0], key)
    if not np.isfinite(old):
        return None
    edge, sign = limit.beyond(task, old)
    return worsening.changed(one, key, edge, sign, is_worse=(sign < 0) == limit.more_is_better(task))


def _alike(stand: Stand, limit: Limit) -> dict | None:
    """Return the report of what a candidate is compared with, held against itself."""
    if limit.kind != "max_drop" or "slice" in limit.threshold:
        return None
    one, name = stand.against.answers, limit.metric
    rows = len(one.rows.labels)
    if name in measures.COSTS:
        found = {"metrics": {name: 1.0}, "candidate": {name: 1.0}, "evidence": {name: {"kind": "exact"}}}
        return _report(rows, metrics={name: 1.0}, incumbent=_incumbent(found))
    found = scorecard.compared(one, one, [name])
    return _report(rows, metrics=found["candidate"], incumbent=_incumbent(found))
