"""Features as model.py gives them: one array, or a dictionary of arrays with a row each. Pure, numpy only."""

from collections.abc import Mapping

import numpy as np

Features = np.ndarray | dict[str, np.ndarray]


def parts(features: Features) -> dict[str, np.ndarray]:
    """Return the arrays by name; a single array has the name ''."""
    return features if isinstance(features, Mapping) else {"": features}


def rows(features: Features, index: np.ndarray) -> Features:
    """Return the chosen rows, in the shape the features came in."""
    if isinstance(features, Mapping):
        return {name: part[index] for name, part in features.items()}
    return features[index]


def feed(features: Features, inputs: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Return arrays for a signature's inputs (name -> dtype); raise ValueError when they don't fit by name."""
    named = parts(features)
    if list(named) == [""] and len(inputs) == 1:
        named = {next(iter(inputs)): named[""]}
    if set(named) != set(inputs):
        raise ValueError(f"the model's inputs are {sorted(inputs)}, but load() returns {sorted(named)}")
    return {name: _cast(part, inputs[name]) for name, part in named.items()}


def _cast(part: np.ndarray, dtype: str) -> np.ndarray:
    return part.astype(object) if dtype == "bytes" else part.astype(dtype, copy=False)


def fault(features: object, labels: object) -> str | None:
    """Say what is wrong with what load() returned, or None."""
    if not isinstance(features, np.ndarray | Mapping) or not isinstance(labels, np.ndarray):
        return f"returned {_named(features)} and {_named(labels)}; return features and labels as NumPy arrays"
    if not all(isinstance(part, np.ndarray) for part in parts(features).values()):
        return "returned features that are not all NumPy arrays"
    if labels.ndim != 1:
        return f"returned labels of shape {labels.shape}; return one label a row"
    for name, part in parts(features).items():
        what = f"features[{name!r}]" if name else "features"
        if part.ndim == 0 or len(part) != len(labels):
            return f"returned {what} of shape {part.shape} for {len(labels)} labels; return one row a label"
        if bad := _not_finite(part):
            return f"returned {what} with {bad} values that are NaN or infinite; clean them in load()"
    if bad := _not_finite(labels):
        return f"returned {bad} labels that are NaN or infinite; clean them in load()"
    return None


def label_fault(task: str, labels: np.ndarray) -> str | None:
    """Say what keeps labels from being used for a task, or None."""
    if task == "regression":
        return None if labels.dtype.kind in "fiu" else f"returned {labels.dtype} labels; regression needs numbers"
    if labels.dtype.kind not in "iu" or (len(labels) and labels.min() < 0):
        return f"returned {labels.dtype} labels; classification needs whole numbers from 0 up"
    if len(np.unique(labels)) < 2:
        return f"returned labels of {len(np.unique(labels))} class; a classifier needs two or more"
    return None


def _named(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def _not_finite(part: np.ndarray) -> int:
    return int((~np.isfinite(part)).sum()) if part.dtype.kind == "f" else 0
