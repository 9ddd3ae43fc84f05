"""How outputs are scored. The one door to scikit-learn. Pure."""

import math
from collections.abc import Callable, Collection
from functools import cache

import numpy as np
from sklearn import metrics

from registry.artifacts import arrays
from registry.specs import thresholds

MOST_CLASSES_SHOWN = 50
BINS = 10  # of probabilities, equally wide


def predictions(task: str, outputs: np.ndarray, rows: int, count: int) -> np.ndarray:
    """Return outputs in the shape that `score` takes, of so many classes; raise ValueError, saying what is needed instead.

    classification: probabilities of shape (rows, classes); a single sigmoid column becomes two. regression: (rows,).
    """
    if outputs.dtype.kind not in arrays.NUMBERS:
        raise ValueError(f"gives outputs of type {outputs.dtype}; give numbers")
    if task == "regression":
        if outputs.shape not in ((rows,), (rows, 1)):
            raise ValueError(f"gives outputs of shape {outputs.shape}; regression needs ({rows}, 1)")
        return outputs.reshape(rows).astype(float)
    if outputs.shape == (rows, 1) and count == 2:
        if _leaves(outputs):
            raise ValueError("gives outputs below 0 or above 1; end it with sigmoid")
        outputs = np.hstack([1 - outputs, outputs])
    if outputs.ndim != 2 or len(outputs) != rows or outputs.shape[1] < count:
        raise ValueError(f"gives outputs of shape {outputs.shape}; {count} classes need ({rows}, {count})")
    if _leaves(outputs):
        raise ValueError("gives outputs below 0 or above 1; end it with softmax")
    if np.isfinite(outputs).all() and not np.allclose(outputs.sum(axis=1), 1, atol=1e-3):
        raise ValueError("gives outputs that don't add up to 1; end it with softmax")
    return outputs.astype(float)


def _leaves(outputs: np.ndarray) -> bool:
    """Say whether outputs are no probabilities; what is NaN or infinite is told elsewhere."""
    return bool(np.isfinite(outputs).all() and (outputs.min() < 0 or outputs.max() > 1 + 1e-3))


def score(
    task: str,
    outputs: np.ndarray,
    labels: np.ndarray,
    decision: float | None = None,
    told: Collection[str] | None = None,
) -> dict[str, float | None]:
    """Return the metrics of a task, or those that are to be told, for `predictions`.

    All are None when there is no row, or an output is NaN or infinite.
    """
    names = thresholds.METRICS[task] if told is None else told
    if not len(labels) or not np.isfinite(outputs).all():
        return dict.fromkeys(names)
    known = _regression(outputs, labels) if task == "regression" else _classification(outputs, labels, decision)
    return {name: _number(known[name]()) for name in names}


def _regression(outputs: np.ndarray, labels: np.ndarray) -> dict[str, Callable[[], float]]:
    return {
        "mae": lambda: metrics.mean_absolute_error(labels, outputs),
        "rmse": lambda: metrics.root_mean_squared_error(labels, outputs),
        "r2": lambda: metrics.r2_score(labels, outputs) if len(labels) > 1 else math.nan,
    }


def _classification(outputs: np.ndarray, labels: np.ndarray, decision: float | None) -> dict[str, Callable[[], float]]:
    guesses, classes = guessed(outputs, decision), np.arange(outputs.shape[1])
    shares = outputs / outputs.sum(axis=1, keepdims=True)
    # of the classes that occur in the labels or the guesses
    mean = cache(lambda: metrics.precision_recall_fscore_support(labels, guesses, average="macro", zero_division=0))
    return {
        "accuracy": lambda: metrics.accuracy_score(labels, guesses),
        "precision": lambda: mean()[0],
        "recall": lambda: mean()[1],
        "f1": lambda: mean()[2],
        "log_loss": lambda: metrics.log_loss(labels, shares, labels=classes),
        "roc_auc": lambda: _area(metrics.roc_auc_score, outputs, labels),
        "pr_auc": lambda: _area(metrics.average_precision_score, outputs, labels),
        "brier": lambda: metrics.brier_score_loss(
            labels, shares[:, 1] if len(classes) == 2 else shares, labels=classes
        ),
        "ece": lambda: _calibration_error(*calibrated(outputs, labels)),
    }


def guessed(outputs: np.ndarray, decision: float | None) -> np.ndarray:
    """Return the class of each row: the likeliest; of two, with a `decision`, class 1 from that probability on."""
    return outputs.argmax(axis=1) if decision is None else (outputs[:, 1] >= decision).astype(int)


def separable(outputs: np.ndarray, labels: np.ndarray) -> list[int]:
    """Return the classes that an area is of: that some rows are of and some not; of two classes only class 1."""
    known = np.unique(labels) if outputs.shape[1] > 2 else [1]
    return [int(label) for label in known if 0 < np.count_nonzero(labels == label) < len(labels)]


def _area(scorer: Callable, outputs: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean of an area over the classes, one against the rest."""
    found = [scorer(labels == label, outputs[:, label]) for label in separable(outputs, labels)]
    return math.fsum(found) / len(found) if found else math.nan


def calibrated(outputs: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a probability of each row, and whether what it is of was so: class 1 of two, else the likeliest class."""
    if outputs.shape[1] == 2:
        return outputs[:, 1], labels == 1
    return outputs.max(axis=1), outputs.argmax(axis=1) == labels


def bins(probabilities: np.ndarray) -> np.ndarray:
    """Return the number of the bin that each probability lies in, from 0 to BINS - 1."""
    return np.clip((probabilities * BINS).astype(int), 0, BINS - 1)


def _calibration_error(probabilities: np.ndarray, observed: np.ndarray) -> float:
    """Return the expected calibration error: Naeini, Cooper, Hauskrecht, "Obtaining well calibrated probabilities using
    Bayesian binning", 2015."""
    return np.abs(np.bincount(bins(probabilities), observed - probabilities)).sum() / len(observed)


def by_label(
    outputs: np.ndarray, labels: np.ndarray, count: int, decision: float | None = None
) -> list[dict[str, float | None]]:
    """Return precision, recall and F1 of each class, one against the rest; None of one without a row here.

    All are None when an output is NaN or infinite.
    """
    guesses, classes = guessed(outputs, decision), np.arange(count)
    if not len(labels) or not np.isfinite(outputs).all():
        return [dict.fromkeys(thresholds.OF_CLASSES)] * count
    *columns, support = metrics.precision_recall_fscore_support(labels, guesses, labels=classes, zero_division=0)
    return [
        {name: float(value) if rows else None for name, value in zip(thresholds.OF_CLASSES, values, strict=True)}
        for rows, *values in zip(support, *columns, strict=True)
    ]


def confusion(outputs: np.ndarray, labels: np.ndarray, decision: float | None = None) -> list[list[int]] | None:
    """Return how often a row of class i was taken for class j, or None when there are too many classes to show."""
    classes = outputs.shape[1]
    if classes > MOST_CLASSES_SHOWN:
        return None
    return metrics.confusion_matrix(labels, guessed(outputs, decision), labels=np.arange(classes)).tolist()


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
