"""What Git holds of a model's folder, held against what lies there: what no clone would have as it is here."""

import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from registry import lfs
from registry.errors import Problem
from registry.worktree import LINK, REPOSITORY, Entry, Held

AGAIN = "git -c core.autocrlf=false -c core.eol=lf checkout --"


@dataclass(frozen=True)
class Contents:
    """The code of a model as a commit holds it (name within the folder -> held), and all that Git knows of its folder."""

    place: str
    entries: Mapping[str, Entry]
    code: Mapping[str, Held]

    @property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of what a commit stores of each file of the code."""
        return {name: one.sha256 for name, one in self.code.items()}

    @property
    def unlike(self) -> dict[str, bytes]:
        """What a clone has of the code that lies here with other bytes."""
        return {name: one.cloned for name, one in self.code.items() if one.cloned is not None}

    @property
    def pointers(self) -> list[str]:
        """The code of which only a pointer of Git LFS lies here."""
        return [name for name, one in self.code.items() if one.is_pointer]

    def missing(self) -> list[Problem]:
        """Return of what only a pointer of Git LFS lies here, with what to run."""
        return [pointer(f"{self.place}/{name}") for name in self.pointers]

    def differences(self, folder: Path) -> Iterator[Problem]:
        """Yield what lies here other than a clone has it, with what to run."""
        for name, there in self.unlike.items():
            here = (folder / name).read_bytes() if (folder / name).is_file() else b""
            yield difference(f"{self.place}/{name}", self.entries[name], here, there)


def pointer(path: str) -> Problem:
    """Return what to know of a file of which only a pointer of Git LFS lies here."""
    text = f"is a Git LFS pointer here, not the file; run `{lfs.command([path])}`, as `build` does by itself"
    return Problem(path, 0, "", text)


def difference(path: str, entry: Entry, here: bytes, there: bytes) -> Problem:
    """Return what to know of a file that a clone has with other bytes, and what makes it lie here as it does there."""
    file = shlex.quote(path)
    if entry.hidden:
        text = f"lies here as Git is told not to see ({entry.hidden}), and other than in a clone"
        return Problem(path, 0, "", f"{text}; run `git update-index --no-{entry.hidden} {file}`, then commit it")
    ends = "line ends" if _lines(here) == _lines(there) else "bytes"
    again = f"git add {file} && rm {file} && {AGAIN} {file}"
    return Problem(path, 0, "", f"lies here with other {ends} than in a clone; run `{again}`")


def _lines(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n")


def problems(place: str, folder: str, entries: Mapping[str, Entry]) -> Iterator[Problem]:
    """Yield what of a model's folder no clone can have as a file: links, repositories, names that differ by case."""
    seen: dict[str, str] = {}
    for name, entry in entries.items():
        path = f"{place}/{name}"
        if entry.mode == REPOSITORY:
            text = "is a repository of its own, whose files no clone of this one holds; put the files themselves there"
            yield Problem(path, 0, "", text)
        elif entry.mode == LINK or (entry.is_open and os.path.islink(os.path.join(folder, name))):
            yield Problem(path, 0, "", "is a link; put the file itself there")
        elif (other := seen.setdefault(name.lower(), name)) != name:
            text = f"differs from {other} by case only, and macOS and Windows keep one of them; rename one"
            yield Problem(path, 0, "", text)


def ignored(path: str) -> Problem:
    """Return what is wrong with a file that is there and that Git ignores."""
    file = shlex.quote(path)
    text = f"is ignored by Git (`git check-ignore -v {file}` says why), so no clone has it"
    return Problem(path, 0, "", f"{text}; run `git add --force {file}`")


def kept_by_lfs(path: str, held: Held) -> Problem:
    """Return what is wrong with a file that checks must read, and of which Git holds a pointer only."""
    first = f"run `{lfs.command([path])}`, then " if held.is_pointer else ""
    what = "is a Git LFS pointer" if held.is_pointer else "is kept by Git LFS"
    again = f"git add --renormalize {shlex.quote(path)}"
    text = f"{what}, and checks read this file from Git; {first}take it out of .gitattributes and run `{again}`"
    return Problem(path, 0, "", text)
