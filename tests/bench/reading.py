"""What it takes to read the operations of a version before it is loaded: 100 MB, in one constant and in a thousand."""

import time
from pathlib import Path

from graphbytes import function, node, saved_model

from registry.graphs import operations, savedgraph

SIZE = 100_000_000  # bytes
ROUNDS = 20
MOST = 20  # ms


def measure(folder: Path) -> list[list[str]]:
    """Return a row for each form: what, the figure, the target, whether it is met."""
    return [_row(folder / "saved_model.pb", count) for count in (1, 1000)]


def _row(file: Path, count: int) -> list[str]:
    layers = [node(f"model/layer_{at}/Const", "Const", weight=SIZE // count) for at in range(count)]
    file.write_bytes(saved_model(functions=[function("serve", *layers)]))
    milliseconds = min(_seconds(file) for _ in range(ROUNDS)) * 1000
    what = f"reading what 100 MB with {count} constant{'s' * (count > 1)} may do"
    return [what, f"{milliseconds:.1f} ms", f"under {MOST} ms", "yes" if milliseconds < MOST else "NO"]


def _seconds(file: Path) -> float:
    start = time.perf_counter()
    with file.open("rb") as stream:
        assert [operations.faults(graph) for graph in savedgraph.read(stream)] == [[]]
    return time.perf_counter() - start
