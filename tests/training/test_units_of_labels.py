"""A regression is judged alike in whatever unit its labels are, far from 1 as well, and labels that are all the same have no R²."""

import warnings

import numpy as np
import pytest
from test_marking import rows

from registry.evidence import claims
from registry.judging import verdicts
from registry.scoring import evaluation, planted, scorecard
from registry.scoring.marking import Answers
from registry.scoring.planted import Ground, Stand

DRAW = np.random.default_rng(1)
LABELS = DRAW.normal(3, 1, 200)
NEW, OLD = (LABELS + DRAW.normal(0, error, 200) for error in (0.3, 0.35))
UNITS = (1e-30, 1e-13, 1.0, 1e25)


def judged(unit: float) -> tuple[dict, list[str], list[str]]:
    """Return what became of the planted, the verdicts and the reasons, of labels and limits in a unit."""
    new, old = (Answers(rows(LABELS * unit, 0), [one * unit]) for one in (NEW, OLD))
    asked = {
        "mae": [{"max": 0.4 * unit, "max_drop": 0.1 * unit}, {"max": 0.1 * unit}],
        "rmse": {"max": 0.32 * unit},
        "r2": {"min": 0.8},
    }
    both = scorecard.compared(new, old)
    incumbent = {"version": "1.0.0", "reason": None, "inputs": [], "outputs": [], "rows": 200, **both}
    proof = planted.prove(Stand(Ground(new, {}), Ground(old, {}), DRAW.gamma(9, 0.1, 200), []), asked)
    report = {"version": "1.0.1", "task": "regression", "thresholds": asked, "rows": {"holdout": 200}, "data": {}}
    report |= {
        "slices": [],
        "cross_validation": None,
        "inputs": [],
        "outputs": [],
        "proof": proof,
        "incumbent": incumbent,
    }
    report |= {"baseline": scorecard.baseline(new, np.full((1, 200), LABELS.mean() * unit), "mean")}
    found = verdicts.judge(report | scorecard.whole(new), asked, "regression")
    return proof, [one.verdict for one in found], [one.reason for one in found]


@pytest.mark.parametrize("unit", UNITS)
def test_verdicts_are_the_same_in_every_unit_and_numbers_are_readable(unit: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        proof, those, reasons = judged(unit)
    assert proof == {"refused": 5, "reason": None}
    assert those == ["pass", "pass", "pass", "fail", "pass", "pass", "pass", "pass"]
    assert max(map(len, reasons)) < 160 and not [one for one in reasons if "0.00000" in one]


@pytest.mark.parametrize("unit", UNITS)
def test_a_value_of_five_times_its_limit_keeps_it_in_no_unit_and_one_that_is_better_by_nothing_is_not_better(
    unit: float,
) -> None:
    assert claims.verdicts([claims.Claim(5 * unit, unit, False), claims.Claim(-5 * unit, -unit, True)]) == ["fail"] * 2
    assert claims.verdicts([claims.Claim(claims.rounded(0.97 - 0.96, 0.01), 0.01, False)]) == ["pass"]


def test_labels_that_are_all_the_same_have_no_share_that_is_explained_alone_and_in_a_slice() -> None:
    labels = np.where(np.arange(120) % 2, 0.1, LABELS[:120])
    one = Answers(rows(labels, 0), [labels + 0.01])
    same, others = scorecard.slices(["half"], {"half": 1 - np.arange(120) % 2}, one, None, np.ones(120, bool))
    assert same["metrics"]["r2"] is None and others["metrics"]["r2"] > 0.9
    assert evaluation.score("regression", np.full(40, 0.1), np.full(40, 0.1))["r2"] is None
