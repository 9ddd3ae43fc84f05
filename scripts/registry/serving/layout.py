"""TensorFlow Serving's layout: what lies in a directory, and a way to see that it changed."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from registry.artifacts import runtime

LARGEST = 2**63 - 1
INTEGER = re.compile(r"0|[1-9][0-9]{0,18}")

ROLLOUT = "rollout.json"

Identity = tuple[tuple | None, ...]
State = tuple[int, int, int]


class Folder(NamedTuple):
    """What lies in a model's folder: the identity of each version, and the state of what says how one is tried."""

    versions: dict[int, Identity]
    rollout: State | None = None


def scan(path: Path) -> dict[str, Folder] | None:
    """Return what lies in the directory, a folder for each model; None when the directory can't be read."""
    try:
        folders = [entry for entry in os.scandir(path) if not entry.name.startswith(".") and entry.is_dir()]
        return {entry.name: _folder(entry.path) for entry in folders}
    except OSError:
        return None


def _folder(path: str) -> Folder:
    try:
        entries = list(os.scandir(path))
        is_tried = any(entry.name == ROLLOUT for entry in entries)
        found = {entry.name: entry for entry in entries if INTEGER.fullmatch(entry.name) and entry.is_dir()}
    except FileNotFoundError:  # taken away just now
        return Folder({})
    try:
        rollout = _told(os.lstat(os.path.join(path, ROLLOUT))) if is_tried else None
    except FileNotFoundError:  # gone since, as a version may be that went before it
        return _folder(path)
    versions = {int(name): _identity(entry.path) for name, entry in found.items() if int(name) <= LARGEST}
    return Folder(versions, rollout)


def _identity(directory: str) -> Identity:
    """What changes whenever a version directory is replaced or the files that a runtime reads are touched.

    TensorFlow reads everything there is. The others read one file, and looking at no more keeps a thousand models cheap.
    """
    states = [_state(os.path.join(directory, file)) for file in runtime.FILES.values()]
    if any(states[1:]):
        return _state(directory), *states
    return tuple((path, _state(path)) for path in sorted(_everything(directory)))


def _everything(directory: str) -> Iterator[str]:
    for folder, _, files in os.walk(directory):
        yield folder
        yield from (os.path.join(folder, file) for file in files)


def _state(file: str) -> State | None:
    try:
        return _told(os.stat(file))
    except OSError:
        return None


def _told(found: os.stat_result) -> State:
    return found.st_ino, found.st_ctime_ns, found.st_size
