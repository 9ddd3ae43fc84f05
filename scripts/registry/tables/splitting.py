"""Which rows are held out and which fold each is in: decided by the rows, by a hash of each. Pure, numpy only.

No seed, no order and no other row has a say: a row stays on its side when the data grows, and equal rows, or those of
one group, share a side.
"""

import numpy as np

HASHES = 2**64

Split = tuple[np.ndarray, np.ndarray]


def holdout(keys: np.ndarray, labels: np.ndarray, share: float, task: str, unit: str = "row") -> np.ndarray:
    """Return which rows are held out: those whose key is below a share of all hashes; rows of one key stay together.

    `unit` says what a key is of. Raises ValueError where either side lacks what it needs.
    """
    if unit == "group" and (keys == keys[0]).all():
        raise ValueError("all rows are of 1 group, and it takes one to train with and one to hold out; bring more")
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
        check_classes(labels, labels[~held], labels[held])
    return held


def check_classes(labels: np.ndarray, train: np.ndarray, test: np.ndarray) -> None:
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
    count = int(fold.max()) + 1
    rows = np.bincount(labels.astype(int) * count + fold, minlength=(int(labels.max()) + 1) * count)
    return np.flatnonzero((rows.reshape(-1, count) > 0).sum(axis=1) == 1)


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
