"""Thresholds that few people write are judged as they are meant, and accepting takes nothing but a threshold's doubt."""

import pytest
from test_sure_verdicts import judged, part, resampled, said, share

from registry.specs import thresholds

EVALUATION = {"slices": ["label", "source"], "folds": 2}


def sliced(values: dict, metric: str, found: dict, value: float) -> dict:
    return {"slice": values, "rows": 100, "metrics": {metric: value}, "evidence": {metric: found}, "incumbent": None}


def test_the_worst_slice_of_a_metric_that_classes_do_not_have_is_none_by_label() -> None:
    one = {"min": 0.8, "slice": "worst"}
    assert thresholds.fault("classification", "accuracy", one, EVALUATION) is None
    slices = [part("0", 96, 100), part("1", 0, 0), sliced({"source": "phone"}, "accuracy", share(95, 100), 0.95)]
    assert said({"accuracy": one}, slices=slices) == [
        "pass: accuracy of the worst slice (source phone) is 0.95 (0.90 to 0.98) on 100 rows; it must be at least 0.8"
    ]


@pytest.mark.parametrize("value", [20, 20.0, "20"])
def test_a_slice_is_named_by_a_number_however_it_is_written(value: object) -> None:
    slices = [sliced({"age": "20"}, "accuracy", share(95, 100), 0.95)]
    (told,) = judged({"accuracy": {"min": 0.8, "slice": {"age": value}}}, slices=slices)[1:2]
    assert told.verdict == "pass"


def test_folds_that_all_agree_do_not_tell_how_their_mean_varies() -> None:
    folds = {"accuracy": {"values": [1.0, 1.0], "mean": 1.0, "std": 0.0}}
    assert said({"accuracy": {"min": 0.99, "folds": "mean"}}, cross_validation=folds) == [
        "cannot tell: accuracy, the mean of 2 folds, has no interval; `by: estimate` would do without; it must be at least 0.99"
    ]
    assert said({"accuracy": {"min": 0.99, "folds": "mean", "by": "estimate"}}, cross_validation=folds) == [
        "pass: accuracy, the mean of 2 folds, is 1 by estimate; it must be at least 0.99"
    ]


def test_what_is_surely_false_fails_among_hundreds_of_slices_and_is_not_accepted() -> None:
    slices = [sliced({"source": str(one)}, "f1", resampled(0.06, 0.14), 0.1) for one in range(300)]
    asked = {"f1": {"min": 0.8, "slice": "worst"}}
    accept = [{"version": "1.0.0", "threshold": "f1.min", "reason": "It is new.", "by": "ada"}]
    (told,) = (one for one in judged(asked, slices=slices, accept=accept) if one.place[:2] == ("thresholds", "f1"))
    assert (told.verdict, told.accepted) == ("fail", None)


def test_a_check_that_is_called_like_a_limit_is_not_accepted_for_it() -> None:
    accept = [{"version": "1.0.0", "threshold": "accuracy.min", "reason": "It is new.", "by": "ada"}]
    checks = [{"name": "accuracy.min", "outcome": "timed out", "reason": None}]
    found = judged({"accuracy": {"min": 0.949}}, accept=accept, checks=checks)
    assert [one.accepted is not None for one in found if one.verdict == "cannot tell"] == [True, False]
