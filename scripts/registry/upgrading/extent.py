"""Which files are the template's and which a team's, their digest, and which commit of the template is nearest. Pure."""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import NamedTuple

RECORD = ".github/template.json"
# Models, environments and pins; the pages beside them are the template's.
TEAMS = re.compile(r"(?:models|environments)/[^/]+/.*|environments/[^/]+\.ya?ml", re.DOTALL)
# a team that changed one has its own, once and for all
FRONT = re.compile(r"LICENSE|README\.md|\.github/pictures/[^/]+")


class Entry(NamedTuple):
    """A file of a tree: its mode and its blob, as Git has them."""

    mode: str
    blob: str


Tree = Mapping[str, Entry]  # path from the top -> entry


class Nearest(NamedTuple):
    """A commit of the template: its files of the template, those that a team has to the byte, and those that differ."""

    commit: str
    files: int
    alike: int
    apart: int


def is_teams(path: str) -> bool:
    """Say whether a path is a team's own, which no version of the template changes."""
    return TEAMS.fullmatch(path) is not None


def kept(base: Tree, ours: Tree) -> list[str]:
    """Return the pages at the front and their pictures that a team changed, or took away, since it got them."""
    return [path for path in base if FRONT.fullmatch(path) and ours.get(path) != base[path]]


def merged(before: Tree, ours: Tree, after: Tree, kept: Collection[str]) -> list[str]:
    """Return the template's files that it and the team changed, each in its way: what became of them is Git's merge."""
    return sorted(
        path
        for path in {*before, *after} - {*kept}
        if not is_teams(path) and len({tree.get(path) for tree in (before, ours, after)}) == 3
    )


def overlaid(template: Tree, ours: Tree, kept: Collection[str]) -> dict[str, Entry]:
    """Return the template's files in a version, and everything that is a team's own as that has it."""
    found = {path: entry for path, entry in template.items() if not (is_teams(path) or path in kept)}
    return found | {path: entry for path, entry in ours.items() if is_teams(path) or path in kept}


def digest(tree: Tree, contents: Mapping[str, bytes]) -> str:
    """Return the SHA-256 over the template's files in a tree, but its record: mode, digest and path of each, sorted.

    `contents` has the bytes of each blob.
    """
    lines = (f"{entry.mode} {hashlib.sha256(contents[entry.blob]).hexdigest()} {path}\0"
             for path, entry in sorted(counted(tree).items()))  # fmt: skip
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def counted(tree: Tree) -> dict[str, Entry]:
    """Return the files of a tree that its digest is about."""
    return {path: entry for path, entry in tree.items() if not (is_teams(path) or path == RECORD)}


def nearest(ours: Tree, history: Iterable[tuple[str, Mapping[str, str | None]]]) -> Nearest | None:
    """Return the commit from which a team's files of the template differ least; None where none of them is the same.

    `history` has commits, oldest first, each with the blobs that it changed (None: it took the file away). A file differs
    where its content does, or where only one of both has it; of equal commits the oldest is taken, since what a later one
    did to a file that the team changed is then still to be merged.
    """
    here = {path: entry.blob for path, entry in ours.items()}
    grown = (one for one in _grown(here, history) if one.alike)
    return min(grown, key=attrgetter("apart"), default=None)


def _grown(here: Mapping[str, str], history: Iterable[tuple[str, Mapping[str, str | None]]]) -> Iterator[Nearest]:
    """Yield how near each commit is."""
    state: dict[str, str] = {}
    alike = both = 0
    for commit, changes in history:
        for path, blob in changes.items():
            if is_teams(path):
                continue
            before = state.pop(path, None)
            if blob:
                state[path] = blob
            alike += (blob is not None and here.get(path) == blob) - (before is not None and here.get(path) == before)
            both += ((blob is not None) - (before is not None)) * (path in here)
        yield Nearest(commit, len(state), alike, len(state) + len(here) - both - alike)
