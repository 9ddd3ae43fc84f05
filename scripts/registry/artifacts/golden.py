"""Golden predictions: a few held-out rows and the outputs they must give, packed into each artifact."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from registry import files
from registry.artifacts import arrays, inference
from registry.artifacts.arrays import Features
from registry.artifacts.runtime import Runtime
from registry.errors import refuse

FILE = "assets.extra/golden.npz"
OLD = "assets.extra/golden.json"  # what versions hold that were built before
ROWS, LARGEST = 5, 1_000_000  # as many rows as fit into so many bytes, one at least
TOLERANCE = 1e-4  # build proves 1e-5 on one machine; another processor may round a little differently


@dataclass(frozen=True)
class Golden:
    """Rows, each array by its name, with the outputs that they must give and their labels."""

    inputs: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]
    labels: np.ndarray

    def first(self, rows: int) -> "Golden":
        """Return the first rows."""
        inputs, outputs = ({name: part[:rows] for name, part in parts.items()} for parts in (self.inputs, self.outputs))
        return Golden(inputs, outputs, self.labels[:rows])


def write(folder: Path, loaded: Runtime, features: Features, labels: np.ndarray) -> None:
    """Store the first rows with what a loaded model answers to them."""
    few = inference.feed(loaded, arrays.rows(features, np.arange(min(ROWS, len(labels)))))
    store(folder, Golden(few, loaded(few), labels[:ROWS]))


def store(folder: Path, golden: Golden) -> None:
    """Store golden predictions, as many rows as fit: the same bytes each time, texts and numbers exactly."""
    packs = (_packed(golden.first(rows)) for rows in range(len(golden.labels), 0, -1))
    packed = next((packed for packed in packs if len(packed) <= LARGEST), None) or _packed(golden.first(1))
    path = folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(packed)


def _packed(golden: Golden) -> bytes:
    named = {f"inputs/{name}": part for name, part in golden.inputs.items()}
    named |= {f"outputs/{name}": part for name, part in golden.outputs.items()}
    found = arrays.plain(named) | {"labels": golden.labels}
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **{name: np.ascontiguousarray(found[name]) for name in sorted(found)})
    return file.getvalue()


def read(folder: Path) -> Golden:
    """Return the golden predictions of an unpacked artifact; raise RegistryError when there are none."""
    file = FILE if (folder / FILE).exists() or not (folder / OLD).exists() else OLD
    try:
        return _unpacked(folder / file) if file == FILE else _listed(json.loads((folder / file).read_bytes()))
    except Exception as error:  # a damaged file may fail in any way
        raise refuse(file, f"can't be read: {error}; build the version again") from error


def _unpacked(path: Path) -> Golden:
    with np.load(path, allow_pickle=False) as found:
        parts = arrays.whole(found)
    sides = ({name.removeprefix(side): part for name, part in parts.items() if name.startswith(side)}
             for side in ("inputs/", "outputs/"))  # fmt: skip
    return Golden(*sides, parts["labels"])


def _listed(lists: dict) -> Golden:
    inputs, outputs = ({name: np.array(part) for name, part in lists[side].items()} for side in ("inputs", "outputs"))
    return Golden(inputs, outputs, np.array(lists["labels"]))


def described(folder: Path) -> dict:
    """Return how many golden predictions an unpacked artifact holds, their size in bytes, and their SHA-256."""
    file = folder / FILE
    return {"rows": len(read(folder).labels), "size": file.stat().st_size, "sha256": files.digest(file)}


def check(folder: Path, loaded: Runtime, place: str) -> None:
    """Raise RegistryError when a loaded model answers a golden input otherwise than it must."""
    dtypes = {one.name: object if one.dtype == "bytes" else one.dtype for one in loaded.inputs}

    def answer(inputs: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        return loaded({name: _of(part, dtypes[name]) for name, part in inputs.items()})

    compare(read(folder), answer, place)


def compare(golden: Golden, answer: Callable[[Mapping[str, np.ndarray]], Mapping[str, np.ndarray]], place: str) -> None:
    """Raise RegistryError when what answers golden inputs gives something else than it must."""
    try:
        answers = answer(golden.inputs)
        tied = [_tied(part) for part in golden.outputs.values() if part.dtype.kind == "f" and part.ndim == 2]
        differences = [_difference(answers[name], part, tied) for name, part in golden.outputs.items()]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise refuse(place, f"does not take its golden inputs: {error}") from error
    if not differences or max(differences) > TOLERANCE:
        worst = max(differences, default=np.inf)
        raise refuse(place, f"answers golden inputs otherwise than when it was judged (difference {worst:.2g})")


def _of(part: np.ndarray, dtype: str | type) -> np.ndarray:
    """Return an array as an input takes it; NumPy's files know the types that others add as bytes only."""
    return part.view(dtype) if part.dtype.kind == "V" else part.astype(dtype)


def _tied(scores: np.ndarray) -> np.ndarray:
    """Say which numbers are so near to the one beside them that another processor may have them the other way round."""
    near = np.abs(np.diff(scores, axis=1)) <= TOLERANCE * np.maximum(1, np.abs(scores[:, 1:]))
    found = np.zeros(scores.shape, bool)
    found[:, 1:] |= near
    found[:, :-1] |= near
    return found


def _difference(answer: np.ndarray, wanted: np.ndarray, tied: Sequence[np.ndarray]) -> float:
    """Return the largest difference, relative where outputs are large; infinite for NaN, another shape or other text.

    Text and whole numbers beside scores, as of a ranking, may differ where these are `tied`.
    """
    if answer.shape != wanted.shape:
        return np.inf
    if wanted.dtype.kind != "f":
        loose = next((one for one in tied if one.shape == wanted.shape), np.zeros(wanted.shape, bool))
        return 0.0 if (loose | (_plain(answer) == _plain(wanted))).all() else np.inf
    if not np.isfinite(answer).all():
        return np.inf
    expected = wanted.astype(float)
    return float((np.abs(answer - expected) / np.maximum(1, np.abs(expected))).max(initial=0))


def _plain(part: np.ndarray) -> np.ndarray:
    """Return text as bytes, however it is held, and numbers as they are."""
    return np.array(arrays.texts(part), object).reshape(part.shape) if part.dtype.kind not in arrays.NUMBERS else part
