"""Times of rows, as numbers that can be compared: what a column of dates, ISO texts or numbers says. Pure, numpy only."""

import re
from dataclasses import dataclass, replace

import numpy as np

from registry.errors import one_line
from registry.tables import returned

DAY = 86_400 * 10**6  # microseconds
SIZE = 2**16  # texts that are looked at at a time
CLOCK = r"[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?"
ISO = re.compile(rf"(\d{{4}}-\d\d-\d\d(?:{CLOCK})?)(?:(?<!-..)(?:Z|([+-])([01]\d|2[0-3]):?([0-5]\d)))?", re.ASCII)


@dataclass(frozen=True)
class Times:
    """When rows are: microseconds since 1970, UTC, where they were `dates`, else the numbers that the column holds."""

    values: np.ndarray
    dates: bool

    def of(self, chosen: np.ndarray) -> "Times":
        """Return the times of some of the rows."""
        return replace(self, values=self.values[chosen])

    def gap(self, asked: float) -> float:
        """Return a gap in the unit of the values: of dates it is asked for in days."""
        return asked * DAY if self.dates else asked

    def shown(self, value: float) -> str:
        """Return one of the values as people write it."""
        if not self.dates:
            return f"{value:.12g}"
        return written(np.array([value]).astype("datetime64[us]"))[0]


def written(dates: np.ndarray) -> list[str]:
    """Return dates as people write them, the same in whatever unit they are held."""
    texts = dates.astype("datetime64[us]").astype(str).tolist()
    return [text.removesuffix(".000000").removesuffix("T00:00:00") for text in texts]


def read(name: str, column: np.ndarray) -> Times:
    """Return the times that a column holds; raise ValueError, with the row, for what is none."""
    what = f"columns[{name!r}]"
    if fault := returned.missing_fault(what, column):
        raise ValueError(fault)
    if column.dtype.kind == returned.DATES:
        return Times(column.astype("datetime64[us]").astype(float), True)
    if column.dtype.kind in "iuf":
        return Times(column.astype(float), False)
    if column.dtype.kind == "b":
        raise ValueError(f"returned {what} that are true or false, which is no time; return numbers or dates")
    parts = [_read(what, column, start) for start in range(0, len(column), SIZE)]
    return Times(np.concatenate(parts), True)


def _read(what: str, column: np.ndarray, start: int) -> np.ndarray:
    """Return the times of some rows of ISO texts; NumPy alone would take any number for a year, and `today`."""
    found = [*map(ISO.fullmatch, column[start : start + SIZE].tolist())]
    try:
        local = np.array([one[1] for one in found], "datetime64[us]").astype(float)
    except (TypeError, ValueError):
        row = start + next(place for place, one in enumerate(found) if not _is_date(one))
        told = (
            f"returned {one_line(str(column[row]), 30)!r} in row {row} of {what} (counted from 0), which is no ISO date"
        )
        raise ValueError(f"{told}; write such as 2024-01-31 or 2024-01-31T12:00, or return numbers") from None
    return local - [_offset(one) for one in found]


def _is_date(found: re.Match | None) -> bool:
    try:
        return found is not None and np.datetime64(found[1], "us") is not None
    except ValueError:
        return False


def _offset(found: re.Match) -> int:
    """Return how far ahead of UTC a text is, in microseconds."""
    minutes = int(found[3] or 0) * 60 + int(found[4] or 0)
    return minutes * 60 * 10**6 * (-1 if found[2] == "-" else 1)
