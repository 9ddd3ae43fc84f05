"""Many rows through a loaded model, and how long one takes."""

import time
from collections.abc import Sequence

import numpy as np

from registry.artifacts import arrays, bulk, tensors
from registry.artifacts.arrays import Features
from registry.artifacts.runtime import Runtime
from registry.errors import did_you_mean

WARM_UP, TIMED = 20, 200

Arrays = dict[str, np.ndarray]


def answers(loaded: Runtime, features: Features, batch: int = 256) -> Arrays:
    """Return what a model gives for all rows, by name, run batch by batch through the serving signature.

    Raises ValueError when the features don't fit the signature, and where an output has no row for each of theirs.
    """
    named, dtypes, found = _fitting(loaded, features), _dtypes(loaded), []
    for start in range(0, len(next(iter(named.values()))), batch):
        few = {name: part[start : start + batch] for name, part in named.items()}
        found.append(_answer(loaded, arrays.cast(few, dtypes)))
        for part in named.values():
            bulk.let_go(part)
    return {one.name: np.concatenate([answer[one.name] for answer in found]) for one in loaded.outputs}


def _answer(loaded: Runtime, fed: Arrays) -> Arrays:
    rows, answer = len(next(iter(fed.values()))), loaded(fed)
    for name, part in answer.items():
        if part.shape[:1] != (rows,):
            raise ValueError(f"gives {name} of shape {part.shape} for {rows} rows; give one for each row")
    return answer


def outputs(loaded: Runtime, features: Features, name: str | None = None, batch: int = 256) -> np.ndarray:
    """Return the output that is judged, of all rows; raise ValueError where there is none of that name."""
    return judged(answers(loaded, features, batch), name)


def judged(given: Arrays, name: str | None) -> np.ndarray:
    """Return the output that is judged: that of a name, or the only one; raise ValueError where there is no such."""
    told = ", ".join(sorted(given))
    if name is None and len(given) > 1:
        raise ValueError(f"gives {told}; name the one that is judged, `output: NAME` under evaluation in model.yaml")
    if name is not None and name not in given:
        raise ValueError(f"gives {told}, and evaluation.output names {name}; {did_you_mean(name, sorted(given))}")
    return given[name] if name is not None else next(iter(given.values()))


def feed(loaded: Runtime, features: Features) -> Arrays:
    """Return features as the arrays that a model's inputs take; raise ValueError when they don't fit."""
    return arrays.cast(_fitting(loaded, features), _dtypes(loaded))


def _dtypes(loaded: Runtime) -> dict[str, str]:
    return {one.name: one.dtype for one in loaded.inputs}


def _fitting(loaded: Runtime, features: Features) -> Arrays:
    """Return features by the names of a model's inputs, not yet of their types; raise ValueError when they don't fit."""
    named = arrays.fitting(features, _dtypes(loaded))
    for one in loaded.inputs:
        if fault := tensors.fixed(one):
            raise ValueError(fault)
        shape = named[one.name].shape
        pairs = zip(shape[1:], one.shape[1:], strict=False)
        if len(shape) != len(one.shape) or any(wanted not in (None, size) for size, wanted in pairs):
            is_column = len(shape) + 1 == len(one.shape) and one.shape[-1] == 1
            advice = "; return that as a column, with [:, None] behind it" if is_column else ""
            raise ValueError(f"input {one.name} takes {one.shape}, but load() returns {shape}{advice}")
    return named


def latencies_ms(models: Sequence[Runtime], features: Features) -> np.ndarray:
    """Return in milliseconds how long one row takes, by each model in turn, so that all meet the same machine.

    Its shape is (models, TIMED).
    """
    rows = [feed(loaded, arrays.rows(features, np.arange(1))) for loaded in models]
    pairs = [*zip(models, rows, strict=True)]
    for loaded, row in pairs * WARM_UP:
        loaded(row)
    return np.array([[_seconds(loaded, row) for loaded, row in pairs] for _ in range(TIMED)]).T * 1000


def _seconds(loaded: Runtime, row: dict[str, np.ndarray]) -> float:
    start = time.perf_counter()
    loaded(row)
    return time.perf_counter() - start
