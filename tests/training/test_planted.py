"""The gate, held against candidates that are planted just beyond each limit, and against versions of its own making."""

from dataclasses import replace

import numpy as np
import pytest
from test_marking import COLUMNS, answers, rows

from registry.judging import verdicts
from registry.scoring import operating, planted
from registry.scoring.marking import Answers
from registry.scoring.planted import Ground, Stand

ENTRIES = ["label", "source", ["label", "source"], {"age": [100]}]
OF_CLASSES = {
    "accuracy": [{"min": 0.6, "max_drop": 0.03}, {"max": 0.95}, {"min": 0.5, "folds": "worst"}],
    "precision": {"min": 0.3, "slice": "worst", "min_rows": 20},
    "recall": [{"min": 0.4, "slice": {"label": 1}}, {"min": 0.5, "max_drop": 0.02}],
    "f1": [{"min": 0.4, "slice": {"label": 0, "source": "web"}}, {"max_drop": 0.1, "slice": {"source": "phone"}}],
    "log_loss": {"max": 1.5, "max_drop": 0.1},
    "roc_auc": {"min": 0.7, "max_drop": 0.02},
    "pr_auc": {"min": 0.6, "by": "estimate"},
    "brier": {"max": 0.9},
    "ece": {"max": 0.3, "max_drop": 0.05},
    "latency_ms": {"max": 20, "max_drop": 5},
    "size_mb": {"max": 10, "max_drop": 0.5},
    "shared": {"max": 0.01},
    "leakage": {"max": 0},
}
OF_NUMBERS = {
    "mae": {"max": 2, "max_drop": 0.1},
    "rmse": [{"max": 2}, {"max": 3, "slice": {"source": "web"}}, {"max_drop": 0.5}],
    "r2": {"min": 0.2, "max_drop": 0.2},
}
EACH = [*((name, True) for name in OF_CLASSES), *((name, False) for name in OF_NUMBERS)]
COUNT = {"accuracy": 4, "recall": 3, "f1": 2, "log_loss": 2, "roc_auc": 2, "ece": 2, "latency_ms": 2, "size_mb": 2}
COUNT |= {"mae": 2, "rmse": 3, "r2": 2}


def stand(is_classes: bool = True) -> Stand:
    outputs, labels = answers(200, 3)
    theirs, _ = answers(200, 3, 2)
    if not is_classes:
        noise = np.random.default_rng(1).normal(size=(2, 200))
        labels, (outputs, theirs) = np.arange(200) / 40, np.arange(200) / 40 + noise
    known = rows(labels, 3 if is_classes else 0)
    repeats = np.random.default_rng(3).gamma(9, 0.1, 200)
    entries = ENTRIES if is_classes else ["source"]
    return Stand(*(Ground(Answers(known, [one]), COLUMNS) for one in (outputs, theirs)), repeats, entries)


@pytest.mark.parametrize("metric, is_classes", EACH, ids=[one[0] for one in EACH])
def test_a_candidate_just_beyond_each_limit_is_refused_and_a_version_does_not_fail_against_itself(
    metric: str, is_classes: bool
) -> None:
    thresholds = {metric: (OF_CLASSES if is_classes else OF_NUMBERS)[metric]}
    assert planted.prove(stand(is_classes), thresholds) == {"refused": COUNT.get(metric, 1), "reason": None}


def test_planted_candidates_lie_next_to_the_limit_and_differ_in_as_few_rows_as_that_takes() -> None:
    found: dict[str, float] = {}

    def judge(report: dict, asked: dict, task: str) -> list:
        (metric,) = asked
        if report["incumbent"] is None:
            values = report["slices"][0]["metrics"] if report["slices"] else report["metrics"]
            found[metric] = values[metric]
        return verdicts.judge(report, asked, task)

    thresholds = {"accuracy": {"min": 0.6}, "log_loss": {"max": 1.5}, "recall": {"min": 0.4, "slice": {"label": 1}}}
    planted.prove(stand(), thresholds, judge)
    one = stand().candidate.answers
    label = int((one.rows.labels == 1).sum())
    assert found["accuracy"] == 0.595
    assert 1.5 < found["log_loss"] < 1.7
    assert 0.4 > found["recall"] >= 0.4 - 1 / label


def broken(verdict: str, is_same: bool = False) -> planted.Callable:
    def judge(report: dict, asked: dict, task: str) -> list:
        found = verdicts.judge(report, asked, task)
        return [replace(one, verdict=verdict) if one.place[0] == "thresholds" else one for one in found]

    return judge


def test_a_gate_that_lets_through_what_it_must_not_or_stops_what_it_has_is_told() -> None:
    found = planted.prove(stand(), {"accuracy": {"min": 0.6}}, broken("pass"))
    assert found == {
        "refused": 0,
        "reason": "a planted candidate passed: accuracy is 0.595, and must be at least 0.6",
    }
    found = planted.prove(stand(), {"accuracy": {"max_drop": 0.05}}, broken("fail"))
    assert found["refused"] == 1
    assert found["reason"].startswith("a version failed against itself: accuracy is ")


def test_limits_that_every_model_keeps_plant_nothing() -> None:
    assert planted.prove(stand(), {"accuracy": {"min": 0}, "shared": {"max": 1}}) == {"refused": 0, "reason": None}


def test_the_chance_of_being_stopped_rises_from_what_chance_alone_makes_to_nearly_all() -> None:
    paired = {"kind": "paired", "better": 12, "worse": 14, "rows": 992}
    found = operating.characteristics({"accuracy": {"min": 0.9, "max_drop": 0.03}}, {"accuracy": paired})
    assert (found["accuracy"]["margin"], [times for times, _ in found["accuracy"]["stopped"]]) == (
        0.03,
        [0, 0.5, 1, 2, 3],
    )
    chances = [chance for _, chance in found["accuracy"]["stopped"]]
    assert chances == sorted(chances) and chances[0] < 0.01 and chances[2] == pytest.approx(0.95) and chances[3] > 0.999
    assert operating.characteristics({"size_mb": {"max_drop": 1}}, {"size_mb": {"kind": "exact"}}) is None
    flat = {"kind": "resampled", "low": [0.0] * 7, "high": [0.0] * 7, "rows": 40}
    found = operating.characteristics({"mae": [{"max": 3}, {"max_drop": 1}]}, {"mae": flat})
    assert found["mae"]["stopped"] == [[0, 0.0], [0.5, 0.0], [1, 0.0], [2, 1.0], [3, 1.0]]
