"""Rows that are held out in a file of their own: who makes the training part is not given it, and both fit each other."""

from pathlib import Path

import numpy as np
import pytest

from registry.artifacts.bloom import GROUPS, ROWS
from registry.errors import RegistryError
from registry.loading import making
from registry.loading.rows import Examination, Rows

DATA = """\
import numpy as np


def load(path):
    points, labels = np.arange(40, dtype=np.float32).reshape(-1, 2), np.arange(20) % 3
    return eval(path.read_text())
"""
GOOD = "points, labels"


def loaded(folder: Path, known: str = GOOD, held_out: str | None = None, task: str = "classification") -> Rows:
    """Return the rows of a file, and of another one where that is given, each of which holds what load() returns."""
    for name, text in {"data.py": DATA, "rows.csv": known, "exam.csv": held_out or ""}.items():
        (folder / name).write_text(text)
    places = {"data": str(folder / "rows.csv"), "held_out": held_out and str(folder / "exam.csv")}
    return making.load(Examination(folder=str(folder), place="models/tiny", task=task, holdout=None, folds=2, **places))


def test_who_makes_the_training_part_is_not_given_the_file_that_is_held_out(tmp_path: Path) -> None:
    found = loaded(tmp_path)
    assert (found.held_out, found.counts) == (None, {"train": 20})
    assert sorted(found.training.features[:, 0]) == [*range(0, 40, 2)]
    assert [sorted(np.concatenate(split)) for split in found.training.folds] == [[*range(20)]] * 2


KINDS = {
    "new rows": ("points[:6] + 100, labels[:6]", "", ROWS, 0),
    "old rows with other labels": ("points[:6], (labels[:6] + 1) % 3", "", ROWS, 0),
    "some old rows, one of them twice": ("points[[0, 1, 1]] + np.float32([[0], [0], [.5]]), labels[:3]", "", ROWS, 2),
    "new rows of old and new groups": ("points[:3] + 100, labels[:3], np.array(['1', '1', 'a'])", "[7, 1]", GROUPS, 2),
    "old rows of new groups": ("points[:4], labels[:4], np.array([5, 6, 7, 8])", "[1, 2]", GROUPS, 4),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_equals_a_row_to_train_with_or_is_of_its_group_is_counted(tmp_path: Path, kind: str) -> None:
    held_out, groups, keys, shared = KINDS[kind]
    known = f"{GOOD}, np.resize({groups}, 20)" if groups else GOOD
    found = loaded(tmp_path, known, held_out)
    assert (found.counts["train"], found.shared, found.held_out.trained.kind) == (20, shared, keys)
    assert (found.held_out.classes, found.split) == (3, loaded(tmp_path, known).split)
    is_known = found.held_out.trained.holds(found.held_out.keys)
    assert is_known.sum() == (shared if kind != "old rows of new groups" else 0)


SAME = "; return the same of both files"
FAULTS = {
    "[]": "returned a list; return features, labels and, where there are any, groups as an array, columns as a mapping",
    "points[:0], labels[:0]": "returned no rows",
    "points * np.float32('inf'), labels": "returned infinity in row 0, column 1 of features, the first of 39 (counted"
    " from 0); clip it in load(), or write NaN for what is missing",
    "points[:, 0], labels": f"returned features of float32 a row, and of data 2 float32{SAME}",
    "points.astype(int), labels": f"returned features of 2 int64 a row, and of data 2 float32{SAME}",
    "points.astype(str), labels": f"returned features of 2 text a row, and of data 2 float32{SAME}",
    "{'b': points, 'a': points}, labels": f"returned features by a, b, and of data as one array{SAME}",
    "points, labels, labels": "returned groups, and of data rows; return groups of both, or of none",
    "points, labels, {'b': labels, 'a': labels}": "returned a, b beside the rows, and of data no columns; return the"
    " same of both",
    "points, labels * 2": "returned labels that no row to train with has: 4, in row 2 of labels, the first of 6"
    " (counted from 0); bring such rows to train with too, or leave them out of both files",
    "points, labels * 0": "returned labels of one class only; hold out rows of two or more",
    "points, labels / 2": "returned 0.5 in row 1 of labels, the first of 7 (counted from 0); a class is a whole number"
    " from 0, and for other numbers write `task: regression` in model.yaml",
    "1 / 0": "ZeroDivisionError: division by zero",
}  # fmt: skip


@pytest.mark.parametrize("held_out", FAULTS)
def test_what_does_not_fit_is_told_with_the_file_that_it_is_of(tmp_path: Path, held_out: str) -> None:
    with pytest.raises(RegistryError) as error:
        loaded(tmp_path, held_out=held_out)
    (problem,) = error.value.problems
    assert (problem.file, problem.field) == ("models/tiny/data.py", "load")
    assert problem.text == f"of data.holdout (exam.csv): {FAULTS[held_out]}"


@pytest.mark.parametrize(("known", "told"), [
    ("points, labels * 2", "returned 3 classes, numbered from 0 to 4; count them from 0, without a gap: write `labels ="
     " np.searchsorted(NAMES, labels)` in load(), with NAMES a sorted list of those in both files"),
    ("points[:3], labels[:3]", "returned rows that can't be split: 2 folds need 2 rows of each class to train with, but"
     " class 0 has 1; write evaluation.folds: 0 in model.yaml, or bring more rows of it, or leave it out: write `keep ="
     " labels != 0` in load() and return features[keep], labels[keep]"),
])  # fmt: skip
def test_so_is_what_is_wrong_with_the_rows_to_train_with(tmp_path: Path, known: str, told: str) -> None:
    with pytest.raises(RegistryError) as error:
        loaded(tmp_path, known)
    assert error.value.problems[0].text == f"of data (rows.csv): {told}"


@pytest.mark.parametrize(("features", "others"), [
    ("{'a': points, 'b': np.array(['x'] * 20)}", "{'b': np.array(['long'] * 5, object), 'a': points[:5]}"),
    ("points", "points[:5]"),
])  # fmt: skip
def test_texts_of_any_length_and_numbers_in_any_order_fit(tmp_path: Path, features: str, others: str) -> None:
    found = loaded(tmp_path, f"{features}, labels.astype(float)", f"{others}, labels[:5] + 9", task="regression")
    assert found.counts == {"train": 20, "holdout": 5, "shared": 0, "near": None}
