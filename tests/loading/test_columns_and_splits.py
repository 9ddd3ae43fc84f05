"""What load() returns beside the rows goes with those held out, and may part them: by group, by time, or by both."""

from pathlib import Path

import numpy as np
import pytest
import returning
from returning import USUAL

from registry.errors import RegistryError
from registry.loading import rows
from registry.loading.rows import Rows

DATA = """\
import numpy as np

ROW = np.arange(300, dtype=np.float32)
features, labels = np.stack([ROW, ROW % 7], axis=1), ROW.astype(int) % 3
day, shop = ROW // 3, (ROW % 5).astype(int)
date = (np.datetime64("2024-01-01") + day.astype(int)).astype(str)
columns = {"row": ROW, "day": day, "date": date, "shop": shop, "name": np.array(["a", "b", "c", "d", "e"])[shop]}
"""


def loaded(folder: Path, returned: str = USUAL, other: str | None = None, **facts: object) -> Rows:
    return returning.rows(DATA, folder, returned, other, **{"task": "classification"} | facts)


def refused(folder: Path, *args: object, **facts: object) -> list[str]:
    with pytest.raises(RegistryError) as error:
        loaded(folder, *args, **facts)
    return [str(problem).removeprefix("models/tiny/") for problem in error.value.problems]


def test_columns_go_with_the_rows_that_are_held_out_whatever_becomes_of_these(tmp_path: Path) -> None:
    found = loaded(tmp_path / "code", slices=["label", "name", {"day": [50]}])
    found.held_out.store(tmp_path / "stored")
    for part in found.held_out, rows.read(tmp_path / "stored"):
        assert {*part.columns} == {"row", "day", "date", "shop", "name"}
        assert part.columns["row"].tolist() == part.features[:, 0].tolist()
        assert part.columns["name"].tolist() == [*map("abcde".__getitem__, part.columns["row"].astype(int) % 5)]
        assert part.columns["date"][0] == str(np.datetime64("2024-01-01") + int(part.columns["row"][0]) // 3)
        assert part.groups is None
        assert (part.baseline_kind, part.baseline.sum()) == ("majority", 1)
        assert part.baseline * len(found.training.labels) == pytest.approx(np.bincount(found.training.labels))
    assert found.training.columns == {} and found.training.baseline is None
    assert loaded(tmp_path / "without", "features, labels").split == found.split


def sides(found: Rows, column: int = 0) -> tuple[set, set]:
    return tuple({*part.features[:, column].astype(int)} for part in (found.training, found.held_out))


def test_a_column_of_groups_is_what_a_third_array_is(tmp_path: Path) -> None:
    third = loaded(tmp_path / "third", "features, labels, (ROW // 6).astype(int)", folds=3)
    named = loaded(
        tmp_path / "named",
        f"{USUAL} | {{'case': (ROW // 6).astype(int).astype(str)}}",
        split={"group": "case"},
        folds=3,
    )
    both = loaded(tmp_path / "both", "features, labels, ROW // 6, columns", folds=3)
    assert third.split == named.split == both.split
    assert sides(third) == sides(named) == sides(both)
    assert named.held_out.trained.kind == "groups" and both.held_out.columns
    for part in named.held_out, third.held_out:
        assert len({*part.groups.tolist()}) == len(part.labels) / 6
        assert part.trained.holds(part.keys).sum() == 0


def test_by_time_the_last_share_is_held_out_and_folds_grow_towards_it(tmp_path: Path) -> None:
    for name, split in {"day": {"time": "day"}, "date": {"time": "date", "gap": 5}}.items():
        found = loaded(tmp_path / name, split=split, folds=3)
        train, test = sides(found)
        assert test == {*range(240, 300)}
        assert train == {*range(240 - 3 * split.get("gap", 0))}
        assert found.shared == 0 and found.held_out.trained.kind == "rows"
        for before, after in found.training.folds:
            day = found.training.features[:, 0] // 3
            assert day[before].max() < day[after].min() - split.get("gap", 0)
    mixed = loaded(tmp_path / "mixed", USUAL.replace("features", "features[::-1]").replace(
        "labels,", "labels[::-1], {n: c[::-1] for n, c in columns.items()} or"), split={"time": "day"})  # fmt: skip
    assert sides(mixed) == (train | {*range(225, 240)}, test)


def test_by_time_and_group_each_group_has_its_own_last_part(tmp_path: Path) -> None:
    later = f"{USUAL} | {{'own': day + 1000 * shop}}"
    found = loaded(tmp_path, later, split={"time": "own", "group": "shop"}, folds=2)
    train, test = sides(found)
    assert test == {*range(240, 300)} and train == {*range(240)}
    assert len({*found.held_out.groups.tolist()}) == 5
    assert found.held_out.trained.kind == "rows", "each group lies on both sides"
    assert found.held_out.trained.holds(found.held_out.keys).sum() < 3 and found.shared == 0


def test_what_the_incumbent_was_trained_on_is_known_by_time_as_by_hash(tmp_path: Path) -> None:
    for split in ({"time": "day"}, {"time": "day", "group": "shop"}):
        old, new = (loaded(tmp_path / str(share), split=split, holdout=share).held_out for share in (0.1, 0.4))
        known = old.trained.holds(new.keys)
        assert known.tolist() == (new.features[:, 0] < 270).tolist()
    by_hash = loaded(tmp_path / "hash")
    assert by_hash.held_out.trained.holds(new.keys).tolist() == [
        row in sides(by_hash)[0] for row in new.features[:, 0].astype(int)
    ]


def test_ids_stay_the_keys_by_time_and_groups_do_not(tmp_path: Path) -> None:
    ids = loaded(tmp_path / "ids", "features, labels, ROW + 1e6, columns", split={"time": "day"}).held_out
    assert (ids.trained.kind, ids.groups) == ("groups", None)
    assert ids.trained.holds(ids.keys).sum() == 0
    groups = loaded(tmp_path / "groups", "features, labels, shop, columns", split={"time": "day"})
    assert (groups.held_out.trained.kind, groups.shared) == ("rows", 0)
    assert len({*groups.held_out.groups.tolist()}) == 5


def test_equal_rows_of_other_times_are_counted(tmp_path: Path) -> None:
    assert loaded(tmp_path, "features[:, 1:], labels, columns", split={"time": "day"}).shared == 60


@pytest.mark.parametrize(("split", "returned", "kind", "answers"), [
    ({}, USUAL, "mean", lambda row: None),
    ({"time": "day"}, USUAL, "last value", lambda row: 238.0),
    ({"time": "day", "group": "shop"}, USUAL, "last value", lambda row: 235.0 + row % 5),
    ({"time": "day"}, "features, labels, shop, columns", "last value", lambda row: 235.0 + row % 5),
])  # fmt: skip
def test_a_regression_is_held_against_the_mean_or_by_time_the_last_value(
    tmp_path: Path, split: dict, returned: str, kind: str, answers
) -> None:
    found = loaded(tmp_path, returned.replace("labels", "ROW"), split=split, task="regression")
    mean = found.training.labels.mean(dtype=float)
    told = [answers(row) or mean for row in found.held_out.features[:, 0]]
    assert found.held_out.baseline_kind == kind
    assert found.held_out.baseline[0].tolist() == pytest.approx(told)
    always = [[mean], [np.median(found.training.labels)]]
    assert found.held_out.baseline[-2:] == pytest.approx(np.repeat(always, len(told), axis=1))


def test_files_of_their_own_are_held_out_after_what_was_before(tmp_path: Path) -> None:
    late = "features + 1000, labels, {n: c if n in ('date', 'name') else c + 1000 for n, c in columns.items()}"
    found = loaded(tmp_path / "late", USUAL, late, split={"time": "day", "gap": 3}, slices=["name"], task="regression")
    assert found.counts == {"train": 300, "holdout": 300, "shared": 0, "near": None}
    assert set(found.held_out.baseline[0]) == {1.0}, "of rows 297, 298 and 299, which are labelled 0, 1 and 2"
    early = "features, labels, {n: c if n in ('date', 'name') else c + 99.5 for n, c in columns.items()}"
    assert refused(tmp_path / "early", USUAL, early, split={"time": "day", "gap": 1}) == [
        "data.py:10: load: of data.holdout (exam.csv): returned row 0 of 99.5, which is not after the last row to train"
        " with, of 99 and a gap of 1; leave such rows out of this file, or take time out of data.split"
    ]


SPLIT = "data.py:10: load: returned rows that can't be split, 0.2 to be held out: "
WANTED = "return features, labels and, where there are any, groups as an array, columns as a mapping"
FAULTS = {
    "a column misspelt": (USUAL, {"split": {"time": "dat", "group": "shops"}}, [
        "model.yaml: data.split.group: names shops, and load() returns no such column; did you mean shop?",
        "model.yaml: data.split.time: names dat, and load() returns no such column; did you mean date?"]),
    "no columns": ("features, labels", {"split": {"group": "shop"}}, [
        "model.yaml: data.split.group: names shop, and load() returns no such column; known: none"]),
    "groups twice": ("features, labels, shop, columns", {"split": {"group": "shop"}}, [
        "data.py:10: load: returned groups, and data.split.group names a column of them, too; return one of both"]),
    "groups with one member": (USUAL, {"split": {"group": "row"}}, [
        f"{SPLIT}each row has another row, so that groups nothing; name a column in data.split.group that rows of one case"
        " share, or leave it out"]),
    "one group": (f"{USUAL} | {{'shop': shop * 0}}", {"split": {"group": "shop"}}, [
        f"{SPLIT}all rows are of 1 group, and it takes one to train with and one to hold out; bring more"]),
    "a group that is NaN": (f"{USUAL} | {{'shop': np.where(ROW == 17, np.nan, 1)}}", {"split": {"group": "shop"}}, [
        "data.py:10: load: returned NaN or infinity in row 17 of columns['shop'] (counted from 0); clean them in load()"]),
    "a time that is none": (f"{USUAL} | {{'day': np.where(ROW == 17, np.inf, 1)}}", {"split": {"time": "day"}}, [
        "data.py:10: load: returned NaN or infinity in row 17 of columns['day'] (counted from 0); clean them in load()"]),
    "equal times": (f"{USUAL} | {{'day': ROW * 0}}", {"split": {"time": "day"}}, [
        f"{SPLIT}all are of one time, 0, so none is after the others; take time out of data.split"]),
    "lonely in time": (USUAL, {"split": {"time": "day", "group": "row"}}, [
        f"{SPLIT}group 3.0 has rows of one time only, 1, and so have 299 others: it has no last part to hold out; leave such"
        " groups out in load(), or take group out of data.split: one date for all"]),
    "a gap that swallows all": (USUAL, {"split": {"time": "date", "gap": 90}}, [
        f"{SPLIT}a gap of 90 before 2024-03-21 leaves no row to train with, since the first is of 2024-01-01; write a"
        " smaller data.split.gap in model.yaml"]),
    "a late class": ("features, np.r_[labels[:250] % 2, labels[250:]], columns", {"split": {"time": "day"}}, [
        f"{SPLIT}class 2 would be held out whole, with no row left to train with; write a smaller data.holdout in model.yaml,"
        " or bring more rows of it, or leave it out: write `keep = labels != 2` in load() and return features[keep],"
        " labels[keep]"]),
    "folds of few times": (f"{USUAL} | {{'day': ROW // 100}}", {"split": {"time": "day"}, "folds": 5}, [
        f"{SPLIT}5 folds by time need 6 different times, and there are 2; write evaluation.folds: 0 in model.yaml"]),
    "slices that nobody returned": (USUAL, {"slices": ["label", "nam", ["name", {"ages": [1]}]]}, [
        "model.yaml: evaluation.slices: names ages, and load() returns no such column; known: date, day, label, name, row, shop",
        "model.yaml: evaluation.slices: names nam, and load() returns no such column; did you mean name?"]),
    "slices without a name": (f"{USUAL} | {{'name': np.where(ROW == 17, '', 'a')}}", {"slices": ["name"]}, [
        "data.py:10: load: returned '' in row 17 of columns['name'] (counted from 0); the values of a column that parts"
        " slices are texts of 1 to 100 letters, such as unknown"]),
    "columns before groups": ("features, labels, columns, shop", {}, [
        "data.py:10: load: returned a dict as groups; return a NumPy array with one value a row"]),
    "something else as columns": ("features, labels, shop, shop", {}, [
        "data.py:10: load: returned a ndarray as columns; return a mapping of name to array"]),
    "too much": ("features, labels, shop, columns, 1", {}, [f"data.py:10: load: returned a tuple of 5; {WANTED}"]),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_no_rows_can_be_parted_by_is_told_in_a_line(tmp_path: Path, fault: str) -> None:
    returned, facts, told = FAULTS[fault]
    assert sorted(refused(tmp_path, returned, **facts)) == told


def test_what_looks_like_a_row_to_train_with_is_counted(tmp_path: Path) -> None:
    texts = "np.array([f'Case {int(row) // 2}' if row % 2 else f'case, {int(row) // 2}!' for row in ROW])"
    found = loaded(tmp_path / "text", f"{texts}, labels", task="classification")
    pairs = [
        {int("".join(filter(str.isdigit, text))) for text in part.features} for part in (found.training, found.held_out)
    ]
    assert (
        found.counts["near"]
        == sum(int("".join(filter(str.isdigit, t))) in pairs[0] for t in found.held_out.features)
        > 20
    )
    assert found.shared == 0
    pictures = "np.random.random((150, 8, 8)).repeat(2, axis=0) + ROW[:, None, None] / 1e4"
    found = loaded(tmp_path / "pictures", f"{pictures}, labels")
    assert found.counts["near"] > 20 and found.shared == 0
    assert loaded(tmp_path / "groups", f"{pictures}, labels, ROW // 2").counts["near"] == 0


def test_a_date_that_names_a_group_is_the_same_in_any_unit_and_a_decision_needs_two_classes(tmp_path: Path) -> None:
    days = [f"{USUAL} | {{'case': (np.datetime64('2024-01-01') + (ROW // 6).astype(int)).astype({kind!r})}}"
            for kind in ("M8[D]", "M8[s]", "M8[ns]", "U10")]  # fmt: skip
    found = {loaded(tmp_path / f"{number}", one, split={"group": "case"}).split for number, one in enumerate(days)}
    assert len(found) == 1
    assert refused(tmp_path / "three", decision=0.3) == [
        "model.yaml: evaluation.decision: is between two classes, and load() returns 3; leave it out"
    ]
