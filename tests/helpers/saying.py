"""What verbs say in forks, and that a refusal leaves all as it is; what to name of a repository with digits 1.0.0."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

import deploy
import forks

from registry import console

TARGET = "deployments/staging/digits"
RELEASE = "releases/digits@v1.0.0"
STAYING = ".lock", ".owner.json"
DEPLOY = deploy, "staging", "--apply"


def say(root: Path, verb: ModuleType, *words: str, code: int = 0, first: Callable[[], object] = int) -> str:
    """Run a verb, which must end with `code`; return what it said, without the count of problems."""
    found, said = forks.run(root, partial(console.run, verb.main), *words, first=first)
    assert (found, "Traceback" in said) == (code, False), said
    return said.removesuffix("1 problem\n")


def refused(root: Path, verb: ModuleType, *words: str, first: Callable[[], object] = int) -> str:
    """Run a verb, which must refuse and leave all as it is; return its one line."""
    before = tree(root)
    said = say(root, verb, *words, code=1, first=first)
    assert tree(root) == before
    return said.splitlines()[-1]


def tree(root: Path) -> dict[str, bytes]:
    """Return every file but Git's, and those that stay where a target was used: locks and owners' records."""
    found = [path for path in root.rglob("*") if path.is_file() and ".git" not in path.relative_to(root).parts]
    return {str(path): path.read_bytes() for path in found if path.suffix != ".lock" and path.name not in STAYING}
