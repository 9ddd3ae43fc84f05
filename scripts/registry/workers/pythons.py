"""Environments with the packages that a lock names, made by uv once and kept: the Pythons of worker processes."""

import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from registry import console, files
from registry.errors import refuse

LOCK, WHOLE = "requirements.txt", "whole"  # what an environment is made of, and what is there once all of it is
UNUSED = 90 * 24 * 3600  # seconds after which one is taken away
MOST = 600  # characters of what uv says
INSTALL = ("pip", "install", "--require-hashes", "--verify-hashes", "--only-binary=:all:")  # so nothing of it is run

# All that reaches uv: where things lie, what the network needs, and which index packages come from. No token does.
PASSED_ON = {"PATH", "HOME", "TMPDIR", "NETRC", "SSL_CERT_FILE", "SSL_CERT_DIR"}
BEGINNINGS, ENDINGS = ("UV_", "XDG_"), "_PROXY"


def made(lock: bytes, place: str, kept: Path) -> Path:
    """Return the Python of an environment that holds what a lock names, and nothing else; make it where there is none.

    It lies in the folder `kept`, below the digest of the lock and of this Python; `place` is the lock's file as people
    know it. Raises RegistryError when it can't be made.
    """
    folder = kept.absolute() / _digest(lock)
    whole = folder / WHOLE
    with _alone(folder, place) as held:
        if not whole.exists():
            _prune(folder.parent)
            _make(lock, place, folder, held)
        whole.touch()
    return folder / "bin/python"


def _digest(lock: bytes) -> str:
    return hashlib.sha256(b"\n".join([lock, sys.version.encode(), sys.base_prefix.encode()])).hexdigest()


@contextmanager
def _alone(folder: Path, place: str) -> Iterator[int]:
    """Hold the lock of an environment, and yield its file; the system frees it when all that have it open have ended."""
    files.make_folder(folder.parent)
    with folder.with_suffix(".lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.say(f"  waiting for another process, which makes the environment of {place}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _prune(kept: Path) -> None:
    """Take away what nobody used for long."""
    for whole in kept.glob(f"*/{WHOLE}"):
        if time.time() - whole.stat().st_mtime > UNUSED:
            whole.unlink()  # first: whoever comes now makes it again
            files.remove(whole.parent)


def _make(lock: bytes, place: str, folder: Path, held: int) -> None:
    start = time.monotonic()
    files.remove(folder)
    try:
        with console.working(f"making the environment of {place}"):
            _uv(place, held, folder, "venv", "--no-project", f"--python={sys.executable}", str(folder))
            (folder / LOCK).write_bytes(lock)
            _uv(place, held, folder, *INSTALL, f"--python={folder / 'bin/python'}", f"--requirement={folder / LOCK}")
    except BaseException:
        files.remove(folder)
        raise
    console.say(f"  made the environment of {place} in {time.monotonic() - start:.0f} s: {folder}")


def _uv(place: str, held: int, folder: Path, *words: str) -> None:
    """Run uv away from the repository, whose settings it would read; it holds the lock, too, should it outlive this."""
    if not importlib.util.find_spec("uv"):
        raise ModuleNotFoundError(name="uv")
    variables = {name: value for name, value in os.environ.items() if _is_passed(name)}
    command = [sys.executable, "-m", "uv", "--quiet", *words]
    done = subprocess.run(command, cwd=folder.parent, env=variables, pass_fds=(held,), capture_output=True, text=True)
    if done.returncode:
        said = " ".join(done.stderr.replace(f"{folder}/", "").split())[:MOST]
        raise refuse(place, f"can't be installed: {said}")


def _is_passed(name: str) -> bool:
    return name in PASSED_ON or name.startswith(BEGINNINGS) or name.upper().endswith(ENDINGS)
