"""A checkout of its own beside a repository's, where an upgrade is made and tried before anybody sees it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from registry import console, files, git
from registry.errors import refuse
from registry.github import access

PREFIX = "registry-upgrade-"
# what tox tells what it runs would make another tox use the same folders, and wait for the same lock for ever
OUTER = ("TOX_", "VIRTUAL_ENV", "PYTHONPATH")


@contextmanager
def checkout(root: Path) -> Iterator[Path]:
    """Yield a folder with what the checked-out commit holds, which goes when the block ends.

    So does what a killed process left; raises RegistryError while another process works in one.
    """
    with files.lock(_place(root) / "upgrade.lock", "an upgrade is made"):
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        try:
            hookless = git.settings({"core.hooksPath": os.devnull})
            git.run(root, "worktree", "add", "--quiet", "--detach", str(folder), "HEAD", within=hookless)
            yield folder
        finally:
            _sweep(root)
            shutil.rmtree(folder, ignore_errors=True)


def _sweep(root: Path) -> None:
    """Take away all checkouts of upgrades: no other process has one while the lock is held."""
    for line in git.lines(root, "worktree", "list", "--porcelain"):
        fact, _, path = line.partition(" ")
        if fact == "worktree" and Path(path).name.startswith(PREFIX):
            git.run(root, "worktree", "remove", "--force", "--force", path)


def run(root: Path, folder: Path, name: str) -> list[str]:
    """Run one of tox's environments in a checkout; return the lines that it says, and raise RegistryError where it fails.

    They lie in a log in the repository's own folder of Git. What is tried came from elsewhere, and gets no token for GitHub.
    """
    log = _place(root) / "upgrade.log"
    own = {key: value for key, value in os.environ.items() if not key.startswith(OUTER) and key not in access.TOKENS}
    with console.working(f"tox run -e {name}"), log.open("wb") as file:
        try:
            done = subprocess.run(["tox", "run", "-e", name], cwd=folder, env=own, stdin=subprocess.DEVNULL, stdout=file,
                                  stderr=subprocess.STDOUT)  # fmt: skip
        except FileNotFoundError as error:
            raise refuse(
                "tox", "is not on the path, and tries what is new; put the folder that it lies in there"
            ) from error
    if done.returncode:
        console.quote(log)
        raise refuse(f"tox run -e {name}", f"fails with the newer version, so nothing is proposed; all it said: {log}")
    return log.read_text("utf-8", "replace").splitlines()


def _place(root: Path) -> Path:
    """Return the repository's own folder, which all of its checkouts share."""
    return root / git.run(root, "rev-parse", "--git-common-dir").strip()
