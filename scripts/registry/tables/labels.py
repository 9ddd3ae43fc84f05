"""Labels that a task can't use, each with the line of load() that mends it. Pure, numpy only."""

import numpy as np

from registry.errors import one_line
from registry.tables import returned

TEXTS = "UST"
MOST_SHOWN = 5
NUMBERED, LISTED = "np.unique(labels, return_inverse=True)[1]", "np.searchsorted(NAMES, labels)"


def fault(task: str, labels: np.ndarray, known: int | None = None) -> str | None:
    """Say what keeps labels (one a row, none of them NaN) from being used for a task, or None.

    `known` is None where all rows are in one file, else 0 for those to train with. For those held out it is how many
    classes training knows, counted from 0, and no label may be of another.
    """
    if task == "classification":
        return _classification_fault(labels, known)
    return {"regression": _regression_fault, "ranking": _ranking_fault, "clustering": _clustering_fault}[task](labels)


def _regression_fault(labels: np.ndarray) -> str | None:
    if labels.dtype.kind in "fiu":
        return None
    text = f"returned {_shown(labels)}; regression needs numbers"
    advice = "for classes write `task: classification` in model.yaml"
    return f"{text}: {_write('labels.astype(float)')}" if _become(float, labels) else f"{text}, and {advice}"


def _ranking_fault(labels: np.ndarray) -> str | None:
    if labels.dtype.kind not in "fiub":
        return f"returned {_shown(labels)}; a ranking needs numbers: how relevant each item was, 0 for not at all"
    if (odd := labels < 0).any():
        told = f"returned {labels[odd][0]:g} in {returned.first('labels', odd)}"
        return f"{told}; how relevant an item was is a number from 0 up"
    return None if labels.any() else "returned labels that are all 0; a ranking needs items that were relevant"


def _clustering_fault(labels: np.ndarray) -> str | None:
    if labels.dtype.kind in f"iub{TEXTS}" or (labels.dtype.kind == "O" and all(type(one) is str for one in labels)):
        return returned.torn_fault("labels", labels)
    text = f"returned {_shown(labels)}; a clustering has classes as labels, whole numbers or text, or None"
    return f"{text}: {_write('labels.astype(int)')}" if _become(int, labels) else text


def _classification_fault(labels: np.ndarray, known: int | None) -> str | None:
    if labels.dtype.kind in "iu":
        return _strange_fault(labels, known) if known else _class_fault(labels, known)
    if labels.dtype.kind == "f" and (odd := labels % 1 != 0).any():
        told = f"returned {labels[odd][0]:g} in {returned.first('labels', odd)}; a class is a whole number from 0"
        return f"{told}, and for other numbers write `task: regression` in model.yaml"
    text = f"returned {_shown(labels)}; classification needs whole numbers from 0"
    if _become(int, labels):
        return f"{text}: {_write('labels.astype(int)')}"
    return f"{text}: {_number(known)}" if _can_be_sorted(labels) else f"{text}, a number for each class"


def _class_fault(labels: np.ndarray, known: int | None) -> str | None:
    """Say what is wrong with whole numbers: classes are counted from 0, without gaps."""
    classes = np.unique(labels)
    if len(classes) < 2:
        return "returned labels of one class only; a classifier needs two or more"
    first, last = int(classes[0]), int(classes[-1])
    if (first, last) == (0, len(classes) - 1):
        return None
    mend = _write("labels - 1") if (first, last) == (1, len(classes)) else _number(known)
    counted = f"returned {len(classes):,} classes, numbered from {first} to {last}"
    return f"{counted}; count them from 0, without a gap: {mend}"


def _strange_fault(labels: np.ndarray, known: int) -> str | None:
    """Say what is wrong with classes of rows that are held out: training must know each, and one alone tells little."""
    classes = np.unique(labels)
    if len(strange := classes[(classes < 0) | (classes >= known)]):
        shown = ", ".join(map(str, strange[:MOST_SHOWN])) + ", …" * (len(strange) > MOST_SHOWN)
        text = f"returned labels that no row to train with has: {shown}, in {returned.first('labels', np.isin(labels, strange))}"
        return f"{text}; bring such rows to train with too, or leave them out of both files"
    return "returned labels of one class only; hold out rows of two or more" if len(classes) < 2 else None


def _number(known: int | None) -> str:
    """Return the line that numbers classes: two files need one list, since each may lack some."""
    return _write(NUMBERED) if known is None else f"{_write(LISTED)}, with NAMES a sorted list of those in both files"


def _write(expression: str) -> str:
    return f"write `labels = {expression}` in load()"


def _become(kind: type, labels: np.ndarray) -> bool:
    """Say whether NumPy turns labels into numbers of a kind without a loss."""
    if labels.dtype.kind not in f"biufO{TEXTS}":
        return False
    try:
        with np.errstate(invalid="ignore"):  # of floats that no integer can hold
            return bool((labels.astype(kind) == labels.astype(float)).all())
    except (TypeError, ValueError, OverflowError):
        return False


def _can_be_sorted(labels: np.ndarray) -> bool:
    try:
        return bool(len(np.unique(labels)))
    except TypeError:
        return False


def _shown(labels: np.ndarray) -> str:
    """Say what labels are, those that are text by their first values."""
    kinds = sorted({type(label).__name__ for label in labels}) if labels.dtype.kind == "O" else []
    if labels.dtype.kind in TEXTS or kinds == ["str"]:
        values = list(dict.fromkeys(one_line(str(label), 30) for label in labels[:1000]))
        more = ", …" if len(values) > MOST_SHOWN else ""
        return f"text as labels ({', '.join(values[:MOST_SHOWN])}{more})"
    return f"{labels.dtype} labels" + (f" that hold {', '.join(kinds)}{_rarest(labels)}" if kinds else "")


def _rarest(labels: np.ndarray) -> str:
    """Say where labels of several types have the one that they have least of."""
    kinds = np.array([type(label).__name__ for label in labels])
    names, counts = np.unique(kinds, return_counts=True)
    rarest = names[counts.argmin()]
    return f", the {rarest} in {returned.first('labels', kinds == rarest)}" if len(names) > 1 else ""
