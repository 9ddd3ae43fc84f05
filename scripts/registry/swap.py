"""Two names that change places in one step: the rename that Python's library lacks."""

import ctypes
import errno
import os
import sys
from pathlib import Path

HERE = -100  # AT_FDCWD: paths count from the current directory
EXCHANGE = 2  # RENAME_EXCHANGE on Linux, RENAME_SWAP on macOS
UNKNOWN = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}


def swap(one: Path, other: Path) -> None:
    """Let two files or folders change places, in one step where the file system can."""
    if not _exchanged(os.fsencode(one), os.fsencode(other)):
        swap_by_renames(one, other)


def swap_by_renames(one: Path, other: Path) -> None:
    """Let two files or folders change places in three steps; for a moment nothing lies at `other`."""
    aside = one.with_name(f"{one.name}.aside")
    other.rename(aside)
    one.rename(other)
    aside.rename(one)


def _exchanged(one: bytes, other: bytes) -> bool:
    """Say whether the system did it; False when it or the file system doesn't know how."""
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        if sys.platform == "darwin":
            failed = libc.renamex_np(one, other, EXCHANGE)
        else:
            failed = libc.renameat2(HERE, one, HERE, other, EXCHANGE)
    except AttributeError:
        return False
    number = ctypes.get_errno()
    if failed and number not in UNKNOWN:
        raise OSError(number, os.strerror(number), os.fsdecode(other))
    return not failed
