"""A thousand models, ten thousand releases, two thousand moves of pins: what answers about them take beyond Python's start."""

from pathlib import Path

import pairs
import pasts
from scale import PYTHON, verb

MODELS, VERSIONS, MOVES = 1000, 10, 2000
MOST, MOST_MEMORY = 0.5, 150  # seconds of processor, MB
ASKED = {
    "history": ["history"],
    "history of one model": ["history", "model-0003"],
    "history --json": ["history", "--json"],
    "status": ["status"],
    "status --at": ["status", "--at", "2025-03-03"],
    "show of a model": ["show", "model-0003"],
    "show of a version": ["show", "model-0003@1.3.0"],
    "compare": ["compare", "model-0003", "1.3.0", "1.9.0"],
    "why": ["why", "model-0003", "production"],
}


def measure(folder: Path) -> list[list[str]]:
    """Return a row for each question: what, the figure, the target, whether it is met."""
    root = pasts.long(folder / "root", MODELS, VERSIONS, MOVES)
    start = _least(PYTHON, root).processor
    return [_row(what, _least([*verb(words[0]), *words[1:]], root), start) for what, words in ASKED.items()]


def _least(command: list[str], root: Path) -> pairs.Cost:
    return min((pairs.cost(command, root) for _ in range(pairs.ROUNDS)), key=lambda cost: cost.processor)


def _row(what: str, cost: pairs.Cost, start: float) -> list[str]:
    took = cost.processor - start
    measured = f"{took * 1000:.0f} ms of processor beyond Python's start, {cost.memory:.0f} MB"
    told = f"{what}, {MODELS} models, {MODELS * VERSIONS} releases, {MOVES} moves"
    is_met = took <= MOST and cost.memory <= MOST_MEMORY
    return [told, measured, f"at most {MOST * 1000:.0f} ms, {MOST_MEMORY} MB", "yes" if is_met else "NO"]
