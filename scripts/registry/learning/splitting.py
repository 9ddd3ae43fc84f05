"""Which rows are held out and which fold each is in: decided by the rows, by a hash of each. Pure, numpy only.

No seed, no order and no other row has a say: a row stays on its side when the data grows, and equal rows, or those of
one group, share a side.
"""

import hashlib
from collections.abc import Iterator

import numpy as np

from registry.artifacts import arrays
from registry.artifacts.arrays import Features

BLOCK = 1024  # rows that are turned into one type at a time
WHOLE = 2.0**24  # as far as float32 knows every whole number
HASHES = 2**64

Split = tuple[np.ndarray, np.ndarray]


def row_keys(features: Features, labels: np.ndarray) -> np.ndarray:
    """Return a hash of what each row holds, its label included: shape (rows,), uint64.

    It is of the values, whatever type, shape or names they come in: numbers as models take them, rounded to float32.
    """
    named = [part for _, part in sorted(arrays.parts(features).items())]
    return _keys(map(b"".join, zip(*map(_cells, [*named, labels]), strict=True)))


def group_keys(groups: np.ndarray) -> np.ndarray:
    """Return a hash of each row's group: shape (rows,), uint64; 7 is 7.0 and "7"."""
    names, members = np.unique(groups, return_inverse=True)
    return _keys(_name(one).encode("utf-8", "surrogatepass") for one in names.tolist())[members]


def _keys(contents: Iterator[bytes]) -> np.ndarray:
    digests = (hashlib.blake2b(content, digest_size=8).digest() for content in contents)
    return np.fromiter((int.from_bytes(digest, "little") for digest in digests), np.uint64)


def _name(value: object) -> str:
    return str(int(value)) if isinstance(value, bool | float) and value == int(value) else str(value)


def _cells(part: np.ndarray) -> Iterator[bytes]:
    """Yield the bytes of each row of an array, the same for the same values."""
    for start in range(0, len(part), BLOCK):
        block = part[start : start + BLOCK]
        block = block.reshape(len(block), -1)
        if part.dtype.kind in arrays.NUMBERS:
            yield from (row.tobytes() for row in _numbers(block))
        else:
            yield from map(_texts, block.tolist())


def _texts(row: list[str]) -> bytes:
    encoded = [text.encode("utf-8", "surrogatepass") for text in row]
    return b"".join(len(text).to_bytes(8, "little") + text for text in encoded)


def _numbers(block: np.ndarray) -> np.ndarray:
    """Return numbers as float64, those that float32 can't tell apart as one; larger ones are mostly ids, and stay."""
    exact = block.astype("<f8") + 0.0  # which makes 0 of -0
    with np.errstate(over="ignore"):
        return np.where(np.abs(exact) < WHOLE, exact.astype(np.float32), exact).astype("<f8")


def holdout(keys: np.ndarray, labels: np.ndarray, share: float, task: str, unit: str = "row") -> np.ndarray:
    """Return which rows are held out: those whose key is below a share of all hashes; rows of one key stay together.

    `unit` says what a key is of. Raises ValueError where either side lacks what it needs.
    """
    held, classes = keys < np.uint64(share * HASHES), task == "classification"
    count, rest = int(np.count_nonzero(held)), int(np.count_nonzero(~held))
    if classes and (rarest := _rarest(keys, labels))[1] < 2:
        told = f"class {rarest[0]} has 1 {unit}, and needs one to train with and one to hold out"
        raise ValueError(f"{told}; {_leave_out(rarest[0])}")
    if min(count, rest) < (least := len(np.unique(labels)) if classes else 1):
        kind = "larger" if count < least else "smaller"
        told = f"{count} to hold out and {rest} to train with are too few"
        raise ValueError(f"{told}; write a {kind} data.holdout in model.yaml, or bring more rows")
    if classes:
        _check_classes(labels, labels[~held], labels[held])
    return held


def _check_classes(labels: np.ndarray, train: np.ndarray, test: np.ndarray) -> None:
    """Raise ValueError where training would lack a class, or the judging all but one."""
    if len(np.unique(test)) < 2:
        raise ValueError("those held out would be of one class only; write a larger data.holdout in model.yaml")
    if len(missing := np.setdiff1d(labels, train)):
        told = f"class {missing[0]} would be held out whole, with no row left to train with"
        raise ValueError(f"{told}; write a smaller data.holdout in model.yaml, or {_leave_out(missing[0])}")


def folds(keys: np.ndarray, labels: np.ndarray, count: int, task: str, unit: str = "row") -> list[Split]:
    """Return for each fold of a cross-validation the rows to train with and the rows to test on.

    The keys of each class are dealt out in the order of their hashes: folds are alike, and rows of one key share one.
    Raises ValueError when a class (or the whole) has fewer keys than that takes.
    """
    classes = task == "classification"
    if classes and (rarest := _rarest(keys, labels))[1] < count:
        label, rows = rarest
        told = f"{count} folds need {count} {unit}s of each class to train with, but class {label} has {rows}"
        fewer = f"write evaluation.folds: {rows if rows > 1 else 0} in model.yaml"
        raise ValueError(f"{told}; {fewer}, or {_leave_out(label)}")
    fold, different = _dealt(keys, labels if classes else np.zeros(len(labels)), count)
    if different < count or len(labels) < 2 * count:
        told = f"{count} folds need {count} {unit}s and {2 * count} rows to train with"
        few = "write fewer evaluation.folds in model.yaml, or bring more rows"
        raise ValueError(f"{told}, but there are {different} and {len(labels)}; {few}")
    if classes and len(alone := _in_one(fold, labels)):
        told = f"{count} folds would leave one of them without class {alone[0]} to train with"
        raise ValueError(f"{told}; write another number of evaluation.folds in model.yaml, or {_leave_out(alone[0])}")
    return [(np.flatnonzero(fold != place), np.flatnonzero(fold == place)) for place in range(count)]


def _dealt(keys: np.ndarray, labels: np.ndarray, count: int) -> tuple[np.ndarray, int]:
    """Return the fold of each row, and how many keys there are; a key of several classes counts for the first."""
    order = np.lexsort((labels, keys))
    first = np.r_[True, keys[order][1:] != keys[order][:-1]]
    number = np.empty(len(keys), int)
    number[order] = np.cumsum(first) - 1
    places = np.empty(np.count_nonzero(first), int)
    places[np.argsort(labels[order][first], kind="stable")] = np.arange(len(places)) % count
    return places[number], len(places)


def _in_one(fold: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the classes whose rows are all in one fold."""
    found = np.unique(np.stack([labels.astype(int), fold]), axis=1)
    classes, folds_of_each = np.unique(found[0], return_counts=True)
    return classes[folds_of_each < 2]


def _rarest(keys: np.ndarray, labels: np.ndarray) -> tuple[int, int]:
    """Return the class that has the fewest keys, and how many."""
    order = np.lexsort((keys, labels))
    first = np.r_[True, (keys[order][1:] != keys[order][:-1]) | (labels[order][1:] != labels[order][:-1])]
    classes, counts = np.unique(labels[order][first], return_counts=True)
    fewest = int(counts.argmin())
    return classes[fewest], int(counts[fewest])


def _leave_out(label: int) -> str:
    advice = f"`keep = labels != {label}` in load() and return features[keep], labels[keep]"
    return f"bring more rows of it, or leave it out: write {advice}"
