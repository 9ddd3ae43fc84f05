"""Files written so that a killed process leaves nothing half-done.

What only some verbs need is imported where it is used: most read a file's digest and nothing more.
"""

import errno
import fcntl
import glob
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from registry.errors import refuse

FULL = (errno.ENOSPC, errno.EDQUOT)  # what a disk says that has no room left
ROOM = 2**20  # bytes: with less a disk counts as full
READABLE, READABLE_FOLDER = 0o644, 0o755  # for everybody: what deploy writes is served by another user


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Name the file that was being written in an error that names none, such as that of a full disk, or one beside it."""
    try:
        yield
    except OSError as error:
        if not error.filename or Path(error.filename).name.startswith(_beside(path)):
            error.filename = str(path)
        raise


def _beside(path: Path) -> str:
    """Return how the names of files begin that are to take the place of another."""
    return f".{path.name}."


def check_room(folder: Path) -> None:
    """Raise OSError where the disk of a folder is full: a process that can't write can't tell, either."""
    import tempfile

    with named(folder), tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(ROOM))
        file.flush()


@contextmanager
def replacing(path: Path, *, is_lasting: bool = True) -> Iterator[Path]:
    """Yield a file beside `path`: it takes its place in one step when the block ends well, and goes when it doesn't.

    What need not last may be lost, or be half of itself, after a power cut.
    """
    import tempfile

    make_folder(path.parent)
    _sweep(path)
    with named(path):
        descriptor, name = tempfile.mkstemp(prefix=_beside(path), suffix=".new", dir=path.parent)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.fchmod(descriptor, READABLE)
            yield Path(name)
            if is_lasting:
                os.fsync(descriptor)
            os.replace(name, path)
            if is_lasting:
                sync_folder(path.parent)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)


def _sweep(path: Path) -> None:
    """Take away what killed processes left beside a file; what a living one writes is locked by it."""
    for left in path.parent.glob(f"{glob.escape(_beside(path))}*.new"):
        with suppress(OSError), left.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


def forget(path: Path) -> None:
    """Take a file away that is written in one step, with what killed processes left beside it."""
    _sweep(path)
    path.unlink(missing_ok=True)


def write(path: Path, text: str) -> None:
    """Write a text file in one step."""
    with replacing(path) as temporary:
        temporary.write_text(text, "utf-8")


@contextmanager
def lock(path: Path, doing: str, advice: str = "wait until it is done") -> Iterator[None]:
    """Hold a lock while the block runs; raise RegistryError, saying what is being done, when another process has it.

    The system frees it when the process ends, however it ends.
    """
    make_folder(path.parent)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise refuse(str(path), f"{doing} by another process; {advice}") from error
        yield


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    _sync(folder)


def _sync(path: Path | str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Make a folder with all that is in it survive a power cut."""
    for path, _, names in os.walk(folder):
        for name in (*names, "."):
            _sync(os.path.join(path, name))


def copy(source: Path, path: Path) -> None:
    """Copy a file's content to a new file."""
    import shutil

    with named(path), source.open("rb") as read, path.open("wb") as written:
        shutil.copyfileobj(read, written)


def put_folder(new: Path, place: Path) -> None:
    """Put a folder into a place in one step; what lay there lies where `new` was, for the caller to take away."""
    from registry.swap import swap

    sync_tree(new)
    if os.path.lexists(place):
        swap(new, place)
    else:
        new.rename(place)
    sync_folder(place.parent)


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, that everybody may read whatever the umask is; what is there stays as it is.

    Raises RegistryError where a link leads nowhere.
    """
    missing = [one for one in (path, *path.parents) if not one.exists()]
    for one in missing:
        check_link(one)
    path.mkdir(parents=True, exist_ok=True)
    for one in missing:
        one.chmod(READABLE_FOLDER)


def check_link(path: Path) -> None:
    """Raise RegistryError when a path is a link that leads nowhere."""
    if path.is_symlink() and not path.exists():
        text = f"is a link to {os.readlink(path)}, which is not there; make that folder, or take the link away"
        raise refuse(str(path), text)


@contextmanager
def readable() -> Iterator[None]:
    """Let everybody read, and only the owner write, what is made while the block runs, whatever the umask is."""
    before = os.umask(0o777 & ~READABLE_FOLDER)
    try:
        yield
    finally:
        os.umask(before)


def make_readable(folder: Path) -> None:
    """Let everybody read a folder with all that is in it, whatever the umask was when it was made."""
    for path, _, names in os.walk(folder):
        os.chmod(path, READABLE_FOLDER)
        for name in names:
            os.chmod(os.path.join(path, name), READABLE)


def remove(path: Path) -> None:
    """Take a file, or a folder with all that is in it, away; one that is not there is fine."""
    import shutil

    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """Yield a folder that is empty when the block begins, whatever a killed process left in it, and goes when it ends."""
    remove(folder)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        remove(folder)
