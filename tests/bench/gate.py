"""What the gate makes of candidates that are so much worse in truth: real trainings of digits, and their real verdicts."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import cycle, islice, permutations
from pathlib import Path

import numpy as np
from registries import TEMPLATE

from registry import console
from registry.evidence import intervals
from registry.judging import verdicts
from registry.learning import training
from registry.loading import making
from registry.loading.rows import Examination, Part
from registry.learning.training import Task
from registry.scoring import operating, resampling, scorecard
from registry.scoring.marking import Answers, Rows
from registry.specs import data, models

SEEDS, HOLDOUTS, MOST_WRONG = 12, 1000, 0.05
WORSE, LET_THROUGH, STOPPED = 0.03, 0.9, 0.95
COSTS = {"latency_ms": 1.0, "size_mb": 1.0}
LARGE, CLASSES, SECONDS = 10_000, 10, 2


@dataclass(frozen=True)
class Trained:
    """What models of several seeds answer to the held-out rows, each of shape (rows, classes), and what was asked."""

    part: Part
    outputs: list[np.ndarray]
    thresholds: Mapping
    slices: list

    @property
    def labels(self) -> np.ndarray:
        """The true classes."""
        return self.part.labels.astype(int)

    @property
    def margin(self) -> float:
        """How much accuracy may drop."""
        return self.thresholds["accuracy"]["max_drop"]


def measure(folder: Path) -> list[list[str]]:
    """Return a row for each true drop, each promise of the gate, and the time that scoring takes."""
    found = _trained(folder)
    rows = len(found.labels)
    console.say(f"resampling {HOLDOUTS:,} holdouts of {rows:,} rows for each drop ...")
    counts = {times: -int(-times * found.margin * rows // 1) for times in operating.TIMES}
    told = {times: _judged(found, count) for times, count in counts.items()}
    within = _judged(found, int(found.margin * rows))
    return [
        *(_row(found, times, counts[times] / rows, told[times]) for times in counts),
        _promise("false passes at the margin", told[1].count(verdicts.PASS), HOLDOUTS, most=MOST_WRONG),
        _promise("false failures just within the margin", within.count(verdicts.FAIL), HOLDOUTS, most=MOST_WRONG),
        *_whole(found),
        _scoring(),
    ]


def _trained(folder: Path) -> Trained:
    """Train digits with each seed, on the rows that a build trains with, and keep what each answers in a folder."""
    (model,) = models.load(TEMPLATE, ["digits"])
    code, evaluation = TEMPLATE / "models/digits", model.section("evaluation")
    examination = Examination(
        str(code), model.place, model.spec["task"], str(data.fetch(model)), model.section("data")["holdout"], 0
    )
    rows = making.load(examination)
    rows.training.store(folder / "training")
    task = Task(str(code), model.place, model.spec["task"], str(folder / "training"), model.spec["training"])
    prepared = training.prepare(task)
    outputs = []
    for seed in range(1, SEEDS + 1):
        file = folder / f"{seed}.npy"
        if not file.exists():
            console.say(f"training {seed} of {SEEDS} ...")
            one = replace(task, training=task.training | {"seed": seed})
            made = training.fit(
                one, prepared, rows.training.features, rows.training.labels, training.station(prepared, None)
            )
            (answers,) = made.answers(rows.held_out.features).values()
            np.save(file, answers)
        outputs.append(np.load(file).astype(float))
    return Trained(rows.held_out, outputs, model.spec["thresholds"], evaluation["slices"])


def _rows(labels: np.ndarray) -> Rows:
    return Rows("classification", labels, int(labels.max()) + 1, resampling.units(len(labels), None), True)


def _right(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return outputs.argmax(axis=1) == labels


def _with(outputs: np.ndarray, labels: np.ndarray, wrong: int, draw: np.random.Generator) -> np.ndarray:
    """Return answers of which so many are wrong: right ones of random rows are changed, or wrong ones mended."""
    right, changed = _right(outputs, labels), outputs.copy()
    more = wrong - int((~right).sum())
    chosen = draw.choice(np.flatnonzero(right == (more > 0)), abs(more), replace=False)
    answers = labels + 1 if more > 0 else labels
    changed[chosen] = np.eye(outputs.shape[1])[answers[chosen] % outputs.shape[1]]
    return changed


def _pairs() -> Iterator[tuple[int, int]]:
    return permutations(range(SEEDS), 2)


def _judged(found: Trained, drop: int) -> list[str]:
    """Return what becomes of candidates that answer so many rows fewer right, each on a holdout that is drawn anew."""
    labels, draw = found.labels, np.random.default_rng(drop)
    asked, told = {"accuracy": {"max_drop": found.margin}}, []
    for old, new in islice(cycle(_pairs()), HOLDOUTS):
        ours, theirs = found.outputs[new], found.outputs[old]
        worse = _with(ours, labels, int((~_right(theirs, labels)).sum()) + drop, draw)
        drawn = draw.integers(len(labels), size=len(labels))
        rows = _rows(labels[drawn])
        both = scorecard.compared(*(Answers(rows, [one[drawn]]) for one in (worse, theirs)), ["accuracy"])
        report = _report(len(labels), both, metrics=both["candidate"], evidence={}, slices=[])
        told += [one.verdict for one in verdicts.judge(report, asked, "classification") if one.place[-1] == "max_drop"]
    return told


def _report(rows: int, both: Mapping, **more: object) -> dict:
    """Return as much of a report as a verdict takes."""
    known = {"version": "1.1.0", "data": {}, "rows": {"holdout": rows, "shared": 0, "near": 0}, "baseline": None}
    incumbent = {"version": "1.0.0", "reason": None, "rows": rows, "inputs": [], "outputs": []}
    return known | {"inputs": [], "outputs": [], "incumbent": incumbent | both, "cross_validation": None} | more


def _whole(found: Trained) -> list[list[str]]:
    """Return how often the whole verdict lets retrainings through, and stops those that are worse, on the rows as they are."""
    labels, draw = found.labels, np.random.default_rng(0)
    known = _rows(labels)
    names = [name for name in found.thresholds if name not in COSTS]
    harmless = [Answers(known, [outputs]) for outputs in found.outputs]
    wrong = [int((~_right(one, labels)).sum() + np.ceil(WORSE * len(labels))) for one in found.outputs]
    worse = [Answers(known, [_with(one, labels, count, draw)]) for one, count in zip(found.outputs, wrong, strict=True)]
    passed = []
    for candidates in harmless, worse:
        reports = [_scored(found, one, names) for one in candidates]
        passed.append(sum(_passes(found, reports[new], candidates[new], harmless[old], names) for old, new in _pairs()))
    pairs = len([*_pairs()])
    return [
        _promise("harmless retrainings of digits let through", passed[0], pairs, least=LET_THROUGH),
        _promise(f"retrainings {100 * WORSE:g} points worse stopped", pairs - passed[1], pairs, least=STOPPED),
    ]


def _scored(found: Trained, one: Answers, names: list[str]) -> dict:
    told = scorecard.whole(one, names)
    shares = found.part.baseline, found.part.baseline_kind
    return {
        "metrics": told["metrics"] | COSTS,
        "evidence": told["evidence"] | {name: {"kind": "exact"} for name in COSTS},
        "slices": scorecard.slices(found.slices, {}, one, None, np.ones(len(found.labels), bool)),
        "baseline": scorecard.baseline(one, *shares, names),
        "proof": {"refused": 1, "reason": None},
    }


def _passes(found: Trained, scored: dict, new: Answers, old: Answers, names: list[str]) -> bool:
    report = _report(len(found.labels), scorecard.compared(new, old, names), **scored)
    return verdicts.overall(verdicts.judge(report, found.thresholds, "classification")) == verdicts.PASS


def _row(found: Trained, times: float, drop: float, told: list[str]) -> list[str]:
    what = f"digits, a true drop of {100 * drop:.1f} points ({times:g} × the margin), {len(told):,} holdouts"
    shares = ", ".join(
        f"{one} {100 * told.count(one) / len(told):.1f} %"
        for one in (verdicts.PASS, verdicts.CANNOT_TELL, verdicts.FAIL)
    )
    return [what, shares, "", ""]


def _promise(what: str, count: int, of: int, least: float = 0, most: float = 1) -> list[str]:
    """Return a row for a share that must not be below, or above, a limit; by Wilson's interval it is as sure as it is."""
    share, evidence = count / of, {"kind": "share", "count": count, "rows": of}
    low, high = intervals.bounds(evidence, share)
    target = f"at least {100 * least:g} %" if least else f"at most {100 * most:g} %"
    shown = f"{100 * share:.1f} % ({100 * low:.1f} to {100 * high:.1f} %)"
    return [f"{what} ({count} of {of:,})", shown, target, "yes" if least <= share <= most else "NO"]


def _scoring() -> list[str]:
    """Return how long all metrics and slices of many rows take, for a candidate and its incumbent."""
    draw = np.random.default_rng(1)
    labels = draw.integers(CLASSES, size=LARGE)
    scores = np.exp(draw.normal(size=(2, LARGE, CLASSES)) + 3 * np.eye(CLASSES)[labels])
    outputs = scores / scores.sum(axis=2, keepdims=True)
    start = time.process_time()
    rows = _rows(labels)
    new, old = (Answers(rows, [one]) for one in outputs)
    scorecard.whole(new)
    scorecard.compared(new, old)
    scorecard.slices(["label"], {}, new, old, np.ones(LARGE, bool))
    seconds = time.process_time() - start
    what = f"scoring {LARGE:,} rows of {CLASSES} classes, candidate and incumbent: seconds of a processor"
    return [what, f"{seconds:.2f}", f"under {SECONDS}", "yes" if seconds < SECONDS else "NO"]
