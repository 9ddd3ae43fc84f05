"""Rows that load() yields some at a time are those that it returns at once, and take little memory."""

import gc
import tempfile
from pathlib import Path

import disks
import numpy as np
import pytest
import returning

from registry.artifacts import arrays, bulk
from registry.errors import RegistryError
from registry.loading import rows
from registry.loading.rows import Rows

DATA = """\
import numpy as np

ROW = np.arange(300)
WORDS = np.array([f"row {7 ** (row % 19)}" for row in ROW])
PICTURES = np.random.default_rng(1).random((300, 8, 8), np.float32)
features = {"words": WORDS, "picture": PICTURES, "near": ROW[:, None] % 50 * 0.5}
labels, groups, day = ROW % 3, ROW // 2, ROW // 3
columns = {"shop": np.array(["a", "bc", "def"])[ROW % 3], "date": day.astype("datetime64[D]")}


def cut(size, *whole):
    for start in range(0, 300, size):
        yield tuple(some(one, slice(start, start + size)) for one in whole)


def some(one, rows):
    return {name: part[rows] for name, part in one.items()} if isinstance(one, dict) else one[rows]


def filled(size):
    buffer = np.empty((size, 8, 8), np.float32)
    for start in range(0, 300, size):
        buffer[:] = PICTURES[start : start + size]
        yield buffer, labels[start : start + size]


def breaks():
    yield from cut(100, PICTURES, labels)
    raise OSError("no more of it")
"""
ALL = "features, labels, groups, columns"
LINE = DATA.count("\n") + 3  # of load()


def loaded(folder: Path, returned: str, **facts: object) -> Rows:
    return returning.rows(DATA, folder, returned, **{"task": "classification"} | facts)


def stored(folder: Path, found: Rows) -> dict:
    """Return all that is known of rows, as those read it who get them, with arrays as their bytes and what these are."""
    parts = {"training": found.training, "held_out": found.held_out}
    known = {"split": found.split, "counts": found.counts}
    for name, part in parts.items():
        part.store(folder / name)
        read = rows.read(folder / name)
        named = arrays.parts(read.features) | read.columns | {"labels": read.labels, "keys": read.keys}
        named |= {str(place): one for place, (one, _) in enumerate(read.folds)}
        known |= {f"{name} {one}": (part.dtype.str, part.shape, part.tolist()) for one, part in named.items()}
    return known


@pytest.mark.parametrize("facts", [{"folds": 3}, {"split": {"time": "date"}, "folds": 2}], ids=["by hash", "by time"])
def test_where_a_part_begins_decides_nothing(tmp_path: Path, facts: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = stored(tmp_path / "stored", loaded(tmp_path / "whole", ALL, **facts))
    assert whole["counts"]["holdout"] and whole["counts"]["near"] == 0
    monkeypatch.setattr(bulk, "BLOCK", 5000)  # 19 pictures
    for name, returned in {
        "at once": ALL,
        "sevens": f"cut(7, {ALL})",
        "one part": f"cut(1000, {ALL})",
        "a map": f"map(tuple, list(cut(7, {ALL})))",
        "a list's": f"iter([*cut(150, {ALL})])",
    }.items():
        assert stored(tmp_path / f"stored {name}", loaded(tmp_path / name, returned, **facts)) == whole, name


def test_arrays_that_load_fills_again_are_of_the_part_that_they_were_yielded_with(tmp_path: Path) -> None:
    found = [loaded(tmp_path / str(size), f"filled({size})").training for size in (10, 300)]
    assert np.array_equal(found[0].features, found[1].features)


def test_a_clustering_yields_none_for_labels(tmp_path: Path) -> None:
    returned = {"whole": "PICTURES, None", "parts": "((some, None) for some, in cut(7, PICTURES))"}
    found = [loaded(tmp_path / name, text, task="clustering").split for name, text in returned.items()]
    assert found[0] == found[1]


WANTED = "return features, labels and, where there are any, groups as an array, columns as a mapping"
SAME = "yield the same in each part"
REFUSED = {
    "no part": ("iter([])", "yielded nothing; yield features and labels of some rows at a time"),
    "no tuple": ("iter([[PICTURES, labels]])", f"in part 1 returned a list; {WANTED}"),
    "nothing": ("iter([(PICTURES, labels), None])", f"in part 2 returned nothing; {WANTED}"),
    "empty": ("iter([(PICTURES, labels), (PICTURES[:0], labels[:0])])", "in part 2 returned no rows"),
    "infinity": (
        "cut(200, PICTURES / (ROW != 250)[:, None, None], labels)",
        "in part 2 returned infinity in row 50, at [0, 0] of features, the first of 64 (counted from 0); clip it in load(),"
        " or write NaN for what is missing",
    ),
    "type": (
        "iter([(PICTURES, labels), (PICTURES.astype(float), labels)])",
        f"in part 2 features are 8×8 float64, and before 8×8 float32; {SAME}",
    ),
    "shape": (
        "iter([(PICTURES, labels), (PICTURES[:, 1:], labels)])",
        f"in part 2 features are 7×8 float32, and before 8×8 float32; {SAME}",
    ),
    "names": (
        "iter([(features, labels), ({'words': WORDS}, labels)])",
        f"in part 2 features['near'] are missing, and before 1 float64; {SAME}",
    ),
    "text": ("iter([(ROW, labels), (WORDS, labels)])", f"in part 2 features are text, and before int64; {SAME}"),
    "labels": ("iter([(ROW, labels), (ROW, labels * 1.0)])", f"in part 2 labels are float64, and before int64; {SAME}"),
    "groups": ("iter([(ROW, labels), (ROW, labels, groups)])", f"in part 2 groups are int64, and before missing; {SAME}"),
    "column": (
        "iter([(ROW, labels, {'day': day}), (ROW, labels, {'day': columns['date']})])",
        f"in part 2 columns['day'] are datetime64[D], and before int64; {SAME}",
    ),
    "odd columns": (
        "iter([(ROW, labels, groups, 7)])", "in part 1 returned an int as columns; return a mapping of name to array"
    ),
    "short groups": (
        "iter([(ROW, labels, groups[1:])])",
        "in part 1 returned groups of shape (299,) for 300 labels; return one row a label",
    ),
    "classes": (
        "cut(100, ROW, labels * 2)", "returned 3 classes, numbered from 0 to 4; count them from 0, without a gap: write"
        " `labels = np.unique(labels, return_inverse=True)[1]` in load()",
    ),
}  # fmt: skip


def refused(folder: Path, returned: str) -> str:
    with pytest.raises(RegistryError) as error:
        loaded(folder, returned)
    return str(error.value).removeprefix("models/tiny/data.py:")


@pytest.mark.parametrize(("returned", "said"), REFUSED.values(), ids=REFUSED)
def test_parts_that_can_not_be_one_are_told_by_their_number(tmp_path: Path, returned: str, said: str) -> None:
    assert refused(tmp_path, returned) == f"{LINE}: load: {said}"


def test_what_an_iterator_raises_is_told_with_its_line(tmp_path: Path) -> None:
    assert refused(tmp_path, "breaks()") == f"{LINE - 3}: load: OSError: no more of it"


def test_one_that_never_ends_is_ended_before_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with disks.small(tmp_path / "disk", "1m") as disk:
        monkeypatch.setattr(tempfile, "tempdir", str(disk))
        said = refused(tmp_path / "code", "((PICTURES, labels) for _ in iter(int, 1))")
        gc.collect()  # the error holds what was gathered
    assert said == (
        f"{LINE}: load: in part 7 features come to 0.5 MB, and the disk has 0.5 MB left, too little to store them;"
        " yield fewer rows, or build where there is more"
    )


def test_a_copy_that_the_disk_has_no_room_for_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BLOCK", 1000)
    with disks.small(tmp_path / "disk", "1m") as disk, pytest.raises(RegistryError) as error:
        monkeypatch.setattr(tempfile, "tempdir", str(disk))
        bulk.rows(np.zeros((2000, 100)), np.arange(2000))
    assert str(error.value) == (
        f"{disk}: has 1.0 MB left, and 1.6 MB of rows are to be copied there; make room, or write fewer evaluation.folds"
        " in model.yaml"
    )
