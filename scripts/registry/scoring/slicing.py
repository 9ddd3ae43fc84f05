"""Which rows a slice has: those of a label, of a column's value or bin, or of a crossing of them. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from registry.evidence import slices

LABEL = "label"
MOST = 2000  # slices, of all entries together: more take minutes

Step = str | Mapping[str, Sequence[float]]
Entry = Step | Sequence[Step]
Cell = tuple[dict[str, str], np.ndarray]


def steps(entry: Entry) -> dict[str, Sequence[float] | None]:
    """Return what an entry of evaluation.slices parts the rows by: columns and `label`, with the edges of bins."""
    those = entry if isinstance(entry, list | tuple) else [entry]
    return {name: edges for one in those for name, edges in ({one: None} if isinstance(one, str) else one).items()}


def fault(entries: Sequence[Entry], columns: Mapping[str, np.ndarray], classes: int) -> str | None:
    """Say why slices of columns that are there can't all be made, or None; `classes` is 0 for a regression."""
    counts = {}
    for entry in entries:
        if LABEL in steps(entry) and not classes:
            return f"asks for {LABEL}, and a regression has no classes; leave it out"
        parts = sum(1 for _ in cells(entry, columns, 1))
        counts[", ".join(steps(entry))] = parts * (classes if LABEL in steps(entry) else 1)
    if sum(counts.values()) > MOST:
        most = max(counts, key=counts.get)
        told = f"makes {sum(counts.values()):,} slices, {counts[most]:,} of them by {most}"
        return f"{told}, and {MOST:,} are the most; leave some out, or write bins for numbers"
    return None


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
        return [*map(slices.text, values.tolist())], member
    between = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
    return [f"below {edges[0]:g}", *between, f"{edges[-1]:g} and above"], np.searchsorted(edges, column, side="right")
