"""A cheap look at a folder: what tells its files from any that somebody wrote since, without reading them.

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

MOMENT = 2 * 10**9  # nanoseconds in which a clock of a file system may stand still

CHANGED = 6  # where that stands in what tells an inode
Identity = tuple[int, int, int, int, int, int, int]


@dataclass(frozen=True)
class Glance:
    """What lies below a folder, by path; `is_old` says that nothing of it changed within the last moment."""

    found: dict[str, Identity]
    is_old: bool

    def same(self, before: "Glance | None") -> bool:
        """Say whether nothing was changed since an earlier look, after which all was read."""
        return before is not None and before.is_old and self.found == before.found


def take(folder: Path) -> Glance:
    """Return what lies below a folder, nothing where it is not there."""
    now = time.time_ns()
    found = dict(_below(str(folder)))
    return Glance(found, all(abs(now - one[CHANGED]) > MOMENT for one in found.values()))


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
