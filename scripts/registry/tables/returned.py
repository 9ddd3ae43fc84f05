"""What keeps what load() returned from being used, with the row and column where there is one. Pure, numpy only."""

from collections.abc import Mapping

import numpy as np

from registry.artifacts import bulk
from registry.artifacts.arrays import NUMBERS, Features, named, parts

DATES = "M"
TEXTS = 50_000  # looked at at once
MASKED = "returned {0} as a masked array; fill it, as {0}.filled(np.nan) does"


def fault(features: object, labels: object) -> str | None:
    """Say what is wrong with features and labels, or None. NaN is a value of a feature as any other."""
    if not isinstance(features, np.ndarray | Mapping) or not isinstance(labels, np.ndarray):
        return f"returned {named(features)} and {named(labels)}; return features and labels as NumPy arrays"
    if isinstance(features, Mapping) and not (features and all(isinstance(name, str) and name for name in features)):
        names = sorted(map(str, features)) or "no name"
        return f"returned features by {names}; name each by the model's input, as text"
    if not all(isinstance(part, np.ndarray) for part in parts(features).values()):
        return "returned features that are not all NumPy arrays"
    if isinstance(labels, np.ma.MaskedArray):
        return "returned labels as a masked array; leave out the rows that have none"
    if labels.ndim != 1:
        return f"returned labels of shape {labels.shape}; {_one_a_row(labels)}"
    if not len(labels):
        return "returned no rows"
    faults = (_feature_fault(f"features[{name!r}]" if name else "features", part, len(labels))
              for name, part in parts(features).items())  # fmt: skip
    return missing_fault("labels", labels) or next(filter(None, faults), None)


def ranking_fault(features: object) -> str | None:
    """Say what keeps good features from being interactions of persons with items, or None."""
    if not isinstance(features, Mapping) or features.keys() != {"user", "item"}:
        names = _names(parts(features))
        return f'returned features {names}; a ranking has {{"user": users, "item": items}}'
    for name, part in sorted(features.items()):
        if part.ndim != 1 or part.dtype.kind not in "iuUO":
            text = f"returned features[{name!r}] of shape {part.shape} and type {part.dtype}"
            return f"{text}; return one id a row, as text or a whole number"
    return None


def group_fault(groups: object, count: int) -> str | None:
    """Say what is wrong with the groups (or ids) of so many rows, or None."""
    return _value_fault("groups", groups, count, f"{NUMBERS}UO") or missing_fault("groups", groups)


def column_fault(name: str, column: object, count: int) -> str | None:
    """Say what is wrong with a column of so many rows, or None; what is missing in it is no fault."""
    return _value_fault(f"columns[{name!r}]", column, count, f"{NUMBERS}{DATES}UO")


def missing_fault(what: str, values: np.ndarray) -> str | None:
    """Say which of values, one a row, is NaN, infinite or no date, where each must be something; or None."""
    bad = ~np.isfinite(values) if values.dtype.kind in f"f{DATES}" else np.zeros(1, bool)
    kind = "no date" if values.dtype.kind == DATES else "NaN or infinity"
    return f"returned {kind} in {first(what, bad)}; clean them in load()" if bad.any() else None


def misfit(features: Features, known: Features) -> str | None:
    """Say in what features, of good rows, are not such as others that a model is made for, or None."""
    these, those = parts(features), parts(known)
    if these.keys() != those.keys():
        return f"returned features {_names(these)}, and of data {_names(those)}; return the same of both files"
    for name in sorted(these):
        one, other = described(these[name]), described(those[name])
        if one != other:
            what = f"features[{name!r}]" if name else "features"
            return f"returned {what} of {one} a row, and of data {other}; return the same of both files"
    return None


def _names(named: Mapping[str, np.ndarray]) -> str:
    return "as one array" if list(named) == [""] else f"by {', '.join(sorted(named))}"


def described(part: np.ndarray) -> str:
    """Say what a row of an array is: 28×28 float32, or text."""
    size = "×".join(map(str, part.shape[1:]))
    return f"{size} {part.dtype if part.dtype.kind in NUMBERS + DATES else 'text'}".lstrip()


def _value_fault(what: str, values: object, count: int, kinds: str) -> str | None:
    """Say what is wrong with what should be one value a row."""
    if not isinstance(values, np.ndarray) or values.ndim > 1:
        shown = f"{what} of shape {values.shape}" if isinstance(values, np.ndarray) else f"{named(values)} as {what}"
        return f"returned {shown}; return a NumPy array with one value a row"
    return _part_fault(what, values, count, kinds)


def _feature_fault(what: str, part: np.ndarray, count: int) -> str | None:
    if found := _part_fault(what, part, count, f"{NUMBERS}UO"):
        return found
    if not (part.dtype.kind == "f" and part.size and _is_infinite(part)):
        return None
    advice = "clip it in load(), or write NaN for what is missing"
    return f"returned infinity in {first(what, np.isinf(part))}; {advice}"


def _is_infinite(part: np.ndarray) -> bool:
    """Say whether an array holds infinity, without another of its size."""
    return any(np.isinf(block).any() for _, block in bulk.blocks(part))


def _part_fault(what: str, part: np.ndarray, count: int, kinds: str) -> str | None:
    if isinstance(part, np.ma.MaskedArray):
        return MASKED.format(what)
    if part.ndim == 0 or len(part) != count:
        return f"returned {what} of shape {part.shape} for {count} labels; return one row a label"
    if part.dtype.kind == "O":
        odd = np.fromiter((type(value) is not str for value in part.flat), bool, part.size).reshape(part.shape)
        text = f"returned {', '.join(sorted({type(value).__name__ for value in part[odd]}))} as objects"
        if odd.any():
            return f"{text} in {first(what, odd)}; return numbers, or nothing but str"
    elif part.dtype.kind not in kinds:
        return f"returned {what} of type {part.dtype}; return numbers{', dates' * (DATES in kinds)} or text"
    return torn_fault(what, part)


def torn_fault(what: str, part: np.ndarray) -> str | None:
    """Say which text holds half a letter, as reading with surrogateescape leaves it, and UTF-8 has none; or None."""
    if part.dtype.kind not in "UO" or all(map(_is_utf8, np.array_split(part.ravel(), part.size // TEXTS + 1))):
        return None
    torn = np.fromiter((not _is_utf8(np.array([text], object)) for text in part.flat), bool, part.size)
    place = first(what, torn.reshape(part.shape))
    return f"returned text that is not Unicode in {place}; read the file by its own encoding"


def _is_utf8(texts: np.ndarray) -> bool:
    """Say whether UTF-8 has all letters of some texts."""
    try:
        "".join(texts.tolist()).encode()
    except UnicodeEncodeError:
        return False
    return True


def _one_a_row(labels: np.ndarray) -> str:
    """Say how labels that have two dimensions become one a row."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        return "return one label a row: write `labels = labels[:, 0]` in load()"
    ordered = np.sort(labels) if labels.ndim == 2 and labels.dtype.kind in NUMBERS else np.empty((1, 0))
    if ordered.shape[1] and (ordered[:, -1] == 1).all() and not ordered[:, :-1].any():
        return "they are one-hot: write `labels = labels.argmax(axis=1)` in load()"
    return "return one label a row"


def first(what: str, bad: np.ndarray) -> str:
    """Say where the first bad value is, and of how many: `row 17, column 3 of features, the first of 4`."""
    row, *rest = (int(step) for step in np.unravel_index(bad.argmax(), bad.shape))
    column = f", column {rest[0]}" if len(rest) == 1 else f", at {rest}" if rest else ""
    more = f", the first of {count:,}" if (count := int(np.count_nonzero(bad))) > 1 else ""
    return f"row {row}{column} of {what}{more} (counted from 0)"
