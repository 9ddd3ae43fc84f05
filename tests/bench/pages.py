"""The catalogue of many models with a long past: how long it takes to write, and how much memory."""

from pathlib import Path

import pairs
import pasts
from scale import PYTHON, verb

# models, releases of each, moves of pins -> seconds of processor beyond Python's start, MB
TARGETS = {(200, 5, 2000): (2, 300), (1000, 10, 2000): (10, None)}


def measure(folder: Path) -> list[list[str]]:
    """Return a row for each target: what, the figure, the target, whether it is met."""
    return [_row(pasts.long(folder / str(size[0]), *size), size) for size in TARGETS]


def _row(root: Path, size: tuple[int, int, int]) -> list[str]:
    start = min(pairs.cost(PYTHON, root).processor for _ in range(pairs.ROUNDS))
    cost = min((pairs.cost(verb("catalogue"), root) for _ in range(2)), key=lambda cost: cost.processor)
    took, (most, memory) = cost.processor - start, TARGETS[size]
    models, versions, moves = size
    is_met = took <= most and (memory is None or cost.memory <= memory)
    return [
        f"catalogue, {models} models, {models * versions} releases, {moves} moves",
        f"{took:.1f} s of processor beyond Python's start, {cost.memory:.0f} MB",
        f"at most {most} s{f', {memory} MB' if memory else ''}",
        "yes" if is_met else "NO",
    ]
