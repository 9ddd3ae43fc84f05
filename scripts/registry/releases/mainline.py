"""What main holds: the commits in the default branch's history, as far as a clone has that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from registry import git
from registry.github import access, triggers

USUAL = ("main", "master")
ORIGIN = "refs/remotes/origin/"
REMOTES = ("origin", "upstream")  # where a clone is of a fork, what that was made of is called upstream


@dataclass(frozen=True)
class Mainline:
    """The branches whose history is main's, by their refs, and what they are called together."""

    name: str
    branches: frozenset[str]


def find(root: Path) -> Mainline:
    """Return the default branch as a clone has it: its own and those of its remotes, each of which may be behind.

    One that has it nowhere, such as a clone of one other branch, can't tell: there the history of any branch counts.
    """
    here = git.branches(root)
    for name in _names(root, here):
        places = (f"refs/heads/{name}", *(f"refs/remotes/{remote}/{name}" for remote in REMOTES))
        if found := here.keys() & places:
            return Mainline(name, frozenset(found))
    return Mainline("any branch", frozenset({*here, "HEAD"} if git.head(root) else here))


def default_branch(root: Path) -> str | None:
    """Return the default branch, as the event that started a run or the clone's origin tells it, or None."""
    return _told(git.branches(root))


def _told(here: Mapping[str, str]) -> str | None:
    repository = access.event().get("repository")
    told = repository.get("default_branch") if isinstance(repository, dict) else None
    return told if isinstance(told, str) else here.get(f"{ORIGIN}HEAD", "").removeprefix(ORIGIN) or None


def _names(root: Path, here: Mapping[str, str]) -> Iterator[str]:
    """Yield what the default branch may be called, the likeliest first: a repository without an origin has none."""
    if told := _told(here):
        yield told
    path = root / triggers.RELEASE
    yield from triggers.branches(triggers.RELEASE, path.read_bytes() if path.is_file() else None)
    yield from USUAL
