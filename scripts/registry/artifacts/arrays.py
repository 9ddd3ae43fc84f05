"""Features as model.py gives them: one array, or a dictionary of arrays with a row each. Pure, numpy only."""

from collections.abc import Collection, Mapping

import numpy as np

NUMBERS = "biuf"
VOWELS = "aeiouAEIOU"
LENGTHS = "lengths/"

Features = np.ndarray | dict[str, np.ndarray]


def parts(features: Features) -> dict[str, np.ndarray]:
    """Return the arrays by name; a single array has the name ''."""
    return features if isinstance(features, Mapping) else {"": features}


def rows(features: Features, index: np.ndarray | slice) -> Features:
    """Return the chosen rows, in the shape the features came in."""
    if isinstance(features, Mapping):
        return {name: part[index] for name, part in features.items()}
    return features[index]


def fitting(features: Features, inputs: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Return arrays by the names of a signature's inputs, as they are; raise ValueError when they don't fit by name."""
    named = parts(features)
    if list(named) == [""] and len(inputs) == 1:
        named = {next(iter(inputs)): named[""]}
    if set(named) != set(inputs):
        raise ValueError(f"takes {_listed(inputs)}, but load() returns {_listed(named)}; return each by its name")
    for name, part in named.items():
        if (inputs[name] == "bytes") != (part.dtype.kind not in NUMBERS):
            wanted = "text" if inputs[name] == "bytes" else inputs[name]
            raise ValueError(f"input {name} takes {wanted}, but load() returns {part.dtype}")
    return named


def cast(named: Mapping[str, np.ndarray], inputs: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Return arrays that fit as a signature's inputs have them; raise ValueError for values that these can't hold."""
    return {name: _cast(name, part, inputs[name]) for name, part in named.items()}


def _cast(name: str, part: np.ndarray, dtype: str) -> np.ndarray:
    if dtype == "bytes":
        return part.astype(object)
    with np.errstate(invalid="ignore", over="ignore"):
        fed = part.astype(dtype, copy=False)
    if not np.can_cast(part.dtype, fed.dtype) and len(lost := part[_is_lost(part, fed)]):
        text = f"{name} takes {dtype}, but load() returns {lost[0]}, which is none"
        raise ValueError(f"input {text}; return {dtype}, or let the model take {part.dtype}")
    return fed


def _is_lost(part: np.ndarray, fed: np.ndarray) -> np.ndarray:
    """Say which values are others in the type of an input, as no client could send them; floats may be rounded."""
    return np.isfinite(part) & ~np.isfinite(fed) if fed.dtype.kind == "f" else fed != part


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(filter(None, names))) or ("one array without a name" if names else "nothing")


def plain(named: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return what stands for arrays in a file without pickles: of text its UTF-8 end to end, and the lengths."""
    found = {}
    for name, part in named.items():
        found[name] = part
        if part.dtype.kind == "O":
            encoded = texts(part)
            found[name] = np.frombuffer(b"".join(encoded), np.uint8)
            found[LENGTHS + name] = np.array([len(text) for text in encoded], np.int64).reshape(part.shape)
    return found


def texts(part: np.ndarray) -> list[bytes]:
    """Return the values of an array of text, which may be bytes already, in UTF-8."""
    return [value if isinstance(value, bytes) else str(value).encode() for value in part.flat]


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


def has_gaps(features: Features) -> bool:
    """Say whether some value is NaN."""
    return any(part.dtype.kind == "f" and bool(np.isnan(part).any()) for part in parts(features).values())


def named(value: object) -> str:
    """Say what a value is: `nothing`, `a list`, `a tuple of 3`."""
    if value is None:
        return "nothing"
    kind = type(value).__name__
    return f"a tuple of {len(value)}" if isinstance(value, tuple) else f"{'an' if kind[0] in VOWELS else 'a'} {kind}"
