"""A cheap look at models' folders: what tells their files from any that somebody wrote since, without reading them.

Nobody but root can set when the system last changed an inode, so a file that was written, moved or replaced tells
itself. What it can't tell are bytes that a disk lost, and a change within the moment in which the look was taken: so
one that is younger than that counts for nothing.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LONGEST = 3600.0  # seconds after which all files are read again
MOMENT = 2 * 10**9  # nanoseconds in which a clock of a file system may stand still

CHANGED = 6  # where that stands in what tells an inode
Identity = tuple[int, int, int, int, int, int, int]


@dataclass(frozen=True)
class Seen:
    """How a model's folder looked when it was read, when that was, and what that told."""

    look: dict[str, Identity]
    at: float
    told: object


class Memory:
    """Reads only those models' folders whose look is another than before, and knows what the others told.

    After `LONGEST` all are read again, whatever they look like.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[Path, Callable], Seen] = {}

    def __call__(self, folder: Path, read: Callable[..., object], *words: object) -> object:
        """Return what reading a model's folder tells, all that it and its words depend on lying there."""
        place = folder, read
        look, now, before = _take(folder), time.monotonic(), self._seen.get(place)
        if before and before.look == look and now - before.at < LONGEST:
            return before.told
        told = read(*words)
        if _is_old(look):
            self._seen[place] = Seen(look, now, told)
        else:
            self._seen.pop(place, None)
        return told


def _take(folder: Path) -> dict[str, Identity]:
    """Return what lies in a folder, and itself, by path: all that tells it from what may lie there later."""
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
