"""Which files changed below a folder that went through many trees of Git's."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from registry import git

PROCESSES = 2  # in which Git compares trees: that takes most of the time
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


def changes(root: Path, folder: str, states: Iterable[str]) -> list[tuple[int, Change]]:
    """Return what became of files below a folder, in order, each with the index of the state that it came with.

    States are the trees of whole commits, the oldest first; before them there was nothing.
    """
    steps = [*_steps(_within(root, folder, states))]
    share = max(1, -(-len(steps) // PROCESSES))
    shares = [steps[at : at + share] for at in range(0, len(steps), share)]
    with ThreadPoolExecutor() as pool:
        told = pool.map(partial(_compared, root), shares)
        return [one for some, words in zip(shares, told, strict=True) for one in _read(folder, some, words)]


def _within(root: Path, folder: str, states: Iterable[str]) -> Iterator[str | None]:
    """Yield the tree that a folder is in each of some trees, None where it is none there."""
    asked = "".join([f"{tree}:{folder}\n" for tree in states])
    for line in git.lines(root, "cat-file", "--buffer", "--batch-check=%(objecttype) %(objectname)", given=asked):
        yield line[5:] if line.startswith("tree ") else None


def _steps(found: Iterable[str | None]) -> Iterator[_Step]:
    last = None
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
