"""Which files changed below a folder that went through many trees of Git's."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from registry import git

PROCESSES = 2  # in which Git compares trees: that takes most of the time
MANY = 100  # steps
NOTHING = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}  # what Git calls a tree of nothing, by how long its names are


class Change(NamedTuple):
    """What became of a file: another object, or None where it is no file any more."""

    path: str
    blob: str | None


class _Step(NamedTuple):
    place: int
    old: str
    new: str


def changes(root: Path, folder: str, states: Iterable[str], before: str | None = None) -> list[tuple[int, Change]]:
    """Return what became of files below a folder, in order, each with the index of the state that it came with.

    States are the trees of whole commits, the oldest first; `before` is that before them, None where there was nothing.
    """
    found = _within(root, folder, [*([before] if before else []), *states])
    steps = [*_steps(next(found) if before else None, found)]
    if not steps:
        return []
    told = _compared_at_once(root, steps) if len(steps) > MANY else [(steps, _compared(root, steps))]
    return [one for some, words in told for one in _read(folder, some, words)]


def _compared_at_once(root: Path, steps: list[_Step]) -> list[tuple[list[_Step], str]]:
    """Return steps by the process that compared them, and what it told."""
    from concurrent.futures import ThreadPoolExecutor  # slow to import, for those who ask about a few

    share = -(-len(steps) // PROCESSES)
    shares = [steps[at : at + share] for at in range(0, len(steps), share)]
    with ThreadPoolExecutor() as pool:
        return [*zip(shares, pool.map(partial(_compared, root), shares), strict=True)]


def _within(root: Path, folder: str, states: Iterable[str]) -> Iterator[str | None]:
    """Yield the tree that a folder is in each of some trees, None where it is none there."""
    asked = "".join([f"{tree}:{folder}\n" for tree in states])
    for line in git.lines(root, "cat-file", "--buffer", "--batch-check=%(objecttype) %(objectname)", given=asked):
        yield line[5:] if line.startswith("tree ") else None


def _steps(last: str | None, found: Iterable[str | None]) -> Iterator[_Step]:
    for place, tree in enumerate(found):
        if tree != last:
            yield _Step(place, last or NOTHING[len(tree)], tree or NOTHING[len(last)])
            last = tree


def _compared(root: Path, steps: list[_Step]) -> str:
    asked = "".join([f"{old} {new}\n" for _, old, new in steps])
    return git.run(root, "diff-tree", "--stdin", "-r", "--no-renames", "-z", given=asked)


def _read(folder: str, steps: list[_Step], told: str) -> Iterator[tuple[int, Change]]:
    """Yield the changes that Git tells of, below a line for each step: `old new`."""
    words, places = iter(told.split("\0")), iter(steps)
    for word in words:
        line, _, facts = word.rpartition("\n")
        if line:
            place = next(places).place
        if facts:
            _, mode, _, blob, _ = facts.split(" ")
            yield place, Change(f"{folder}/{next(words)}", blob if mode.startswith("100") else None)
