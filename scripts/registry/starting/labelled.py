"""The labels of a CSV file, which are its last column, read row by row: any size takes the memory of a row."""

import csv
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from registry.errors import one_line, refuse

WHOLE = re.compile(r"[-+]?[0-9]{1,18}(\.0*)?")
MOST_CLASSES, FEW_CLASSES, ROWS_OF_A_CLASS = 1_000, 20, 10
SEPARATORS = ";\t|"


@dataclass(frozen=True)
class Column:
    """What stands in the last column of a file: how often each class, in their order, or numbers.

    `counts` is empty for numbers, of which `deviation` is the mean distance from their mean. `strange` names the first
    value of the others that is no number, `gaps` counts those that are empty.
    """

    rows: int
    counts: Mapping[str, int] = field(default_factory=dict)
    is_text: bool = False
    has_head: bool = False
    deviation: float = 0.0
    strange: str | None = None
    gaps: int = 0

    @property
    def is_counted_from_0(self) -> bool:
        """Whether the classes are the numbers that a classifier's labels are."""
        return not self.is_text and [*map(_whole, self.counts)] == [*range(len(self.counts))]


def read(path: Path) -> Column:
    """Return what the last column of a CSV file is; raise RegistryError for a file that is none, or without labels."""
    try:
        return _read(path)
    except (UnicodeDecodeError, csv.Error) as error:
        raise refuse(
            str(path), f"can't be read as CSV: {error}; save it as UTF-8, values separated by commas"
        ) from error


def _read(path: Path) -> Column:
    rows, gaps, strange, labels, total, texts, text_line = 0, 0, None, Counter(), 0.0, 0, 0
    is_decimal = False
    has_head = _has_head(path)
    for line, values, label in _lines(path, has_head):
        rows, gaps = rows + 1, gaps + values.count("")
        if strange is None and (odd := next((one for one in values if one and not _is_number(one)), None)):
            strange = f"line {line} holds {one_line(odd, 30)}"
        if not _is_number(label):
            texts, text_line = texts + 1, text_line or line
        is_decimal = is_decimal or not WHOLE.fullmatch(label)
        total += 0 if texts else float(label)
        if len(labels) <= MOST_CLASSES or label in labels:
            labels[label] += 1
    if not rows:
        raise refuse(str(path), "holds no rows; write one a line, the label last")
    is_text = texts > 0
    if is_text and all(map(_is_date, labels)):
        raise refuse(str(path), f"holds dates in its last column ({next(iter(labels))}, …); put the label last")
    if is_text and len(labels) > min(MOST_CLASSES, max(2, rows / 2)):
        if texts < rows / 2:
            raise refuse(
                str(path), "has a label here that is no number, and most others are; mend that", line=text_line
            )
        shown = ", ".join(one_line(one, 30) for one in list(labels)[:3])
        raise refuse(
            str(path), f"holds another text nearly everywhere in its last column ({shown}, …); put the label last"
        )
    known = {"rows": rows, "has_head": has_head, "strange": strange, "gaps": gaps}
    if is_text:
        return Column(counts=_in_order(path, labels, True), is_text=True, **known)
    if not is_decimal and len(labels) <= max(FEW_CLASSES, rows / ROWS_OF_A_CLASS):
        return Column(counts=_in_order(path, labels, False), **known)
    mean = total / rows
    return Column(deviation=sum(abs(float(label) - mean) for _, _, label in _lines(path, has_head)) / rows, **known)


def _lines(path: Path, has_head: bool) -> Iterator[tuple[int, list[str], str]]:
    """Yield each row: its line, its values but the last, and the last."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader, width = csv.reader(file), None
        for place, row in enumerate(filter(None, reader)):
            width = width or len(row)
            if width < 2:
                separator = next((one for one in SEPARATORS if one in row[0]), None)
                advice = (
                    f"separate values by commas, not by {separator!r}" if separator else "write values, then the label"
                )
                raise refuse(str(path), f"has one column; {advice}", line=reader.line_num)
            if len(row) != width:
                raise refuse(
                    str(path), f"has {len(row)} values here, and {width} above; mend that", line=reader.line_num
                )
            *values, label = (one.strip() for one in row)
            if place or not has_head:
                if label.lower() in ("", "nan"):
                    raise refuse(str(path), "has no label here; write one, or take the row away", line=reader.line_num)
                yield reader.line_num, values, label


def _has_head(path: Path) -> bool:
    """Say whether the first line names columns: no value of it is a number, and some below are, or its label is no other's."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = filter(None, csv.reader(file))
        first, second = next(reader, []), next(reader, [])
        if any(map(_is_number, first)) or any(map(_is_number, second)):
            return any(map(_is_number, second)) and not any(map(_is_number, first))
        return bool(first) and first[-1] not in {*second[-1:], *(row[-1] for row in reader)}


def _in_order(path: Path, labels: Mapping[str, int], is_text: bool) -> dict[str, int]:
    """Return classes in the order of their numbers, of two the rarer last: it is class 1, which areas are of."""
    if not is_text and sorted({*map(_whole, labels)}) == [*range(len({*map(_whole, labels)}))]:
        return {str(number): sum(count for label, count in labels.items() if _whole(label) == number)
                for number in sorted({*map(_whole, labels)})}  # fmt: skip
    if not is_text and len({*map(_whole, labels)}) < len(labels):
        raise refuse(str(path), "writes one label in several ways, such as 1 and 1.0; write each in one")
    found = sorted(labels, key=None if is_text else _whole)
    return {
        label: labels[label] for label in (sorted(found, key=labels.get, reverse=True) if len(found) == 2 else found)
    }


def _whole(label: str) -> int:
    return int(label.partition(".")[0])


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return not text.isdigit()


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False
