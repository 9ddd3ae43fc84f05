"""What a spec names of the columns that load() returns, and what it can't name."""

import numpy as np
import pytest

from registry.tables import columns

COLUMNS = {
    "source": np.array(["phone", "web"] * 10),
    "age": np.arange(20.0),
    "day": np.arange(20).astype("M8[D]"),
    "odd": np.arange(20) % 2 > 0,
}
LABELS = np.arange(20) % 3


def test_columns_of_text_numbers_and_dates_and_their_crossings_are_slices() -> None:
    slices = ["label", "source", "day", "odd", ["label", "source"], {"age": [5, 10]}, ["source", {"age": [5]}, "odd"]]
    assert [*columns.slice_faults(slices, COLUMNS, LABELS)] == []
    assert columns.sliced(slices) == ["age", "day", "odd", "source"]
    assert columns.fault(COLUMNS, 20) is None
    assert [columns.value_fault(name, column) for name, column in COLUMNS.items()] == [None] * 4


MANY = {
    "user": np.arange(1200),
    "text": np.array([f"v{row}" for row in range(1200)], object),
    "few": np.arange(1200) % 40,
}
SLICES = [
    ("sourc", "names sourc, and load() returns no such column; did you mean source?"),
    (["lable", "source"], "names lable, and load() returns no such column; did you mean label?"),
    ({"size": [1]}, "names size, and load() returns no such column; known: age, day, label, odd, source"),
    ({"source": [1]}, "has bins for source, which holds text; write it without bins, or return numbers"),
    (["label", {"day": [1]}], "has bins for day, which holds dates; write it without bins, or return numbers"),
    ({"odd": [0.5]}, "has bins for odd, which holds true and false; write it without bins, or return numbers"),
]


@pytest.mark.parametrize(("entry", "told"), SLICES)
def test_slices_of_columns_that_nobody_returned_or_that_have_no_bins_are_told(entry: object, told: str) -> None:
    assert [*columns.slice_faults([entry], COLUMNS, LABELS)] == [told]


@pytest.mark.parametrize(("entry", "named", "count"), [
    ("user", "user", "1,200"), ("text", "text", "1,200"), (["label", "few"], "label and few", "1,200"),
    (["few", {"user": [*range(0, 1200, 25)]}], "few and user", "1,200"),
])  # fmt: skip
def test_a_slice_for_nearly_every_row_is_told_and_bins_mend_it(entry: object, named: str, count: str) -> None:
    labels, last = np.arange(1200) // 40, named.split()[-1]
    told = (
        f"would make {count} slices, {count} of them of {named}, and 1,000 are the most; write bins, such as"
        f" {{{last}: [20, 30]}}, or return fewer different values"
    )
    assert [*columns.slice_faults(["label", entry], MANY, labels)] == [told]
    assert [*columns.slice_faults([{"user": [20, 30]}, ["label", {"few": [20, 30]}]], MANY, labels)] == []


def test_slices_of_all_entries_together_are_counted_but_those_of_each_class() -> None:
    each = [{"user": [*range(start, 1200, 2)]} for start in (0, 1)]
    assert [*columns.slice_faults(each[:1], MANY, np.arange(1200))] == []
    assert [*columns.slice_faults(each, MANY, np.arange(1200))] == [
        "would make 1,201 slices, 601 of them of user, and 1,000 are the most; write bins, such as {user: [20, 30]}, or return"
        " fewer different values"
    ]
    assert [*columns.slice_faults(["label"], MANY, np.arange(1200))] == []


NAME = "name each by a text of up to 100 letters"
FAULTS = [
    ({1: LABELS}, f"returned a column named 1; {NAME}"),
    ({" ": LABELS}, f"returned a column named ' '; {NAME}"),
    ({"a\nb": LABELS}, f"returned a column named 'a\\nb'; {NAME}"),
    ({"label": LABELS}, "returned a column named label, which is what slices call the class; name it otherwise"),
    ({"a": [1] * 20}, "returned a list as columns['a']; return a NumPy array with one value a row"),
    ({"a": LABELS[1:]}, "returned columns['a'] of shape (19,) for 20 labels; return one row a label"),
    ({"a": np.eye(20)}, "returned columns['a'] of shape (20, 20); return a NumPy array with one value a row"),
    ({"a": LABELS * 1j}, "returned columns['a'] of type complex128; return numbers, dates or text"),
    ({"a": np.ma.masked_less(LABELS, 1)}, "returned columns['a'] as a masked array; fill it, as columns['a'].filled(np.nan)"
     " does"),
    ({"a": np.array(["x"] * 7 + [None] + ["y"] * 11 + [3], object)}, "returned NoneType, int as objects in row 7 of"
     " columns['a'], the first of 2 (counted from 0); return numbers, or nothing but str"),
]  # fmt: skip


@pytest.mark.parametrize(("found", "told"), FAULTS, ids=range(len(FAULTS)))
def test_what_is_no_column_of_these_rows_is_told(found: dict, told: str) -> None:
    assert columns.fault(found, 20) == told


TEXT = "; the values of a column that parts slices are texts of 1 to 100 letters, such as unknown"
VALUES = [
    (np.array([1, np.nan, 3]), "returned NaN or infinity in row 1 of columns['a'] (counted from 0); clean them in load()"),
    (np.array(["2024-01-01", "NaT"], "M8[D]"), "returned no date in row 1 of columns['a'] (counted from 0); clean them in"
     " load()"),
    (np.array(["x", "", ""]), f"returned '' in row 1 of columns['a'], the first of 2 (counted from 0){TEXT}"),
    (np.array(["x", "a\tb"], object), f"returned 'a\\tb' in row 1 of columns['a'] (counted from 0){TEXT}"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "told"), VALUES, ids=range(len(VALUES)))
def test_what_can_not_name_a_slice_is_told_with_its_row(column: np.ndarray, told: str) -> None:
    assert columns.value_fault("a", column) == told
