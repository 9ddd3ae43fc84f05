"""What commits of main did, by first parent: each brings all that its branch came to at once."""

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from registry import git
from registry.commits.trees import Change

FIELDS = "%ct%x00%aN%x00%aE%x00%s%x00%b%x00"
CHANGES = (
    "--stdin", "--always", "--root", "--diff-merges=first-parent", "-r", "--no-renames", "-z", "--encoding=UTF-8",
    f"--format=%H%x00{FIELDS}",
)  # fmt: skip


class Commit(NamedTuple):
    """A commit: when it was made, in seconds, by whom, as the repository's mailmap calls them, and what it did.

    One that has no date that Git can read, such as one before 1970, was made in second 0.
    `subject` is the first line of its message, `body` the rest.
    """

    sha: str
    time: int
    name: str
    email: str
    subject: str
    body: str
    changes: Sequence[Change] = ()


def main(root: Path, revision: str, most: int = -1) -> tuple[list[Commit], list[str]]:
    """Return the last commits that led to one, or all, the oldest first, without what they changed; and the tree of each."""
    told = ("--first-parent", "--encoding=UTF-8", f"--format=%T%x00{FIELDS}")
    words = git.run(root, "rev-list", *told, f"--max-count={most}", revision, "--").split("\0")[:-1][::-1]
    bodies, subjects, emails, names, times, heads = (words[at::6] for at in range(6))
    shas, folders = zip(*(head.split()[1:] for head in heads), strict=True)  # `commit`, its name, its tree
    return [*map(Commit, shas, map(_second, times), names, emails, subjects, bodies)], [*folders]


def last_change(root: Path, path: str, revision: str = "HEAD") -> str:
    """Return the last commit of main that changed what is at a path: a merge for what it brought."""
    return git.run(root, "rev-list", "--first-parent", "--max-count=1", revision, "--", path).strip()


def history(root: Path, path: str, revision: str = "HEAD") -> dict[str, list[tuple[str, bytes | None]]]:
    """Return what main went through, newest first, of each file at or below a path: commit and content.

    The content is None where the file went.
    """
    if git.resolve(root, revision) is None:
        return {}
    found = [(commit.sha, *change) for commit in past(root, revision, path) for change in commit.changes]
    contents = git.each(root, [blob for _, _, blob in found if blob])
    states: dict[str, list[tuple[str, bytes | None]]] = {}
    for commit, file, blob in found:
        states.setdefault(file, []).append((commit, next(contents) if blob else None))
    return states


def past(root: Path, revision: str, path: str, *, most: int = -1, is_whole: bool = False) -> list[Commit]:
    """Return the last commits that changed what is at or below a path, or the whole of them, newest first.

    Changes are those below the path.
    """
    only = [] if is_whole else [path]
    listed = git.run(root, "rev-list", "--first-parent", f"--max-count={most}", revision, "--", *only)
    words = iter(git.run(root, "diff-tree", *CHANGES, "--", path, given=listed).split("\0"))
    found: list[Commit] = []
    for word in words:
        if word[:1] in (":", "\n"):
            _, mode, _, blob, _ = word.split()
            found[-1].changes.append(Change(next(words), blob if mode.startswith("100") else None))
        elif word:
            found.append(Commit(word, _second(next(words)), *islice(words, 4), []))
    return found


def _second(told: str) -> int:
    return int(told or 0)


def line_counts(root: Path, old: str, new: str, path: str) -> Iterator[tuple[str, int | None, int | None]]:
    """Yield the files below a path that differ between two commits: lines that came and went, None of what is no text."""
    plain = ("--no-renames", "--no-ext-diff", "--no-textconv", "-r", "-z")
    for line in git.run(root, "diff-tree", "--numstat", *plain, old, new, "--", path).split("\0")[:-1]:
        added, removed, file = line.split("\t", 2)
        yield file, *(None if count == "-" else int(count) for count in (added, removed))


def arrival(root: Path, commit: str, revision: str = "HEAD") -> int:
    """Return when a commit of main, as far as a revision has it, arrived, in seconds: as `arrivals` has it, or now."""
    told = git.lines(root, "rev-list", "--first-parent", "--timestamp", "--reverse", revision)
    listed = [line.split() for line in told]
    found = zip((sha for _, sha in listed), arrivals(int(date) for date, _ in listed), strict=True)
    return min(dict(found)[commit], int(time.time()))


def arrivals(dates: Iterable[int], latest: int = 0) -> Iterator[int]:
    """Yield when commits that stand on each other arrived: whatever their own dates say, not before what they stand on.

    What the first of them stands on arrived at `latest`. A date that is still to come, of a clock that is ahead, tells
    nothing: such a commit came no later than what stands on it.
    """
    now, ahead = time.time(), []
    for date in dates:
        if date > now:
            ahead.append(date)
            continue
        latest = max(latest, date)
        yield from [latest] * len(ahead)
        ahead.clear()
        yield latest
    yield from ahead
