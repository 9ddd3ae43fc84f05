"""Dates in any form that is one are times; what is none is told with its row."""

import re

import numpy as np
import pytest

from registry.tables import times

SAME = [np.datetime64(text, "us").astype(float) for text in ("2024-01-31", "2024-02-01T12:00", "1969-12-31T23:59:59.5")]
FORMS = {
    "ISO": ["2024-01-31", "2024-02-01T12:00", "1969-12-31T23:59:59.5"],
    "with a blank and with Z": ["2024-01-31 00:00Z", "2024-02-01 12:00:00Z", "1969-12-31T23:59:59.500000Z"],
    "with an offset": ["2024-01-31T02:00+02:00", "2024-02-01T06:30:00-0530", "1970-01-01T00:59:59.5+01:00"],
}


@pytest.mark.parametrize("kind", ["U", "O", "M8[ms]", "M8[ns]"])
@pytest.mark.parametrize("form", FORMS)
def test_a_date_is_one_time_however_it_is_written(form: str, kind: str) -> None:
    written = np.array(FORMS["ISO"], kind) if kind.startswith("M") else np.array(FORMS[form], kind)
    found = times.read("date", written)
    assert (found.values.tolist(), found.dates, found.gap(7)) == (SAME, True, 7 * 86_400 * 10**6)
    assert [*map(found.shown, found.values)] == ["2024-01-31", "2024-02-01T12:00:00", "1969-12-31T23:59:59.500000"]


def test_numbers_are_times_as_they_are() -> None:
    for kind in ("uint8", "int64", "float32"):
        found = times.read("day", np.array([3, 1, 2], kind))
        assert (found.values.tolist(), found.dates, found.gap(7), found.shown(3.0)) == ([3, 1, 2], False, 7, "3")


WRONG = [
    "2024",
    "20240131",
    "2024-02-30",
    "2024-01-31T25:00",
    "2024-01-31T12:00+24:00",
    "2024-01-31T12:00-01:60",
    "2024-01-31Z",
    "12:00",
    "today",
    "NaT",
    "",
    "31.01.2024",
]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_date_is_told_with_its_row(text: str) -> None:
    column = np.array(["2024-01-31"] * times.SIZE + ["2024-02-01", text, "nor this"])
    told = (
        f"returned {text!r} in row {times.SIZE + 1} of columns['date'] (counted from 0), which is no ISO date;"
        " write such as 2024-01-31 or 2024-01-31T12:00, or return numbers"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        times.read("date", column)


@pytest.mark.parametrize(("column", "told"), [
    (np.array([1.0, np.nan, np.inf]), "returned NaN or infinity in row 1 of columns['t'], the first of 2 (counted from 0);"
     " clean them in load()"),
    (np.array(["2024-01-31", "NaT"], "M8[D]"), "returned no date in row 1 of columns['t'] (counted from 0); clean them in"
     " load()"),
    (np.array([True, False]), "returned columns['t'] that are true or false, which is no time; return numbers or dates"),
])  # fmt: skip
def test_what_is_no_time_is_told(column: np.ndarray, told: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        times.read("t", column)
