"""Features as model.py gives them: one array, or a dictionary of arrays with a row each. Pure, numpy only."""

from collections.abc import Mapping

import numpy as np

NUMBERS = "biuf"
LENGTHS = "lengths/"

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
    return {name: _cast(name, part, inputs[name]) for name, part in named.items()}


def _cast(name: str, part: np.ndarray, dtype: str) -> np.ndarray:
    if (dtype == "bytes") != (part.dtype.kind not in NUMBERS):
        raise ValueError(f"input {name} takes {'text' if dtype == 'bytes' else dtype}, but load() returns {part.dtype}")
    return part.astype(object) if dtype == "bytes" else part.astype(dtype, copy=False)


def plain(named: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return what stands for arrays in a file without pickles: of text its UTF-8 end to end, and the lengths."""
    found = {}
    for name, part in named.items():
        found[name] = part
        if part.dtype.kind == "O":
            texts = [value if isinstance(value, bytes) else str(value).encode() for value in part.flat]
            found[name] = np.frombuffer(b"".join(texts), np.uint8)
            found[LENGTHS + name] = np.array([len(text) for text in texts], np.int64).reshape(part.shape)
    return found


def whole(found: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays that something plain stands for, text as objects."""
    return {name: _whole(name, found) for name in found if not name.startswith(LENGTHS)}


def _whole(name: str, found: Mapping[str, np.ndarray]) -> np.ndarray:
    if LENGTHS + name not in found:
        return found[name]
    lengths, joined = found[LENGTHS + name], found[name].tobytes()
    ends = np.cumsum(lengths)
    texts = [joined[end - size : end].decode() for end, size in zip(ends, lengths.flat, strict=True)]
    return np.array(texts, object).reshape(lengths.shape)


def fault(features: object, labels: object) -> str | None:
    """Say what is wrong with what load() returned, or None."""
    if not isinstance(features, np.ndarray | Mapping) or not isinstance(labels, np.ndarray):
        return f"returned {named(features)} and {named(labels)}; return features and labels as NumPy arrays"
    if isinstance(features, Mapping) and not (features and all(isinstance(name, str) and name for name in features)):
        names = sorted(map(str, features)) or "no name"
        return f"returned features by {names}; name each by the model's input, as text"
    if not all(isinstance(part, np.ndarray) for part in parts(features).values()):
        return "returned features that are not all NumPy arrays"
    if labels.ndim != 1:
        return f"returned labels of shape {labels.shape}; {_one_a_row(labels)}"
    if not len(labels):
        return "returned no rows"
    if bad := _not_finite(labels):
        return f"returned {bad} labels that are NaN or infinite; clean them in load()"
    faults = (_part_fault(f"features[{name!r}]" if name else "features", part, len(labels))
              for name, part in parts(features).items())  # fmt: skip
    return next(filter(None, faults), None)


def misfit(features: Features, known: Features) -> str | None:
    """Say in what features, of good rows, are not such as others that a model is made for, or None."""
    these, those = parts(features), parts(known)
    if these.keys() != those.keys():
        return f"returned features {_names(these)}, and of data {_names(those)}; return the same of both files"
    for name in sorted(these):
        one, other = _described(these[name]), _described(those[name])
        if one != other:
            what = f"features[{name!r}]" if name else "features"
            return f"returned {what} of {one} a row, and of data {other}; return the same of both files"
    return None


def _names(named: Mapping[str, np.ndarray]) -> str:
    return "as one array" if list(named) == [""] else f"by {', '.join(sorted(named))}"


def _described(part: np.ndarray) -> str:
    """Say what a row of an array is: 28×28 float32, or text."""
    size = "×".join(map(str, part.shape[1:]))
    return f"{size} {part.dtype if part.dtype.kind in NUMBERS else 'text'}".lstrip()


def group_fault(groups: object, count: int) -> str | None:
    """Say what is wrong with the groups (or ids) of so many rows, or None."""
    if not isinstance(groups, np.ndarray) or groups.ndim > 1:
        shown = f"groups of shape {groups.shape}" if isinstance(groups, np.ndarray) else f"{named(groups)} as groups"
        return f"returned {shown}; return a NumPy array with one value a row"
    return _part_fault("groups", groups, count)


def _part_fault(what: str, part: np.ndarray, count: int) -> str | None:
    if part.ndim == 0 or len(part) != count:
        return f"returned {what} of shape {part.shape} for {count} labels; return one row a label"
    if part.dtype.kind == "O" and (odd := {type(value).__name__ for value in part.flat} - {"str"}):
        return f"returned {what} that hold {', '.join(sorted(odd))} as objects; return numbers, or nothing but str"
    if part.dtype.kind not in f"{NUMBERS}UO":
        return f"returned {what} of type {part.dtype}; return numbers or text"
    if bad := _not_finite(part):
        return f"returned {what} with {bad} values that are NaN or infinite; clean them in load()"
    return None


def _one_a_row(labels: np.ndarray) -> str:
    """Say how labels that have two dimensions become one a row."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        return "return one label a row: write `labels = labels[:, 0]` in load()"
    ordered = np.sort(labels) if labels.ndim == 2 and labels.dtype.kind in NUMBERS else np.empty((1, 0))
    if ordered.shape[1] and (ordered[:, -1] == 1).all() and not ordered[:, :-1].any():
        return "they are one-hot: write `labels = labels.argmax(axis=1)` in load()"
    return "return one label a row"


def named(value: object) -> str:
    """Say what a value is: `nothing`, `a list`, `a tuple of 3`."""
    if value is None:
        return "nothing"
    return f"a tuple of {len(value)}" if isinstance(value, tuple) else f"a {type(value).__name__}"


def _not_finite(part: np.ndarray) -> int:
    return int((~np.isfinite(part)).sum()) if part.dtype.kind == "f" else 0
