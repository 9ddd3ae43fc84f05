"""Which rows a slice has: those of a label, of a column's value or bin, or of a crossing of them. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from registry.evidence.slices import LABEL, called
from registry.tables import times
from registry.tables.returned import DATES

Step = str | Mapping[str, Sequence[float]]
Entry = Step | Sequence[Step]
Cell = tuple[dict[str, str], np.ndarray]


def steps(entry: Entry) -> dict[str, Sequence[float] | None]:
    """Return what an entry of evaluation.slices parts the rows by: columns and `label`, with the edges of bins."""
    those = entry if isinstance(entry, list | tuple) else [entry]
    return {name: edges for one in those for name, edges in ({one: None} if isinstance(one, str) else one).items()}


def cells(entry: Entry, columns: Mapping[str, np.ndarray], rows: int) -> Iterator[Cell]:
    """Yield the parts that an entry's columns make of the rows, without its label: what they are, and their rows."""
    edges = {name: found for name, found in steps(entry).items() if name != LABEL}
    if not edges:
        yield {}, np.arange(rows)
        return
    parts = [_parted(columns[name], found) for name, found in edges.items()]
    found, member = np.unique(np.stack([member for _, member in parts]), axis=1, return_inverse=True)
    order = np.argsort(member, kind="stable")
    ends = np.searchsorted(member[order], np.arange(found.shape[1] + 1))
    for values, (start, end) in zip(found.T, pairwise(ends), strict=True):
        told = {name: texts[value] for name, (texts, _), value in zip(edges, parts, values, strict=True)}
        yield told, order[start:end]


def _parted(column: np.ndarray, edges: Sequence[float] | None) -> tuple[list[str], np.ndarray]:
    """Return the names of a column's values or bins, and which of them each row has."""
    if edges is None:
        values, member = np.unique(column if column.dtype.kind != "O" else column.astype(str), return_inverse=True)
        return times.written(values) if values.dtype.kind == DATES else [*map(called, values)], member
    between = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
    return [f"below {edges[0]:g}", *between, f"{edges[-1]:g} and above"], np.searchsorted(edges, column, side="right")
