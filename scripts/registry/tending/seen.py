"""What an agent has seen of main, kept where a kill or a restart finds it: in the clone's own folder of Git."""

import json
import re
from pathlib import Path

from registry import files, git
from registry.errors import refuse

COMMIT = re.compile("[0-9a-f]{40}([0-9a-f]{24})?")
BEGIN_ANEW = "to follow from what is checked out here, once you know that it is right, take that file away"


def place(root: Path, environment: str) -> Path:
    """Return the folder that the agent of an environment keeps its own in."""
    return git.shared(root) / "agent" / environment


def load(folder: Path) -> str | None:
    """Return the commit of main that was followed last, or None; raise RegistryError where that can't be told."""
    return _read(folder / "followed.json")


def store(folder: Path, commit: str) -> None:
    """Keep the commit that is followed, so that a power cut finds it or the one before."""
    files.write(folder / "followed.json", _text(commit))


def accepted(folder: Path) -> str | None:
    """Return the commit that a person wants to be followed whatever came before, or None."""
    return _read(folder / "accepted.json")


def accept(folder: Path, commit: str | None) -> None:
    """Keep that, or forget it."""
    if commit is None:
        (folder / "accepted.json").unlink(missing_ok=True)
    else:
        files.write(folder / "accepted.json", _text(commit))


def _text(commit: str) -> str:
    return f"{json.dumps({'commit': commit})}\n"


def _read(file: Path) -> str | None:
    try:
        commit = json.loads(file.read_bytes())["commit"]
        if COMMIT.fullmatch(commit):
            return commit
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        pass
    raise refuse(str(file), f"is damaged, so nothing is followed; {BEGIN_ANEW}")
