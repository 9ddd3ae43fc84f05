"""Whose a target is: the record in it of an environment and its repository, and of the models that it put there."""

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from registry import files, git, versions
from registry.errors import Problem, one_line, refuse

RECORD = ".owner.json"
UNFINISHED = re.compile(r"\.lock|\.\.owner\.json\..*\.new")  # all that a deploy leaves that is killed before its record
SERVER = re.compile(r"[a-z+]+://[^/]*/?|[^/:]+:")  # what stands before the path in a repository's address


@dataclass(frozen=True)
class Owner:
    """An environment of a repository: told by its first commit, which all clones have and no renaming changes."""

    environment: str
    repository: str
    name: str = field(compare=False)  # what people call the repository


@dataclass(frozen=True)
class Record:
    """What a target says of itself: its owner, and the models that were put there for it."""

    owner: Owner
    models: frozenset[str]


def identify(root: Path, environment: str) -> Owner:
    """Return the owner that an environment of a repository is; raise RegistryError where its history isn't all here."""
    return Owner(environment, git.first_commit(root), _name(root))


def _name(root: Path) -> str:
    """Return what people call a repository: owner/name where it was cloned from a server, else its folder's name."""
    address = git.origin(root).removeprefix("file://").rstrip("/").removesuffix(".git")
    server = SERVER.match(address)
    path = address[server.end() :].split("/")[-2:] if server else address.split("/")[-1:]
    return "/".join(path) or root.name


def read(path: Path) -> Record | None:
    """Return a target's record, or None where there is none; raise RegistryError for one that can't be believed."""
    if RECORD not in _names(path):
        return None
    try:
        facts = json.loads((path / RECORD).read_bytes())
        owner, models = Owner(facts["environment"], facts["repository"], facts["name"]), frozenset(facts["models"])
        if all(isinstance(one, str) for one in vars(owner).values()) and all(map(versions.NAME.fullmatch, models)):
            return Record(owner, models)
    except (IsADirectoryError, ValueError, LookupError, TypeError, RecursionError):
        pass
    text = "is damaged, so nothing here is touched; put it back, or write another target.path"
    raise refuse(str(path / RECORD), text)


def claim(path: Path, wanted: Record) -> None:
    """Make a record a target's own, in one step."""
    if read(path) != wanted:
        facts = vars(wanted.owner) | {"models": sorted(wanted.models)}
        files.write(path / RECORD, f"{json.dumps(facts, indent=2, sort_keys=True)}\n")


def unowned(path: Path, environment: str) -> Problem | None:
    """Say why a target without a record can't become an environment's; None for an empty or missing one."""
    names = contents(path)
    text = f"is not empty and has no owner ({told(names)}), so nothing in it is touched; write another target.path"
    adopt = f"`tox run -e deploy -- {environment} --adopt` shows what an earlier deploy left there"
    return Problem(str(path), 0, "", f"{text}, or take it over: {adopt}") if names else None


def foreign(path: Path, found: Owner, wanted: Owner) -> Problem | None:
    """Say whose a target is where that is not the wanted owner."""
    whose = (
        f"{one_line(found.environment)} of {one_line(found.name)}, whose first commit is {one_line(found.repository)}"
    )
    own = f"{wanted.environment} of the repository whose first commit is {wanted.repository}"
    text = f"belongs to {whose}, not to {own}; write another target.path"
    return Problem(str(path), 0, "", text) if found != wanted else None


def contents(path: Path) -> list[str]:
    """Return what lies in a folder, but for what deploy leaves there before its record."""
    return [name for name in _names(path) if not (UNFINISHED.fullmatch(name) and (path / name).is_file())]


def told(names: Iterable[str]) -> str:
    """Return names for a sentence, the first few of many."""
    shown = sorted(names)
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return f"{', '.join(one_line(name) for name in shown[:5])}{more}"


def _names(path: Path) -> list[str]:
    return os.listdir(path) if os.path.isdir(path) else []
