"""A file larger than a host takes, as several: `digits-1.0.0.tar.part-01`, `digits-1.0.0.tar.part-02`, …"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from registry.artifacts.archive import Artifact

LARGEST = 1_900_000_000  # bytes of an asset; GitHub takes less than 2 GiB
NAME = re.compile(r"(.+)\.part-(\d{2,})")
CHUNK = 64 * 1024  # bytes; each of them has the whole of an upload's timeout to go out


@dataclass(frozen=True)
class Part:
    """A stretch of a file, and the name under which it goes up: the file's own when it is all of it."""

    path: Path
    name: str
    start: int
    size: int

    def read(self) -> Iterator[bytes]:
        """Yield its bytes."""
        left = self.size
        with self.path.open("rb") as source:
            source.seek(self.start)
            while left and (chunk := source.read(min(left, CHUNK))):
                yield chunk
                left -= len(chunk)

    def artifact(self) -> Artifact:
        """Return its name, size and SHA-256."""
        hashed = hashlib.sha256()
        for chunk in self.read():
            hashed.update(chunk)
        return Artifact(self.name, self.size, hashed.hexdigest())


def split(path: Path) -> list[Part]:
    """Return a file as parts of at most LARGEST bytes, in order; their names, too, are in order when sorted."""
    size = path.stat().st_size
    if size <= LARGEST:
        return [Part(path, path.name, 0, size)]
    starts = range(0, size, LARGEST)
    width = max(2, len(str(len(starts))))
    return [Part(path, f"{path.name}.part-{number:0{width}}", start, min(LARGEST, size - start))
            for number, start in enumerate(starts, 1)]  # fmt: skip


def whole(name: str) -> str:
    """Return the name of the file that an asset is, or is a part of."""
    found = NAME.fullmatch(name)
    return found[1] if found else name


def number(name: str) -> int:
    """Return which part of a file an asset is, counted from 1; 0 when it is all of it."""
    found = NAME.fullmatch(name)
    return int(found[2]) if found else 0
