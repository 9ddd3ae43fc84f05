"""Where a target may be: not among what belongs to the system, to a person or to Git, nor where others may write."""

import os
import shlex
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from registry import git
from registry.errors import Problem

OURS = "deployments"  # of a repository's folders the one that targets may be in
OWN = (".git", ".github", "environments", "models", "requirements", "scripts", "tests")  # folders that no target may be
SYSTEM = (
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/run", "/sbin", "/snap", "/sys",
    "/usr", "/var/backups", "/var/cache", "/var/db", "/var/lock", "/var/log", "/var/mail", "/var/run", "/var/spool",
    "/Applications", "/Library", "/System", "/cores", "/private/etc",
)  # fmt: skip
ABOVE = (
    "/", "/dev/shm", "/home", "/media", "/mnt", "/opt", "/private", "/private/tmp", "/private/var", "/srv", "/tmp",
    "/var", "/var/lib", "/var/local", "/var/opt", "/var/tmp", "/Users", "/Volumes",
)  # fmt: skip
HOMES = ("/home", "/Users")
BARE = ("HEAD", "objects", "refs")  # what a repository without a work tree has
OTHERS = stat.S_IWGRP | stat.S_IWOTH


def fault(root: Path, path: Path) -> str | None:
    """Say why no target of a repository may be at a path, and what to do, or return None."""
    place, top = _real(path), _real(root)
    if top.is_relative_to(place) or any(place.is_relative_to(top / name) for name in OWN):
        return "holds files of the repository, which deploy would mix with its own; write another folder"
    if place.is_relative_to(top):
        text = f"lies in the repository, of which only {OURS}/ is deploy's; write {OURS}/{place.name}"
        return None if place.is_relative_to(top / OURS) else text
    if _is_system(place):
        return "is a folder of the system; write one that is nothing else, such as /srv/models"
    if _is_home(place):
        return "is somebody's home, or hidden in it; write a folder that is nothing else, such as /srv/models"
    if tree := _repository(_with_parents(place)):
        return f"lies in the Git repository {tree}; write a folder outside"
    return None


def _is_system(place: Path) -> bool:
    """Say whether a place is a folder of the system, by whatever name: mounts and the case of letters change it."""
    names = _with_parents(place)
    if Path("/dev/shm") in names[1:]:
        return False
    is_named = str(place) in ABOVE or any(place.is_relative_to(one) for one in SYSTEM)
    return bool(is_named or _identities(names) & _identities(SYSTEM) or _identities([place]) & _identities(ABOVE))


def _identities(folders: Iterable[str | Path]) -> set[tuple[int, int]]:
    """Return what tells the folders that are there from all others, whatever they are called."""
    found = (os.stat(one) for one in folders if os.path.exists(one))
    return {(one.st_dev, one.st_ino) for one in found}


def _is_home(place: Path) -> bool:
    """Say whether a place is a person's home, or lies in it where dots hide what programs keep."""
    own = {_real(os.path.expanduser(name)) for name in ("~", "~root")}
    homes = [one for one in _with_parents(place) if one in own or str(one.parent) in HOMES]
    return any(one == place or place.relative_to(one).parts[0].startswith(".") for one in homes)


def _repository(folders: Iterable[Path]) -> Path | None:
    """Return the first folder that is the top of a Git work tree, or a repository without one."""
    return next((one for one in folders if os.path.lexists(one / ".git") or _is_bare(one)), None)


def _is_bare(folder: Path) -> bool:
    return all(os.path.exists(folder / name) for name in BARE)


def _real(path: str | Path) -> Path:
    return Path(os.path.realpath(path))


def _with_parents(place: Path) -> list[Path]:
    return [place, *place.parents]


def untracked(root: Path, path: Path) -> Iterator[Problem]:
    """Yield why Git would take what deploy puts into a target of this repository's own."""
    place, top = _real(path), _real(root)
    if top not in place.parents:
        return
    if tree := _repository(_below(top, place)):
        yield Problem(str(path), 0, "", f"lies in the Git repository {tree}; write another target.path")
    elif not _is_left_alone(root, place.relative_to(top)):
        text = f"is not ignored by Git; write /{OURS}/ into .gitignore, and take what is tracked there away"
        yield Problem(str(path), 0, "", text)


def writers(root: Path, path: Path) -> Iterator[Problem]:
    """Yield who else may write a target, or put another in its place; who may do so with the clone is not asked for."""
    place, top = _real(path), _real(root)
    links = [one for one in map(_real, path.parents) if one not in _with_parents(top)]  # who writes there turns them
    for one in dict.fromkeys([*_below(top, place), *links]):
        if one.exists() and (text := _writers(one, one.stat(), is_target=one == place)):
            yield Problem(str(one), 0, "", text)


def _below(top: Path, place: Path) -> list[Path]:
    """Return a place and the folders it lies in: those below the repository's top, or all where it lies elsewhere."""
    return [one for one in _with_parents(place) if top not in place.parents or top in one.parents]


def _is_left_alone(root: Path, folder: Path) -> bool:
    """Say whether Git ignores all that may lie in a folder, and tracks none of it."""
    return git.is_ignored(root, folder / "any") and not git.files(root, f"{folder}/")


def _writers(folder: Path, found: os.stat_result, *, is_target: bool) -> str | None:
    """Say who else may put something into a folder, or put another in its place."""
    if found.st_uid not in (0, os.geteuid()):
        return f"belongs to another user (number {found.st_uid}); run deploy as that one, or write another target.path"
    is_kept = found.st_mode & stat.S_ISVTX and not is_target  # nobody takes another's entry away, as in /tmp
    if found.st_mode & OTHERS and not is_kept:
        return f"may be written by others; run `chmod go-w {shlex.quote(str(folder))}`, or write another target.path"
    return None
