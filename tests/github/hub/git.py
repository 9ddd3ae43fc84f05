"""A bare repository on disk: the one truth about tags, branches, commits, trees and files."""

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from hub.reading import Reading

ALONE = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
SETTINGS = {
    "http.receivepack": "true",
    "uploadpack.allowAnySHA1InWant": "true",
    "uploadpack.allowFilter": "true",
    "receive.hideRefs": "refs/pull",
    "core.logAllRefUpdates": "false",
    "gc.auto": "0",
    "receive.autogc": "false",
}
FOR_GOOD = ("??/*", "pack/*.pack", "pack/*.idx")  # files of objects, which are never changed; an index after its pack
NOBODY = "0" * 40


class GitError(Exception):
    """Git refused."""


class Git:
    """A bare repository; what it is asked becomes Git commands."""

    def __init__(self, path: Path, default_branch: str = "main") -> None:
        self.path = path
        if not path.exists():
            shutil.copytree(_empty(default_branch), path)
        self._environment = environment()
        self._reading = Reading(path, self._environment)

    def raw(self, *words: str, given: bytes | None = None, **more: str) -> bytes:
        """Return what a Git command prints; raise GitError when it fails. `more` goes into its environment."""
        command = ["git", f"--git-dir={self.path}", *words]
        done = subprocess.run(command, input=given, capture_output=True, env=self._environment | more)
        if done.returncode:
            raise GitError(done.stderr.decode(errors="replace").strip() or f"git {words[0]} failed")
        return done.stdout

    def text(self, *words: str, given: bytes | None = None, **more: str) -> str:
        return self.raw(*words, given=given, **more).decode(errors="replace").rstrip("\n")

    def lines(self, *words: str) -> list[str]:
        return self.text(*words).splitlines()

    def find(self, name: str) -> tuple[str, str, int] | None:
        """Return the object that a name stands for, its type and its size, or None."""
        return self._reading.find(name)

    def resolve(self, revision: str, kind: str = "commit") -> str | None:
        """Return the object a revision names, peeled to `kind` (empty: not peeled), or None."""
        found = self.find(f"{revision}^{{{kind}}}" if kind else revision)
        return found and found[0]

    def ref(self, name: str) -> tuple[str, str] | None:
        """Return the object that a reference, by its whole name, stands for, and its type; or None."""
        found = self.find(name) if name.startswith("refs/") else None
        return found and found[:2]

    def has(self, sha: str, kind: str = "") -> bool:
        """Say whether an object is here, of this type where one is given."""
        found = self.find(sha)
        return found is not None and kind in ("", found[1])

    def write(self, kind: str, content: bytes) -> str:
        """Store an object and return its name."""
        return self.text("hash-object", "-w", "-t", kind, "--stdin", given=content)

    def read(self, sha: str, kind: str) -> bytes:
        found = self._reading.read(f"{sha}^{{{kind}}}")
        if found is None:
            raise GitError(f"{sha} is no {kind}")
        return found

    def tree(self, base: str | None, changes: str) -> str:
        """Return the tree `base` after changes, which are written as for `git update-index --index-info`."""
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
            if base:
                self.text("read-tree", base, **index)
            self.text("update-index", "--index-info", given=changes.encode(), **index)
            return self.text("write-tree", **index)

    def refs(self, prefix: str = "refs/") -> dict[str, tuple[str, str]]:
        """Return references by name: the object and its type."""
        listed = self.lines("for-each-ref", "--format=%(refname) %(objectname) %(objecttype)")
        rows = (line.split(" ") for line in listed if line.startswith(prefix))
        return {name: (sha, kind) for name, sha, kind in rows}

    def take(self, root: Path, branch: str) -> None:
        """Get what a working tree has checked out as a branch, and its tags, as by a push that no rule stops.

        Objects are copied: for a push Git starts half a dozen processes.
        """

        def ask(*words: str) -> str:
            given = {"cwd": root, "env": environment(), "check": True, "stdout": subprocess.PIPE, "text": True}
            return subprocess.run(["git", *words], **given).stdout

        folder, head = ask("rev-parse", "--git-path", "objects", "HEAD").splitlines()
        for theirs in (root / folder, *_borrowed(root / folder)):
            for file in (one for pattern in FOR_GOOD for one in theirs.glob(pattern)):
                place = self.path / "objects" / file.relative_to(theirs)
                if not place.exists():
                    place.parent.mkdir(exist_ok=True)
                    shutil.copyfile(file, place)
        tags = ask("for-each-ref", "--format=update %(refname) %(objectname)", "refs/tags")
        self.text("update-ref", "--stdin", given=f"update refs/heads/{branch} {head}\n{tags}".encode())

    def set_ref(self, name: str, new: str, old: str | None = None) -> None:
        """Move or make a reference; `old` is what it must be now (NOBODY: not there)."""
        self.text("update-ref", name, new, *([old] if old else []))

    def delete_ref(self, *names: str) -> None:
        self.text("update-ref", "--stdin", given="".join(f"delete {name}\n" for name in names).encode())

    def is_ancestor(self, old: str, new: str) -> bool:
        command = ["git", f"--git-dir={self.path}", "merge-base", "--is-ancestor", old, new]
        return subprocess.run(command, capture_output=True, env=self._environment).returncode == 0

    def close(self) -> None:
        """End the process that reads, if one was needed."""
        self._reading.close()


@cache
def _empty(default_branch: str) -> Path:
    """Return a repository without anything, which this process copies."""
    path = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, path)
    words = "--quiet", "--bare", "--template=", f"--initial-branch={default_branch}"
    subprocess.run(["git", "init", *words, str(path)], check=True, env=environment())
    with (path / "config").open("a") as file:
        for name, value in SETTINGS.items():
            section, key = name.split(".")
            file.write(f"[{section}]\n\t{key} = {value}\n")
    return path


def _borrowed(objects: Path) -> list[Path]:
    """Return the folders of other repositories in which a repository looks for objects, too."""
    told = objects / "info/alternates"
    return [*map(Path, told.read_text().splitlines())] if told.exists() else []


def environment() -> dict[str, str]:
    """Return an environment in which Git knows no one's settings."""
    return {key: value for key, value in os.environ.items() if not key.startswith("GIT_")} | ALONE
