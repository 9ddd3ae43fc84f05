"""Clones on a serving machine whose agent follows main: what main goes through, and rounds of a real agent."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import forks
from registries import ENVIRONMENT, candidate, commit, git
from servers import ROOT

from registry.releases.folder import FolderStore
from registry.releases.storage import Store
from registry.tending.informing import Informer
from registry.tending.keeper import Agent

PIN = "environments/staging/digits.yaml"


def origin(root: Path, bare: Path) -> Path:
    """Make what a repository holds the origin of it, and of a clone that is returned: that of the serving machine."""
    git(root, "clone", "--quiet", "--bare", str(root), str(bare))
    git(root, "remote", "add", "origin", str(bare))
    git(root, "fetch", "--quiet", "origin")
    clone = bare.with_name("serving")
    git(root, "clone", "--quiet", str(bare), str(clone))
    return clone


def push(root: Path, *words: str) -> str:
    """Commit all there is, push main with its tags, and return the commit."""
    commit(root)
    git(root, "push", "--quiet", *words, "origin", "main", "--tags")
    return git(root, "rev-parse", "HEAD").strip()


def release(root: Path, version: str, filler: int = 0) -> None:
    """Release a version of digits, and commit that."""
    spec = root / "models/digits/model.yaml"
    lines = spec.read_text("utf-8").splitlines()
    spec.write_text("".join(f"version: {version}\n" if one.startswith("version:") else f"{one}\n" for one in lines), "utf-8")
    commit(root)
    candidate(root, filler=filler)
    forks.verb(root, "publish", "digits")


def promote(root: Path, version: str) -> str:
    """Merge a pin of a version into main on origin; return the commit."""
    forks.verb(root, "promote", "digits", "staging", "--version", version)
    return push(root)


class Follower:
    """A real agent of staging in this process, without pauses; `said` is what it says."""

    def __init__(self, clone: Path, store: Path | Store, informer: Informer | None = None, every: float = 0.0) -> None:
        self.said: list[str] = []
        self.clone = clone
        store = FolderStore(clone, store) if isinstance(store, Path) else store
        self.agent = Agent(clone, "staging", every, store, informer, self.said.append)

    def __enter__(self) -> "Follower":
        return self

    def __exit__(self, *_: object) -> None:
        self.agent.leave()

    def round(self) -> list[str]:
        """Make a round; return what is said in it."""
        before = len(self.said)
        self.agent.round()
        return self.said[before:]

    @property
    def running(self) -> list[str]:
        """The versions of digits that a server finds."""
        folder = self.clone / "deployments/staging/digits"
        return sorted(one.name for one in folder.iterdir() if one.name.isdecimal()) if folder.exists() else []


@contextmanager
def running(
    clone: Path, *words: str, script: Path = ROOT / "scripts/agent.py", **more: str
) -> Iterator[tuple[subprocess.Popen, Path]]:
    """Run an agent as a process; yield it with the file of what it says. `more` goes into its environment."""
    log = clone.with_name(f"{clone.name}.log")
    with log.open("w") as stream:
        command = [sys.executable, script, *words, "--every", "1s", "--port", "0"]
        process = subprocess.Popen(command, cwd=clone, env=ENVIRONMENT | more, stdout=stream, stderr=stream)
    try:
        yield process, log
    finally:
        process.kill()
        process.wait()


def copy(root: Path, place: Path) -> Path:
    return Path(shutil.copytree(root, place, symlinks=True))
