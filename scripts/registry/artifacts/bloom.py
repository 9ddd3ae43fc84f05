"""The rows that a version was trained on, packed into its artifact as a Bloom filter of their hashes.

Bloom, "Space/time trade-offs in hash coding with allowable errors", 1970; two hashes that stand for all:
Kirsch and Mitzenmacher, "Less hashing, same performance", 2006.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from registry.errors import refuse

FILE = "assets.extra/trained.npz"
BITS, HASHES = 14, 10  # of a key: 17.5 MB for ten million, and one in 800 that is not among them is taken for one
ROWS, GROUPS = "rows", "groups"


@dataclass(frozen=True)
class Filter:
    """A set of keys, of rows or of groups as `kind` says: `bits` as bytes, and the lowest of the keys."""

    kind: str
    lowest: int
    bits: np.ndarray

    def holds(self, keys: np.ndarray) -> np.ndarray:
        """Return which keys are in the set: each that is, and hardly any other."""
        found, size = keys >= np.uint64(self.lowest), 8 * len(self.bits)
        for places in _places(keys, size):
            found &= (self.bits[places >> 3] >> (7 - (places & 7)).astype(np.uint8) & 1).astype(bool)
        return found


def of(keys: np.ndarray, kind: str) -> Filter:
    """Return the filter of keys: uint64, one at least, each a hash already."""
    ordered = np.sort(keys)  # np.unique takes ten times as long
    different = ordered[np.r_[True, ordered[1:] != ordered[:-1]]]
    size = 8 * -(-BITS * len(different) // 8)
    found = np.zeros(size, bool)
    for places in _places(different, size):
        found[places] = True
    return Filter(kind, int(different[0]), np.packbits(found))


def _places(keys: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Yield for each of the hashes the places of all keys."""
    first, step = keys & np.uint64(0xFFFFFFFF), keys >> np.uint64(32) | np.uint64(1)
    for turn in range(HASHES):
        yield ((first + np.uint64(turn) * step) % np.uint64(size)).astype(np.int64)


def write(folder: Path, known: Filter) -> None:
    """Store a filter in a folder: the same bytes each time."""
    file = io.BytesIO()
    lowest = np.array(known.lowest, np.uint64)
    np.savez(file, allow_pickle=False, bits=known.bits, kind=np.array(known.kind), lowest=lowest)
    path = folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.getvalue())


def described(folder: Path) -> dict:
    """Return what keys a stored filter is of, and its size in bytes."""
    return {"kind": read(folder).kind, "size": (folder / FILE).stat().st_size}


def read(folder: Path) -> Filter | None:
    """Return the filter of a folder, or None where none was stored; raise RegistryError for a damaged one."""
    if not (folder / FILE).exists():
        return None
    try:
        with np.load(folder / FILE, allow_pickle=False) as found:
            return Filter(str(found["kind"]), int(found["lowest"]), found["bits"])
    except Exception as error:  # a damaged file may fail in any way
        raise refuse(FILE, f"can't be read: {error}; build the version again") from error
