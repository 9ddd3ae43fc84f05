"""A team's own metric that has no value for some answers: of a baseline that is none, of a model without numbers too."""

from pathlib import Path

import numpy as np
import pytest
from test_marking import rows

from registry.errors import RegistryError
from registry.examining.measuring import Team
from registry.scoring import scorecard
from registry.scoring.marking import Answers
from registry.tables import baselines

BETTER = {"closeness": {"better": "higher"}, "each": {"better": "lower"}}
CODE = """\
import numpy as np


def closeness(outputs, labels):
    if np.ptp(outputs) == 0:
        return float("nan")
    return np.corrcoef(outputs, labels)[0, 1]


def each(outputs, labels):
    return abs(outputs - labels) / (np.ptp(outputs) or np.nan)
"""
LABELS = np.random.default_rng(1).normal(size=60)


def answered(folder: Path, outputs: np.ndarray) -> Answers:
    (folder / "metrics.py").write_text(CODE)
    return Answers(rows(LABELS, 0, team=Team(str(folder), "models/tiny", BETTER)), [outputs])


def test_a_correlation_has_no_value_for_what_is_always_the_same_and_the_log_says_why(
    tmp_path: Path, capfd: pytest.CaptureFixture
) -> None:
    one = answered(tmp_path, LABELS + 0.1)
    assert one.value("closeness") == pytest.approx(1)
    found = scorecard.baseline(one, baselines.constants(LABELS, len(LABELS)), baselines.MEAN)
    assert found["metrics"]["closeness"] is None is found["metrics"]["each"] and found["metrics"]["mae"] > 0
    assert {"closeness", "each"} & found["evidence"].keys() == set()
    shape = "return one number, or a NumPy array with one number a row"
    assert capfd.readouterr().out.splitlines() == [
        f"answers that take no model have no value: models/tiny/metrics.py:{line}; {shape}"
        for line in ("4: closeness: returned nan", "10: each: returned NaN or infinity for 60 of 60 rows")
    ] * 2, "a mean and a median are such answers"


def test_a_model_that_is_always_the_same_is_no_baseline(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"models/tiny/metrics.py:4: closeness: returned nan; return one number"):
        answered(tmp_path, np.zeros(60)).value("closeness")


def test_answers_that_are_no_numbers_have_no_metric_of_anybody_s(tmp_path: Path) -> None:
    outputs = np.where(np.arange(60) == 3, np.nan, LABELS)
    assert scorecard.whole(answered(tmp_path, outputs)) == {
        "metrics": dict.fromkeys(["mae", "rmse", "r2", "closeness", "each"]),
        "evidence": {},
    }
