"""A checkout of its own beside a repository's, where an upgrade is made and tried before anybody sees it."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from registry import console, files, git
from registry.errors import refuse
from registry.github import access
from registry.upgrading import merging

PREFIX = "registry-upgrade-"
# what tox tells what it runs would make another tox use the same folders, and wait for the same lock for ever
OUTER = ("TOX_", "VIRTUAL_ENV", "PYTHONPATH")
SECRET = (*access.TOKENS, "GIT_ASKPASS", "GIT_PASSWORD")


@contextmanager
def checkout(root: Path) -> Iterator[Path]:
    """Yield a folder with what the checked-out commit holds, which goes when the block ends.

    So does what a killed process left; raises RegistryError while another process works in one.
    """
    with files.lock(git.shared(root) / "upgrade.lock", "an upgrade is made"):
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        try:
            words = ("worktree", "add", "--quiet", "--detach", str(folder), "HEAD")
            git.run(root, *words, within=git.settings(merging.SETTINGS))
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


def run(log: Path, folder: Path, words: list[str], advice: str) -> list[str]:
    """Run one of tox's environments in a checkout; return the lines that it says, or raise RegistryError with some advice.

    They lie in a log. What is tried came from elsewhere, and gets no token or password.
    """
    own = {key: value for key, value in os.environ.items() if not key.startswith(OUTER) and key not in SECRET}
    command = ["tox", "run", "-e", *words]
    with console.working(" ".join(command)), log.open("wb") as file:
        try:
            process = subprocess.Popen(command, cwd=folder, env=own, stdin=subprocess.DEVNULL, stdout=file,
                                       stderr=subprocess.STDOUT, process_group=0)  # fmt: skip
        except FileNotFoundError as error:
            raise refuse(
                "tox", "is not on the path, and tries what is new; put the folder that it lies in there"
            ) from error
        _wait(process)
    if process.returncode:
        console.quote(log)
        raise refuse(" ".join(command), f"fails with the newer version, and {log} has all it said; {advice}")
    return log.read_text("utf-8", "replace").splitlines()


def _wait(process: subprocess.Popen) -> None:
    """Wait for a process; where this one is stopped first, end it with all that it started."""
    try:
        process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
