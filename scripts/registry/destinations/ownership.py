"""Whose a target is: the record in it of an environment and its repository, and of the models that it put there.

What an earlier deploy left there, which recorded no owner, is found by the releases that it is of.
"""

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from registry import files, git, versions
from registry.destinations import unpacked
from registry.errors import Problem, one_line, refuse
from registry.releases import ledger
from registry.releases.ledger import Releases

RECORD = ".owner.json"
UNFINISHED = re.compile(r"\.lock|\.\.owner\.json\..*\.new")  # all that a deploy leaves that is killed before its record
OWN = re.compile(r"\d+|deployed\.json|\.deployed\.json\..*\.new")  # what an earlier deploy put into a model's folder
SERVER = re.compile(r"[a-z+]+://[^/]*/?|[^/:]+:")  # what stands before the path in a repository's address


@dataclass(frozen=True)
class Owner:
    """An environment of a repository: told by its first commit, which all clones have and no renaming changes."""

    environment: str
    repository: str


@dataclass(frozen=True)
class Record:
    """What a target says of itself: its owner, the models that were put there for it, and the repository's name."""

    owner: Owner
    models: frozenset[str]
    name: str = field(default="", compare=False)


def identify(root: Path, environment: str) -> Owner:
    """Return the owner that an environment of a repository is; raise RegistryError where its history isn't all here."""
    return Owner(environment, git.first_commit(root))


def name(root: Path) -> str:
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
        owner, models = Owner(facts["environment"], facts["repository"]), frozenset(facts["models"])
        words = (owner.environment, owner.repository, facts["name"])
        if all(isinstance(word, str) for word in words) and all(map(versions.NAME.fullmatch, models)):
            return Record(owner, models, facts["name"])
    except (IsADirectoryError, ValueError, LookupError, TypeError, RecursionError):
        pass
    text = "is damaged, so nothing here is touched; put it back, or write another target.path"
    raise refuse(str(path / RECORD), text)


def write(path: Path, record: Record) -> None:
    """Write a target's record in one step."""
    facts = vars(record.owner) | {"name": record.name, "models": sorted(record.models)}
    files.write(path / RECORD, f"{json.dumps(facts, indent=2, sort_keys=True)}\n")


def unowned(path: Path, environment: str) -> Problem | None:
    """Say why a target without a record can't become an environment's; None for an empty or missing one."""
    names = contents(path)
    text = f"is not empty and has no owner ({told(names)}), so nothing in it is touched; write another target.path"
    adopt = f"`tox run -e deploy -- {environment} --adopt` shows what an earlier deploy left there"
    return Problem(str(path), 0, "", f"{text}, or take it over: {adopt}") if names else None


def foreign(path: Path, found: Record, wanted: Owner) -> Problem | None:
    """Say whose a target is where that is not the wanted owner."""
    environment, repository, called = map(one_line, (found.owner.environment, found.owner.repository, found.name))
    whose = f"{environment} of {called}, whose first commit is {repository}"
    own = f"{wanted.environment} of the repository whose first commit is {wanted.repository}"
    text = f"belongs to {whose}, not to {own}; write another target.path"
    return Problem(str(path), 0, "", text) if found.owner != wanted else None


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


def left(path: Path, known: Releases) -> dict[str, str]:
    """Return the models in a target without an owner that deploy may take over: model -> version.

    These are folders with versions, and a record of a release of this repository, which an earlier deploy wrote; not
    what holds anything else. Raises RegistryError where something lies there, and none of it is such a folder.
    """
    names = contents(path)
    if not names or read(path):
        return {}
    found = {name: _recorded(path / name, name, known) for name in names}
    models = {name: version for name, version in found.items() if version}
    if not models:
        text = f"holds nothing of a release of this repository ({told(names)}), so nothing is taken over"
        raise refuse(str(path), f"{text}; write another target.path, or move away what lies there")
    return models


def _recorded(folder: Path, model: str, known: Releases) -> str | None:
    """Return the version that a model's folder has a record of, where that is a release, else None."""
    try:
        if folder.is_symlink() or not all(map(OWN.fullmatch, os.listdir(folder))):
            return None
        facts = json.loads((folder / unpacked.RECORD).read_bytes())
        release = ledger.find(known.get(model, []), facts["version"])
        return release.version if release and release.sha256 == facts["sha256"] else None
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
