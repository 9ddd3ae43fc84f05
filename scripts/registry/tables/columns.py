"""Columns that load() returns beside the rows, held against what a spec names of them. Pure, numpy only."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from registry.errors import did_you_mean, one_line
from registry.tables import keys, returned

LABEL = "label"
LONGEST = 100  # characters of a name, and of a value that names a slice
MOST = 1000  # slices, of all entries together, but those of each class: more take minutes

Columns = Mapping[str, np.ndarray]
Axis = tuple[str, list | None]  # a column, and bins where it has any


def fault(columns: Columns, count: int) -> str | None:
    """Say what is wrong with the columns of so many rows, or None."""
    for name, column in columns.items():
        if not (isinstance(name, str) and name.strip() and name.isprintable() and len(name) <= LONGEST):
            return f"returned a column named {one_line(repr(name))}; name each by a text of up to {LONGEST} letters"
        if name == LABEL:
            return f"returned a column named {LABEL}, which is what slices call the class; name it otherwise"
        if found := returned.column_fault(name, column, count):
            return found
    return None


def misfit(columns: Columns, known: Columns) -> str | None:
    """Say in what columns are not those of another file, or None."""
    these, those = (", ".join(sorted(one)) or "no columns" for one in (columns, known))
    return None if these == those else f"returned {these} beside the rows, and of data {those}; return the same of both"


def unknown(name: str, columns: Columns, *more: str) -> str | None:
    """Say what to write for a column that load() does not return, or None."""
    if name in columns or name in more:
        return None
    return f"names {one_line(name)}, and load() returns no such column; {did_you_mean(name, [*columns, *more])}"


def sliced(slices: Sequence) -> list[str]:
    """Return the columns that slices name."""
    return sorted({name for entry in slices for name, _ in _axes(entry)} - {LABEL})


def value_fault(name: str, column: np.ndarray) -> str | None:
    """Say which value of a column can't name a slice, or None."""
    if column.dtype.kind not in "UO":
        return returned.missing_fault(f"columns[{name!r}]", column)
    texts = {text for (block,) in keys.blocks([column]) for text in block.tolist()}
    odd = [text for text in texts if not (text.strip() and text.isprintable() and len(text) <= LONGEST)]
    if not odd:
        return None
    bad = np.isin(column, odd)
    told = f"returned {one_line(repr(str(column[bad][0])), 40)} in {returned.first(f'columns[{name!r}]', bad)}"
    return f"{told}; the values of a column that parts slices are texts of 1 to {LONGEST} letters, such as unknown"


def slice_faults(slices: Sequence, columns: Columns, labels: np.ndarray) -> Iterator[str]:
    """Yield what is wrong with evaluation.slices for these rows: columns that nobody returned, bins of texts, too many."""
    counts = []
    for entry in slices:
        axes = [*_axes(entry)]
        strange = [text for name, _ in axes if (text := unknown(name, columns, LABEL))]
        strange += [
            f"has bins for {name}, which holds {_held(columns[name])}; write it without bins, or return numbers"
            for name, bins in axes if bins and name in columns and columns[name].dtype.kind not in "iuf"
        ]  # fmt: skip
        yield from strange
        if not strange and axes != [(LABEL, None)]:
            counts.append((_count(axes, {**columns, LABEL: labels}), [name for name, _ in axes]))
    if (total := sum(count for count, _ in counts)) > MOST:
        many, names = max(counts)
        told = f"would make {total:,} slices, {many:,} of them of {' and '.join(names)}, and {MOST:,} are the most"
        yield f"{told}; write bins, such as {{{names[-1]}: [20, 30]}}, or return fewer different values"


def _axes(entry: object) -> Iterator[Axis]:
    """Yield the columns of a slice: `label`, `{age: [20, 30]}`, or a list of these, which cross."""
    if isinstance(entry, str):
        yield entry, None
    elif isinstance(entry, Mapping):
        yield from entry.items()
    else:
        for one in entry:
            yield from _axes(one)


def _held(column: np.ndarray) -> str:
    return {"b": "true and false", returned.DATES: "dates"}.get(column.dtype.kind, "text")


def _count(axes: Sequence[Axis], columns: Columns) -> int:
    """Return how many slices have a row."""
    place = np.zeros(1, int)
    for name, bins in axes:
        values = columns[name] if bins is None else np.searchsorted(bins, columns[name], side="right")
        names, found = np.unique(values, return_inverse=True)
        place = np.unique(place * len(names) + found, return_inverse=True)[1]
    return int(place.max()) + 1
