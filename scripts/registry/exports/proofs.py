"""Whether a model answers the same rows as it did before. Pure, numpy only."""

import numpy as np

from registry.artifacts import arrays
from registry.artifacts.inference import Arrays

TOLERANCE = 1e-5
OTHERWISE = "returned a model that answers the same rows otherwise each time"


def differences(answers: Arrays, others: Arrays) -> np.ndarray:
    """Return the largest difference in each row, of all outputs, relative to the largest value of each; infinite for
    other names, shapes, texts and NaN in only one of the two."""
    rows = len(next(iter(answers.values())))
    if answers.keys() != others.keys():
        return np.full(rows, np.inf)
    return np.max([_difference(part, others[name]) for name, part in answers.items()], axis=0)


def _difference(outputs: np.ndarray, others: np.ndarray) -> np.ndarray:
    rows = len(outputs)
    if outputs.shape != others.shape:
        return np.full(rows, np.inf)
    if outputs.dtype.kind not in arrays.NUMBERS:
        same = np.array(arrays.texts(outputs)) == np.array(arrays.texts(others))
        return np.where(same.reshape(rows, -1).all(axis=1), 0, np.inf)
    some, more = (part.astype(float).reshape(rows, -1) for part in (outputs, others))
    largest = max(1.0, float(np.abs(some[np.isfinite(some)]).max(initial=0)))
    same = (some == more) | (np.isnan(some) & np.isnan(more))
    with np.errstate(invalid="ignore"):
        found = np.where(same, 0, np.abs(some - more) / largest)
    return np.nan_to_num(found, nan=np.inf, posinf=np.inf).max(axis=1, initial=0)
