"""Hashes of what rows hold, and of the groups that they are of: the same on every machine. Pure, numpy only."""

import hashlib
import math
from collections.abc import Iterable, Iterator

import numpy as np

from registry.artifacts import arrays, bulk
from registry.artifacts.arrays import Features
from registry.tables import returned, times

SIZE = 2**20  # values that are looked at at a time
WHOLE = 2.0**24  # as far as float32 knows every whole number


def of_rows(features: Features, labels: np.ndarray) -> Iterator[np.ndarray]:
    """Yield hashes of what rows hold, their labels included, some rows at a time: shape (rows,), uint64.

    They are of the values, whatever type, shape or names these come in: numbers as models take them, rounded to
    float32, and every NaN the same.
    """
    parts = [part for _, part in sorted(arrays.parts(features).items())]
    for block in blocks([*parts, labels]):
        flat = (part.reshape(len(part), -1) for part in block)
        cells = [_numbers(part) if part.dtype.kind in arrays.NUMBERS else part for part in flat]
        if all(part.dtype.kind == "f" for part in cells):
            yield _of_numbers(np.hstack(cells))
        else:
            yield of_bytes(map(b"".join, zip(*map(_cells, cells), strict=True)))


def of_groups(groups: np.ndarray) -> np.ndarray:
    """Return a hash of each row's group: shape (rows,), uint64; 7 is 7.0 and "7"."""
    return np.concatenate([_of_names(block) for (block,) in blocks([groups])])


def among(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Say which hashes are among others, of which there is one at least."""
    ordered = np.sort(others)
    return ordered[np.minimum(np.searchsorted(ordered, some), len(ordered) - 1)] == some


def blocks(parts: list[np.ndarray]) -> Iterator[list[np.ndarray]]:
    """Yield so many rows of arrays at a time that they hold about SIZE values."""
    step = max(1, SIZE // sum(math.prod(part.shape[1:]) for part in parts))
    for start in range(0, len(parts[0]), step):
        yield [part[start : start + step] for part in parts]
        for part in parts:
            bulk.let_go(part)


def of_bytes(contents: Iterable[bytes]) -> np.ndarray:
    """Return a hash of each content: uint64."""
    return np.frombuffer(b"".join([hashlib.blake2b(one, digest_size=8).digest() for one in contents]), "<u8")


def of_texts(row: list[str]) -> bytes:
    """Return texts as bytes that no other texts have."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in row]
    return b"".join(len(text).to_bytes(8, "little") + text for text in encoded)


def _of_numbers(block: np.ndarray) -> np.ndarray:
    raw, size = block.tobytes(), block.shape[1] * block.itemsize
    return of_bytes(raw[start : start + size] for start in range(0, len(raw), size))


def _cells(part: np.ndarray) -> Iterator[bytes]:
    if part.dtype.kind == "f":
        return (row.tobytes() for row in part)
    return map(of_texts, part.tolist())


def _numbers(block: np.ndarray) -> np.ndarray:
    """Return numbers as float64, those that float32 can't tell apart as one; larger ones are mostly ids, and stay."""
    exact = block.astype("<f8") + 0.0  # which makes 0 of -0
    exact[np.isnan(exact)] = np.nan  # which has one sign and one payload
    with np.errstate(over="ignore"):
        return np.where(np.abs(exact) < WHOLE, exact.astype(np.float32), exact).astype("<f8")


def _of_names(groups: np.ndarray) -> np.ndarray:
    values, members = np.unique(groups, return_inverse=True)
    names = times.written(values) if values.dtype.kind == returned.DATES else map(_name, values.tolist())
    return of_bytes(name.encode("utf-8", "surrogatepass") for name in names)[members]


def _name(value: object) -> str:
    return str(int(value)) if isinstance(value, bool | float) and value == int(value) else str(value)
