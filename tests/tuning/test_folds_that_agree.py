"""Folds that all differ by the same tell nothing of how that varies: of few it may be chance."""

import pytest

from registry.tuning import trials
from registry.tuning.trials import Found, Trial

OWN = {"epochs": 5}


def found(values: list[float], others: list[float]) -> Found:
    both = [Trial(0, OWN, others, 1.0), Trial(1, {"epochs": 9}, values, 1.0)]
    return Found("digits", "accuracy", True, ["epochs"], OWN, both)


@pytest.mark.parametrize(("folds", "is_told"), [(2, False), (3, False), (4, False), (5, True), (10, True)])
def test_the_same_difference_in_each_fold_is_sure_of_five_and_chance_of_fewer(folds: int, is_told: bool) -> None:
    """0.93 - 0.92 and 0.94 - 0.93 differ in their last digits, which are none of the folds'."""
    better, own = [0.93 + 0.01 * fold for fold in range(folds)], [0.92 + 0.01 * fold for fold in range(folds)]
    both = found([min(one, 1.0) for one in better], [min(one, 0.99) for one in own])
    assert (both.alike == []) == is_told
    assert both.chosen.number == (1 if is_told else 0)


def test_the_same_in_each_fold_is_no_difference() -> None:
    assert trials._doubt(Trial(1, {}, [0.9, 0.8]), Trial(0, OWN, [0.9, 0.8]), True) == 1.0
