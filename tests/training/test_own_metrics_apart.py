"""A team's own metrics where others have none: of folds, which are planted too, and of a baseline, which may have no value."""

from pathlib import Path

import numpy as np
import pytest
from test_team_metrics import BETTER, answered, team

from registry.errors import RegistryError
from registry.scoring import planted, scorecard
from registry.scoring.planted import Ground, Stand

RAISES = "np.array([1.0 / (len({*outputs.argmax(axis=1).tolist()}) > 1)] * len(labels))"


def test_what_raises_for_the_baseline_alone_has_no_value_there_and_is_not_compared(tmp_path: Path) -> None:
    one = answered(team(tmp_path, {"fails": {"better": "higher"}}, RAISES))
    assert one.value("fails") == 1
    found = scorecard.baseline(one, np.array([0.5, 0.3, 0.2]), "majority", ["accuracy", "fails"])
    assert found["metrics"]["fails"] is None and "fails" not in found["evidence"]
    assert found["metrics"]["accuracy"] < one.value("accuracy")
    with pytest.raises(RegistryError, match=r"models/tiny/metrics.py:18: fails: ZeroDivisionError"):
        type(one)(one.rows, [np.tile([0.5, 0.3, 0.2], (200, 1))]).value("fails")


def test_folds_just_beyond_a_limit_of_one_are_planted_and_refused(tmp_path: Path) -> None:
    ground = Ground(answered(team(tmp_path)), {})
    stand = Stand(ground, ground, np.random.default_rng(3).gamma(9, 0.1, 200), [])
    asked = {"cost": {"max": 3, "folds": "mean"}, "gini": {"min": 0.2, "folds": "worst"}}
    assert {*asked} == {*BETTER} and planted.prove(stand, asked) == {"refused": 2, "reason": None}
