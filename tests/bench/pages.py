"""The catalogue of many models with a long past: how long it takes to write, and how much memory."""

from pathlib import Path

import pairs
import pasts
from scale import PYTHON, verb

# models, releases of each, moves of pins -> seconds beyond Python's start, MB
TARGETS = {(200, 5, 2000): (2, 300), (1000, 10, 2000): (10, None)}


def measure(folder: Path) -> list[list[str]]:
    """Return a row for each target: what, the figure, the target, whether it is met."""
    return [_row(pasts.long(folder / str(size[0]), *size), size) for size in TARGETS]


def _row(root: Path, size: tuple[int, int, int]) -> list[str]:
    start = pairs.least_of(PYTHON, root)
    cost = pairs.least_of(verb("catalogue"), root, 3)
    most, memory = TARGETS[size]
    models, versions, moves = size
    is_met = cost.seconds - start.seconds <= most and (memory is None or cost.memory <= memory)
    return [
        f"catalogue, {models} models, {models * versions} releases, {moves} moves",
        pairs.beyond(cost, start),
        f"at most {most} s{f', {memory} MB' if memory else ''}",
        "yes" if is_met else "NO",
    ]
