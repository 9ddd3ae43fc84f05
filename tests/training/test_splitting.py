"""Which rows are held out is decided by the rows: not by a seed, an order, a type, or the rows that came later."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinymodels import ROWS, tiny

from registry.artifacts.arrays import Features
from registry.loading import making, rows
from registry.tables import keys as hashes
from registry.tables import splitting

ROW = st.tuples(st.floats(-1e6, 1e6, width=32), st.integers(-3, 3))
TABLES = st.lists(ROW, min_size=1, max_size=40)
POINTS = np.random.default_rng(3).normal(size=(2000, 4)).astype("float32")
LABELS = np.arange(2000) % 3


def row_keys(features: Features, labels: np.ndarray) -> np.ndarray:
    return np.concatenate([*hashes.of_rows(features, labels)])


def keys(table: list[tuple[float, int]]) -> np.ndarray:
    return row_keys(np.array([[number] for number, _ in table]), np.array([label for _, label in table]))


@given(TABLES, TABLES, st.randoms(use_true_random=False))
def test_a_row_has_one_key_in_any_order_and_whatever_comes_beside_it(old: list, new: list, lot) -> None:
    mixed = old + new
    lot.shuffle(mixed)
    known = dict(zip(old, keys(old), strict=True))
    found = dict(zip(mixed, keys(mixed), strict=True))
    assert {row: found[row] for row in known} == known
    assert len(set(found.values())) == len(found)


@given(TABLES, st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_equal_rows_share_a_side_and_a_larger_share_holds_out_those_of_a_smaller(
    table: list, one: float, other: float
) -> None:
    known = keys(table * 2)
    numbers = np.arange(len(known))
    sides = []
    for share in sorted((one, other)):
        try:
            held = splitting.holdout(known, numbers, share, "regression")
        except ValueError:
            return
        assert held[: len(table)].tolist() == held[len(table) :].tolist()
        sides.append(held)
    assert not (sides[0] & ~sides[1]).any()


ALIKE = {
    "doubles": POINTS.astype(float),
    "doubles that lost nothing": POINTS.astype(float) * (1 + 1e-12),
    "in one more dimension": POINTS.reshape(2000, 2, 2),
    "backwards in memory": np.asfortranarray(POINTS),
    "under a name": {"row": POINTS},
    "parted": {"left": POINTS[:, :1], "right": POINTS[:, 1:]},
    "parted, named otherwise": {"one": POINTS[:, :1], "two": POINTS[:, 1:]},
}


@pytest.mark.parametrize("form", ALIKE)
@pytest.mark.parametrize("labels", ["int64", "uint8", "float32"])
def test_the_same_values_are_the_same_rows_whatever_holds_them(form: str, labels: str) -> None:
    usual = row_keys(POINTS, LABELS)
    assert row_keys(ALIKE[form], LABELS.astype(labels)).tolist() == usual.tolist()


OTHERWISE = {
    "a value": (POINTS + np.float32(1e-3), LABELS),
    "a label": (POINTS, LABELS + 1),
    "the order of the columns": (POINTS[:, ::-1], LABELS),
}


@pytest.mark.parametrize("what", OTHERWISE)
def test_what_differs_in_anything_is_another_row(what: str) -> None:
    assert not set(row_keys(*OTHERWISE[what])) & set(row_keys(POINTS, LABELS))


@pytest.mark.parametrize("parts", [
    (np.array([0.0, -0.0]), [0, 0], 1),
    (np.array([10**15, 10**15 + 1]), [0, 0], 2),
    (np.array([1e300, 1e301]), [0, 0], 2),
    (np.array(["ab", "ba"]), [0, 0], 2),
    (np.array(["ü", "ü"], object), [0, 0], 1),
    (np.array([["ab", "c"], ["a", "bc"]]), [0, 0], 2),
    (np.array([True, False, True]), [1, 1, 1], 2),
    (np.empty((3, 0)), [0, 1, 1], 2),
])  # fmt: skip
def test_as_many_keys_as_different_rows(parts: tuple[Features, list[int], int]) -> None:
    features, labels, different = parts
    assert len(set(row_keys(features, np.array(labels)))) == different


def test_the_share_stays_near_what_is_asked_in_all_and_in_each_class() -> None:
    known = row_keys(POINTS, LABELS)
    for share in (0.1, 0.2, 0.5):
        held = splitting.holdout(known, LABELS, share, "classification")
        assert held.mean() == pytest.approx(share, abs=0.03)
        assert np.bincount(LABELS[held]) / np.bincount(LABELS) == pytest.approx([share] * 3, abs=0.05)


@pytest.mark.parametrize("kind", ["int64", "float64", "U", "O"])
def test_a_group_has_one_key_whatever_type_names_it(kind: str) -> None:
    groups = np.arange(7).repeat(3)
    named = groups.astype(str).astype(object) if kind == "O" else groups.astype(kind)
    found = hashes.of_groups(named)
    assert found.tolist() == hashes.of_groups(groups).tolist()
    assert len(set(found)) == 7


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2)), min_size=1, max_size=80), st.integers(2, 5))
def test_folds_are_complete_have_each_class_to_train_with_and_never_part_a_group(table: list, count: int) -> None:
    groups, labels = np.array(table).T
    known = hashes.of_groups(groups)
    try:
        found = splitting.folds(known, labels, count, "classification", "group")
    except ValueError:
        return
    assert sorted(np.concatenate([test for _, test in found]).tolist()) == list(range(len(table)))
    for train, test in found:
        assert sorted([*train, *test]) == list(range(len(table)))
        assert not set(groups[train]) & set(groups[test])
        assert set(labels[train]) == set(labels)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_folds_are_alike_and_the_same_in_another_order(task: str) -> None:
    known, turned = row_keys(POINTS, LABELS), row_keys(POINTS[::-1], LABELS[::-1])
    found, again = (
        splitting.folds(some, labels, 3, task) for some, labels in ((known, LABELS), (turned, LABELS[::-1]))
    )
    for (_, test), (_, other) in zip(found, again, strict=True):
        assert sorted(test) == sorted(1999 - other)
        assert len(test) in (666, 667)
        if task == "classification":
            assert set(np.bincount(LABELS[test])) <= {222, 223}


def told(call, *args) -> str:
    with pytest.raises(ValueError) as error:
        call(*args)
    return str(error.value)


LEAVE_1 = (
    "bring more rows of it, or leave it out: write `keep = labels != 1` in load() and return features[keep],"
    " labels[keep]"
)
HASHES = 2**64
LOW, HIGH = [1, 2, 3, 4], [HASHES - 4, HASHES - 3, HASHES - 2, HASHES - 1]
SPLITS = {
    "a lonely row": (
        LOW, [0, 0, 0, 1], 0.5, f"class 1 has 1 row, and needs one to train with and one to hold out; {LEAVE_1}"),
    "the same row again and again": (
        [1, 2, 3, HIGH[0], HIGH[0]], [0, 0, 0, 1, 1], 0.5,
        f"class 1 has 1 row, and needs one to train with and one to hold out; {LEAVE_1}"),
    "fewer than classes": (
        [1, 2, *HIGH], [0, 1, 0, 1, 2, 2], 0.2, "2 to hold out and 4 to train with are too few;"
        " write a larger data.holdout in model.yaml, or bring more rows"),
    "nothing left": (
        LOW, [0, 0, 1, 1], 0.99, "4 to hold out and 0 to train with are too few;"
        " write a smaller data.holdout in model.yaml, or bring more rows"),
    "a class held out whole": (
        [*LOW, *HIGH], [0, 0, 1, 1, 0, 0, 0, 0], 0.5, "class 1 would be held out whole, with no row left to train"
        f" with; write a smaller data.holdout in model.yaml, or {LEAVE_1}"),
    "one class held out": (
        [*LOW, *HIGH], [0, 0, 0, 0, 0, 0, 1, 1], 0.5,
        "those held out would be of one class only; write a larger data.holdout in model.yaml"),
}  # fmt: skip


@pytest.mark.parametrize("fault", SPLITS)
def test_rows_that_cannot_be_split_are_refused(fault: str) -> None:
    known, labels, share, message = SPLITS[fault]
    found = np.array(known, np.uint64), np.array(labels)
    assert told(splitting.holdout, *found, share, "classification") == message


FOLDS = {
    "fewer rows of a class": (
        range(13), [0] * 9 + [1] * 4, 5,
        f"5 folds need 5 rows of each class to train with, but class 1 has 4; write evaluation.folds: 4 in model.yaml,"
        f" or {LEAVE_1}"),
    "a single row of a class": (
        range(10), [0] * 9 + [1], 5,
        f"5 folds need 5 rows of each class to train with, but class 1 has 1; write evaluation.folds: 0 in model.yaml,"
        f" or {LEAVE_1}"),
    "equal rows of a class": (
        [*range(9), *[9] * 8], [0] * 9 + [1] * 8, 2,
        f"2 folds need 2 rows of each class to train with, but class 1 has 1; write evaluation.folds: 0 in model.yaml,"
        f" or {LEAVE_1}"),
    "a class in one fold": (
        [0, 1, 2, 3, 0, 2, 0, 2], [0, 0, 0, 0, 1, 1, 0, 0], 2,
        "2 folds would leave one of them without class 1 to train with; write another number of evaluation.folds in"
        f" model.yaml, or {LEAVE_1}"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FOLDS)
def test_more_folds_than_rows_are_refused(fault: str) -> None:
    known, labels, count, message = FOLDS[fault]
    found = np.array(known, np.uint64), np.array(labels)
    assert told(splitting.folds, *found, count, "classification") == message


@pytest.mark.parametrize("known", [np.arange(9), np.arange(12) % 4], ids=["few rows", "few groups"])
def test_more_folds_than_a_regression_has_are_refused(known: np.ndarray) -> None:
    there = f"there are {len(set(known))} and {len(known)}; write fewer evaluation.folds in model.yaml"
    said = told(splitting.folds, known.astype(np.uint64), known * 1.0, 5, "regression", "group")
    assert said == f"5 folds need 5 groups and 10 rows to train with, but {there}, or bring more rows"


def held_out(folder: Path, end: str) -> rows.Rows:
    return making.load(tiny(folder, ROWS.format(end)).examination)


def content(part: rows.Part) -> list[bytes]:
    return [row.tobytes() for row in part.features]


def test_what_load_returns_in_another_order_and_with_more_rows_keeps_its_sides(tmp_path: Path) -> None:
    usual = held_out(tmp_path / "usual", "return rows, labels")
    turned = held_out(tmp_path / "turned", "i = np.random.permutation(150); return rows[i].astype(float), labels[i]")
    grown = held_out(tmp_path / "grown", "return np.r_[rows + 9, rows], np.r_[labels, labels]")
    assert content(usual.training) == [row.astype("float32").tobytes() for row in turned.training.features]
    assert set(content(usual.held_out)) < set(content(grown.held_out))
    assert set(content(usual.training)) < set(content(grown.training))
    assert usual.shared == grown.shared == 0


def test_what_load_draws_is_the_same_whatever_seed_training_has(tmp_path: Path) -> None:
    drawn = [held_out(tmp_path / name, "return rows + np.random.normal(size=rows.shape), labels") for name in "ab"]
    assert drawn[0].split == drawn[1].split
    assert not hasattr(tiny(tmp_path / "c").examination, "seed")


def test_rows_of_a_group_share_a_side_and_those_that_equal_one_of_another_group_are_counted(tmp_path: Path) -> None:
    found = held_out(tmp_path, "return {'row': rows, 'id': np.arange(150) // 5}, labels, np.arange(150) // 5")
    sides = [set(part.features["id"]) for part in (found.training, found.held_out)]
    assert not sides[0] & sides[1] and sides[0] | sides[1] == set(range(30))
    for train, test in found.training.folds:
        known = found.training.features["id"]
        assert not set(known[train]) & set(known[test])
    assert found.shared == 0
    twice = held_out(tmp_path / "twice", "return np.r_[rows, rows], np.r_[labels, labels], np.arange(300)")
    trained = {*content(twice.training)}
    assert twice.shared == sum(row in trained for row in content(twice.held_out)) > 0


def test_other_groups_are_told_from_these_although_the_values_stay(tmp_path: Path) -> None:
    one, other = (held_out(tmp_path / str(size), f"return rows, labels, np.arange(150) // {size}") for size in (3, 5))
    assert one.split != other.split
