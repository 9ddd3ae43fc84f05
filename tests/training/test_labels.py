"""Labels that a task can't use are told before training starts, with a line for load() that mends them."""

import re

import numpy as np
import pytest

from registry.tables import labels, returned

THREE = np.arange(30) % 3
NAMES = np.array(["setosa", "versicolor", "virginica"])
ENDS = "; count them from 0, without a gap: "
UNIQUE = "write `labels = np.unique(labels, return_inverse=True)[1]` in load()"
WHOLE = "; classification needs whole numbers from 0: "
AS_INT, AS_FLOAT = (f"write `labels = labels.astype({kind})` in load()" for kind in ("int", "float"))
MENDED = {
    "from 1": (THREE + 1, f"returned 3 classes, numbered from 1 to 3{ENDS}write `labels = labels - 1` in load()"),
    "from 1, bytes": (
        (THREE + 1).astype("uint8"),
        f"returned 3 classes, numbered from 1 to 3{ENDS}write `labels = labels - 1` in load()",
    ),
    "from 2": (THREE + 2, f"returned 3 classes, numbered from 2 to 4{ENDS}{UNIQUE}"),
    "one is missing": (THREE * 2, f"returned 3 classes, numbered from 0 to 4{ENDS}{UNIQUE}"),
    "below and above 0": (THREE - 1, f"returned 3 classes, numbered from -1 to 1{ENDS}{UNIQUE}"),
    "numbers of articles": (
        THREE + 10**12, f"returned 3 classes, numbered from 1000000000000 to 1000000000002{ENDS}{UNIQUE}"
    ),
    "floats": (THREE * 1.0, f"returned float64 labels{WHOLE}{AS_INT}"),
    "truth values": (THREE > 0, f"returned bool labels{WHOLE}{AS_INT}"),
    "objects": (THREE.astype(object), f"returned object labels that hold int{WHOLE}{AS_INT}"),
    "text": (NAMES[THREE], f"returned text as labels (setosa, versicolor, virginica){WHOLE}{UNIQUE}"),
    "text as objects": (
        NAMES[THREE].astype(object), f"returned text as labels (setosa, versicolor, virginica){WHOLE}{UNIQUE}"
    ),
    "bytes": (NAMES[THREE].astype("S"),
              f"returned text as labels (b'setosa', b'versicolor', b'virginica'){WHOLE}{UNIQUE}"),
    "many texts": (np.arange(30).astype("U") + NAMES[THREE],
                   "returned text as labels (0setosa, 1versicolor, 2virginica, 3setosa, 4versicolor, …)"
                   f"{WHOLE}{UNIQUE}"),
    "digits as text": (THREE.astype(str), f"returned text as labels (0, 1, 2){WHOLE}{AS_INT}"),
    "dates": (THREE.astype("datetime64[D]"), f"returned datetime64[D] labels{WHOLE}{UNIQUE}"),
    "a column": (
        THREE[:, None],
        "returned labels of shape (30, 1); return one label a row: write `labels = labels[:, 0]` in load()",
    ),
    "one-hot": (
        np.eye(3)[THREE],
        "returned labels of shape (30, 3); they are one-hot: write `labels = labels.argmax(axis=1)` in load()",
    ),
    "one-hot truth values": (
        np.eye(3, dtype=bool)[THREE],
        "returned labels of shape (30, 3); they are one-hot: write `labels = labels.argmax(axis=1)` in load()",
    ),
}  # fmt: skip
TOLD = {
    "shares": (THREE / 2, "returned 0.5 in row 1 of labels, the first of 10 (counted from 0); a class is a whole number"
                          " from 0, and for other numbers write `task: regression` in model.yaml"),
    "holes": (np.where(THREE > 0, THREE, None),
              "returned object labels that hold NoneType, int, the NoneType in row 0 of labels, the first of 10 (counted"
              " from 0); classification needs whole numbers from 0, a number for each class"),
    "one class": (THREE * 0, "returned labels of one class only; a classifier needs two or more"),
    "one class from 1": (THREE * 0 + 1, "returned labels of one class only; a classifier needs two or more"),
    "several at once": (np.ones((30, 2)), "returned labels of shape (30, 2); return one label a row"),
    "odd text": (np.array(["\x1b[31m", "b" * 99] * 15),
                 f"returned text as labels (\\x1b[31m, {'b' * 15}…{'b' * 15}){WHOLE}{UNIQUE}"),
}  # fmt: skip
REGRESSION = {
    "numbers as text": (np.array(["0.5", "1e3"]),
                        f"returned text as labels (0.5, 1e3); regression needs numbers: {AS_FLOAT}"),
    "truth values": (THREE > 0, f"returned bool labels; regression needs numbers: {AS_FLOAT}"),
    "objects": (THREE.astype(object), f"returned object labels that hold int; regression needs numbers: {AS_FLOAT}"),
    "text": (NAMES, "returned text as labels (setosa, versicolor, virginica); regression needs numbers,"
                    " and for classes write `task: classification` in model.yaml"),
}  # fmt: skip


def fault(task: str, found: np.ndarray) -> str | None:
    return returned.fault(np.zeros((len(found), 1)), found) or labels.fault(task, found)


@pytest.mark.parametrize("kind", MENDED)
def test_the_line_that_is_told_makes_classes_of_labels_and_keeps_them_apart(kind: str) -> None:
    found, text = MENDED[kind]
    assert fault("classification", found) == text
    mended = found
    for _ in range(2):  # what is counted from 1 may be floats, too
        if told := fault("classification", mended):
            mended = eval(re.search("`labels = (.*)`", told)[1], {"labels": mended, "np": np})
    assert fault("classification", mended) is None
    pairs = {(str(before), int(after)) for before, after in zip(found, mended, strict=True)}
    assert len(pairs) == len({before for before, _ in pairs}) == len({after for _, after in pairs})


@pytest.mark.parametrize("kind", TOLD)
def test_labels_that_no_line_mends_are_told(kind: str) -> None:
    found, text = TOLD[kind]
    assert fault("classification", found) == text


@pytest.mark.parametrize("kind", REGRESSION)
def test_labels_of_a_regression_are_numbers(kind: str) -> None:
    found, text = REGRESSION[kind]
    assert fault("regression", found) == text


@pytest.mark.parametrize("kind", ["int8", "uint8", "int64", "uint64"])
def test_whole_numbers_from_0_are_classes(kind: str) -> None:
    assert fault("classification", THREE.astype(kind)) is None


def test_numbers_of_any_kind_are_labels_of_a_regression() -> None:
    assert [fault("regression", THREE.astype(kind) - 1) for kind in ("int8", "float32", "float64")] == [None] * 3
