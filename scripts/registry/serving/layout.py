"""TensorFlow Serving's layout: what lies in a directory, and a way to see that it changed."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from registry.artifacts import runtime

LARGEST = 2**63 - 1
INTEGER = re.compile(r"0|[1-9][0-9]{0,18}")

Identity = tuple[tuple | None, ...]


def scan(path: Path) -> dict[str, dict[int, Identity]] | None:
    """Return what lies in the directory: model -> version -> identity; None when the directory can't be read."""
    try:
        folders = [entry for entry in os.scandir(path) if not entry.name.startswith(".") and entry.is_dir()]
        return {entry.name: _versions(entry.path) for entry in folders}
    except OSError:
        return None


def _versions(folder: str) -> dict[int, Identity]:
    try:
        found = {entry.name: entry for entry in os.scandir(folder) if INTEGER.fullmatch(entry.name) and entry.is_dir()}
    except FileNotFoundError:  # taken away just now
        return {}
    return {int(name): _identity(entry.path) for name, entry in found.items() if int(name) <= LARGEST}


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


def _state(file: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_ino, found.st_ctime_ns, found.st_size
