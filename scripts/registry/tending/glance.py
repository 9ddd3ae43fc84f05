"""A cheap look at models' folders: what tells their files from any that somebody wrote since, without reading them.

Nobody but root can set when the system last changed an inode, so a file that was written, moved or replaced tells
itself. What it can't tell are bytes that a disk lost, and a change within the moment in which the look was taken: so
one that is younger than that counts for nothing.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from registry.destinations import unpacked
from registry.environments.reconcile import Running

LONGEST = 3600.0  # seconds after which all files are read again
MOMENT = 2 * 10**9  # nanoseconds in which a clock of a file system may stand still

CHANGED = 6  # where that stands in what tells an inode
Identity = tuple[int, int, int, int, int, int, int]


@dataclass(frozen=True)
class Seen:
    """How a model's folder looked when all its files were read, when that was, and what it held."""

    look: dict[str, Identity]
    at: float
    running: Running


class Observer:
    """Tells what models' folders hold, as deploy does, and reads only those whose look is another than before.

    After `LONGEST` all is read again, whatever it looks like.
    """

    def __init__(self) -> None:
        self._seen: dict[Path, Seen] = {}

    def __call__(self, folder: Path) -> Running:
        """Return what a model's folder holds."""
        look, now, before = _take(folder), time.monotonic(), self._seen.get(folder)
        if before and before.look == look and now - before.at < LONGEST:
            return before.running
        found = unpacked.observe(folder)
        if _is_old(look):
            self._seen[folder] = Seen(look, now, found)
        else:
            self._seen.pop(folder, None)
        return found


def _take(folder: Path) -> dict[str, Identity]:
    """Return what lies below a folder, by path, and tells it from all that may lie there later."""
    return {str(folder): _identity(os.lstat(folder)), **dict(_below(str(folder)))}


def _is_old(look: dict[str, Identity]) -> bool:
    """Say whether nothing of what lies there changed within the last moment, in which it may change again unseen."""
    now = time.time_ns()
    return all(abs(now - one[CHANGED]) > MOMENT for one in look.values())


def _below(folder: str) -> Iterator[tuple[str, Identity]]:
    """Yield what lies below a folder; what is gone, or can't be looked at, is not there."""
    with suppress(OSError), os.scandir(folder) as listed:
        for entry in listed:
            with suppress(OSError):
                yield entry.path, _identity(entry.stat(follow_symlinks=False))
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path)


def _identity(state: os.stat_result) -> Identity:
    own = state.st_dev, state.st_ino, state.st_mode, state.st_uid
    return *own, state.st_size, state.st_mtime_ns, state.st_ctime_ns
