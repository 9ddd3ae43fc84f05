"""By time, training comes before and testing after: for all at one date, or for each group by itself."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.tables import windows
from registry.tables.times import Times
from registry.tables.windows import Course

DAYS = [*range(100)]


def course(days: list, groups: list | None = None, gap: float = 0, dates: bool = False) -> Course:
    """Return a course of such days, and groups by name."""
    values = np.array(days, float) * (86_400 * 10**6 if dates else 1)
    names = None if groups is None else np.array(groups)
    hashes = np.zeros(len(days), np.uint64) if groups is None else np.unique(names, return_inverse=True)[1]
    return Course(Times(values, dates), gap, hashes.astype(np.uint64), names)


ROWS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2)), min_size=2, max_size=60)
GAP = st.sampled_from([0, 1, 2.5])


def check(found: tuple, days: np.ndarray, groups: np.ndarray, gap: float) -> None:
    train, test = found
    for group in set(groups):
        before, after = days[train][groups[train] == group], days[test][groups[test] == group]
        assert before.max() < after.min() - gap
        rest = np.delete(days, [*train, *test])[np.delete(groups, [*train, *test]) == group]
        assert all((after.min() - gap <= rest) & (rest < after.min()) | (rest > after.max()))


@given(ROWS, st.floats(0.05, 0.95), GAP, st.integers(2, 4), st.booleans())
def test_in_each_group_all_of_training_comes_before_all_of_testing_less_the_gap(
    rows: list, share: float, gap: float, count: int, grouped: bool
) -> None:
    days, groups = np.array(rows).T
    groups = groups if grouped else np.zeros_like(groups)
    known = course(days, groups if grouped else None, gap)
    try:
        train, test = windows.holdout(known, share)
        folds = windows.folds(known, days, count, "regression")
    except ValueError:
        return
    check((train, test), days, groups, gap)
    last = np.array([days[groups == group].max() for group in groups])
    assert set(np.flatnonzero(days == last)) <= set(test)
    for place, fold in enumerate(folds):
        check(fold, days, groups, gap)
        if place:
            assert set(folds[place - 1][0]) <= set(fold[0]) and not set(folds[place - 1][1]) & set(fold[1])
    assert set(np.flatnonzero(days == last)) <= set(folds[-1][1])


@given(st.randoms(use_true_random=False), st.sampled_from([0.1, 0.2, 0.5]))
def test_held_out_is_the_last_share_of_all_or_of_each_group_in_any_order(lot, share: float) -> None:
    mixed = DAYS[:]
    lot.shuffle(mixed)
    days = np.array(mixed)
    train, test = windows.holdout(course(mixed), share)
    assert (sorted(days[train]), sorted(days[test])) == (
        DAYS[: round(100 - 100 * share)],
        DAYS[round(100 - 100 * share) :],
    )
    groups = days % 2
    train, test = windows.holdout(course([*np.where(groups, days, days + 1000)], [*groups]), share)
    assert np.bincount(groups[test]).tolist() == [round(50 * share)] * 2


def test_folds_grow_and_leave_the_gap_of_days_out() -> None:
    found = windows.folds(course(DAYS, gap=5, dates=True), np.zeros(100), 4, "regression")
    assert [(train[-1], test[0], test[-1]) for train, test in found] == [
        (14, 20, 39), (34, 40, 59), (54, 60, 79), (74, 80, 99)
    ]  # fmt: skip
    assert all(train[0] == 0 for train, _ in found)


FEWER = "write evaluation.folds: {} in model.yaml"
HOLDOUTS = {
    "equal times everywhere": (
        course([3] * 9), "all are of one time, 3, so none is after the others; take time out of data.split"),
    "groups with one member": (
        course([0, 1, 2, 3, 4], ["a", "a", "lone", "b", "b"]), "group lone has rows of one time only, 2: it has no last part"
        " to hold out; leave such groups out in load(), or take group out of data.split: one date for all"),
    "groups of one time": (
        course([1, 1, 2, 2, 3, 4], ["a", "a", "b", "b", "c", "c"]), "group a has rows of one time only, 1, and so has 1"
        " other: it has no last part to hold out; leave such groups out in load(), or take group out of data.split: one"
        " date for all"),
    "a gap that swallows all": (
        course(DAYS, gap=90, dates=True), "a gap of 90 before 1970-03-22 leaves no row to train with, since the first is of"
        " 1970-01-01; write a smaller data.split.gap in model.yaml"),
    "a gap that swallows a group": (
        course([*range(50), 7, 8, 9], ["a"] * 50 + ["b"] * 3, 5), "a gap of 5 before 8 in group b leaves no row to train"
        " with, since the first is of 7; write a smaller data.split.gap in model.yaml"),
}  # fmt: skip


@pytest.mark.parametrize("fault", HOLDOUTS)
def test_rows_that_have_no_before_and_after_are_told(fault: str) -> None:
    known, told = HOLDOUTS[fault]
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        windows.holdout(known, 0.2 if fault != "a gap that swallows a group" else 0.6)


FOLDS = {
    "few times": (course([1, 1, 2, 2, 3, 3]), [0] * 6, 3,
                  f"3 folds by time need 4 different times, and there are 3; {FEWER.format(2)}"),
    "a short group": (course([*range(20), 1, 2, 3, 3], ["a"] * 20 + ["b"] * 4), [0] * 24, 5,
                      f"5 folds by time need 6 different times in group b, and there are 3; {FEWER.format(2)}"),
    "most of one time": (course([1, 2, *[3] * 20, 4, 5]), [0] * 24, 3,
                         f"3 folds by time would leave one without a row, since many share a time; {FEWER.format(2)}"),
    "a class that comes late": (course(DAYS), [*[0, 1] * 45, *[2] * 10], 4,
                                "4 folds by time would leave the first without class 2 to train with;"
                                f" {FEWER.format(3)}, or bring more early rows of it"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FOLDS)
def test_more_folds_than_times_are_told(fault: str) -> None:
    known, labels, count, told = FOLDS[fault]
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        windows.folds(known, np.array(labels), count, "classification")


def test_what_is_held_out_in_a_file_of_its_own_comes_after_all_of_its_group() -> None:
    known = course([1, 2, 9], ["a", "b", "a"], 2)
    assert windows.overlap(known, course([12, 5, 0], ["a", "b", "new"], 2)) is None
    assert windows.overlap(course([1, 5]), course([6, 7])) is None
    assert windows.overlap(known, course([12, 4, 99], ["a", "b", "b"], 2)) == (
        "row 1 in group b of 4, which is not after the last row to train with, of 2 and a gap of 2; leave such rows out of"
        " this file, or take time out of data.split"
    )
