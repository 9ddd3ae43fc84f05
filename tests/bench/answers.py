"""A thousand models, ten thousand releases, two thousand moves of pins: what answers about them take beyond Python's start."""

from pathlib import Path

import pairs
import pasts
import registries
from scale import PYTHON, verb

from registry.chronicle import cache

MODELS, VERSIONS, MOVES = 1000, 10, 2000
MOST, MOST_MEMORY = 0.5, 150  # seconds, MB
ASKED = {
    "history": ["history"],
    "history of one model": ["history", "model-0003"],
    "history --json": ["history", "--json"],
    "status": ["status"],
    "status --json": ["status", "--json"],
    "status --at": ["status", "--at", "2025-03-03"],
    "show of a model": ["show", "model-0003"],
    "show of a version": ["show", "model-0003@1.3.0"],
    "compare": ["compare", "model-0003", "1.3.0", "1.9.0"],
    "why": ["why", "model-0003", "production"],
}


def measure(folder: Path) -> list[list[str]]:
    """Return a row for each question: what, the figure, the target, whether it is met."""
    root = pasts.long(folder / "root", MODELS, VERSIONS, MOVES)
    start = pairs.least_of(PYTHON, root)
    first = pairs.least_of(verb("history"), root, without=root / ".git" / cache.FILE)
    rows = [_row("history, asked for the first time", first, start)]
    rows += [_row(what, pairs.least_of([*verb(words[0]), *words[1:]], root), start) for what, words in ASKED.items()]
    _go_on(root)
    more = {f"{what}, after a merge and a release": ASKED[what] for what in ("history", "status", "show of a model")}
    return rows + [_row(what, pairs.least_of([*verb(words[0]), *words[1:]], root), start) for what, words in more.items()]


def _go_on(root: Path) -> None:
    """Move a pin on main, and release a version."""
    for path, text in pasts.pin("production", "model-0003", "1.9.0").items():
        (root / path).write_text(text)
    registries.commit(root)
    message = registries.git(root, "tag", "--list", "--format=%(contents)", "model-0003@v1.9.0").rstrip()
    registries.git(root, "tag", "--annotate", f"--message={message}", "model-0003@v1.10.0")


def _row(what: str, cost: pairs.Cost, start: pairs.Cost) -> list[str]:
    told = f"{what}, {MODELS} models, {MODELS * VERSIONS} releases, {MOVES} moves"
    is_met = cost.seconds - start.seconds <= MOST and cost.memory <= MOST_MEMORY
    return [told, pairs.beyond(cost, start), f"at most {MOST} s, {MOST_MEMORY} MB", "yes" if is_met else "NO"]
