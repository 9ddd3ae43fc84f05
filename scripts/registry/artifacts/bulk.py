"""Arrays that may be larger than memory: looked at some rows at a time, and some of their rows in a file of their own.

What was looked at of a file that is mapped into memory is given back at once, so that a process holds little of it.
"""

import math
import mmap
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from registry.artifacts import arrays
from registry.artifacts.arrays import Features
from registry.errors import refuse

BLOCK = 2**26  # bytes of rows that are looked at, or held in memory, at a time
MB = 1e6


def blocks(part: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield some rows of an array at a time, and where they begin."""
    step = _step(part)
    for start in range(0, len(part), step):
        yield start, part[start : start + step]
        let_go(part)


def pieces(features: Features, unit: int) -> Iterator[Features]:
    """Yield some rows of features at a time, of which all but the last come to a multiple of a number."""
    named = arrays.parts(features)
    step = max(1, min(map(_step, named.values())) // unit) * unit
    for start in range(0, len(next(iter(named.values()))), step):
        yield arrays.rows(features, slice(start, start + step))
        for part in named.values():
            let_go(part)


def let_go(part: np.ndarray) -> None:
    """Give back the memory that holds what was read of a file; it is read again where it is asked for."""
    while isinstance(part, np.ndarray) and not isinstance(part, np.memmap):
        part = part.base
    if isinstance(part, np.memmap) and part.mode == "r":  # of other modes it could be where a change is kept
        part._mmap.madvise(mmap.MADV_DONTNEED)


def rows(features: Features, index: np.ndarray) -> Features:
    """Return the chosen rows, in the shape the features came in, as maps of files where they are many.

    These files have no name, and end with the last array that needs them. Raises RegistryError where the disk is too
    small for one.
    """
    if isinstance(features, dict):
        return {name: rows(part, index) for name, part in features.items()}
    if features.dtype.kind not in arrays.NUMBERS or len(index) <= _step(features):
        return features[index]
    if (size := len(index) * features[:1].nbytes) > (left := free()):
        told = f"has {left / MB:,.1f} MB left, and {size / MB:,.1f} MB of rows are to be copied there"
        raise refuse(tempfile.gettempdir(), f"{told}; make room, or write fewer evaluation.folds in model.yaml")
    with tempfile.TemporaryFile() as file:
        write(file, features, index)
        return mapped(file, features.dtype, (len(index), *features.shape[1:]))


def free() -> int:
    """Return how many bytes are left on the disk where such files lie."""
    return shutil.disk_usage(tempfile.gettempdir()).free


def mapped(file: BinaryIO, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """Return what a file holds as an array that nobody can write to."""
    return np.asarray(np.memmap(file, dtype, "r", shape=shape)) if math.prod(shape) else np.empty(shape, dtype)


def save(path: Path, part: np.ndarray, index: np.ndarray) -> None:
    """Write the chosen rows of an array, numbers, as one of NumPy's files."""
    head = {"descr": np.lib.format.dtype_to_descr(part.dtype), "shape": (len(index), *part.shape[1:])}
    with path.open("w+b") as file:
        np.lib.format.write_array_header_1_0(file, head | {"fortran_order": False})
        write(file, part, index)


def write(file: BinaryIO, part: np.ndarray, index: np.ndarray) -> None:
    """Write the chosen rows of an array, numbers, from where a file is that can be read, too.

    In whatever order they are chosen, the array is read once from its beginning to its end: rows are put where those
    lie that are to be near them, and then in order, as many at a time as may be held in memory.
    """
    step, start = _step(part), file.tell()
    lots = [index[first : first + step] for first in range(0, len(index), step)]
    if len(lots) == 1 or (index[1:] > index[:-1]).all():
        for lot in lots:
            _read(part, lot).tofile(file)
        return
    size = part[:1].nbytes
    _spread(file, part, index, step)
    for number, lot in enumerate(lots):
        place = start + number * step * size
        file.seek(place)
        held = np.fromfile(file, part.dtype, len(lot) * (size // part.itemsize)).reshape(len(lot), *part.shape[1:])
        file.seek(place)
        held[_ranks(lot)].tofile(file)


def _spread(file: BinaryIO, part: np.ndarray, index: np.ndarray, step: int) -> None:
    """Write each of the chosen rows into its lot, of `step` rows, in the order in which they lie in the array."""
    start, size = file.tell(), part[:1].nbytes
    lots = np.full(len(part), -1, np.int32)
    lots[index] = np.arange(len(index)) // step
    filled = np.arange(-(-len(index) // step)) * step
    for first, block in blocks(part):
        mine = lots[first : first + len(block)]
        order = np.argsort(mine, kind="stable")
        found, begins = np.unique(mine[order], return_index=True)
        for lot, chosen in zip(found, np.split(order, begins[1:]), strict=True):
            if lot >= 0:
                file.seek(start + int(filled[lot]) * size)
                block[chosen].tofile(file)
                filled[lot] += len(chosen)


def _read(part: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return some rows in the order in which they are chosen, read in that in which they lie there."""
    found = part[np.sort(chosen)]
    let_go(part)
    return found[_ranks(chosen)]


def _ranks(chosen: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(chosen))


def _step(part: np.ndarray) -> int:
    """Return how many rows of an array are looked at at a time, one at least."""
    return max(1, BLOCK // max(1, part[:1].nbytes))
