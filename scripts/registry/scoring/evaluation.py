"""How outputs of a task are scored: its metrics, by the functions that the table of them names. Pure."""

import math
from collections.abc import Callable, Collection
from functools import cache, lru_cache
from importlib import import_module

import numpy as np
from sklearn import metrics

from registry.tasks import measures
from registry.tasks.given import Scored

MOST_CLASSES_SHOWN = 50
BINS = 10  # of probabilities, equally wide


def score(
    task: str,
    outputs: np.ndarray,
    labels: np.ndarray,
    decision: float | None = None,
    told: Collection[str] | None = None,
) -> dict[str, float | None]:
    """Return the metrics of a task, or those that are to be told, for what `given.shaped` returns.

    All are None when there is no row, or an output is NaN or infinite.
    """
    names = measures.held_out(task) if told is None else told
    if not len(labels) or not np.isfinite(outputs).all():
        return dict.fromkeys(names)
    one = Scored(outputs, labels, decision)
    return {name: _number(_function(measures.of(task)[name].function)(one)) for name in names}


@cache
def _function(name: str) -> Callable[[Scored], float]:
    module, _, function = name.rpartition(".")
    return getattr(import_module(f"registry.{module}"), function)


def mae(one: Scored) -> float:
    """Return the mean absolute error."""
    return metrics.mean_absolute_error(one.labels, one.outputs)


def rmse(one: Scored) -> float:
    """Return the root of the mean squared error."""
    return metrics.root_mean_squared_error(one.labels, one.outputs)


def r2(one: Scored) -> float:
    """Return the share of the labels' variance that is explained; labels that are all the same have none."""
    return metrics.r2_score(one.labels, one.outputs) if np.ptp(one.labels) > 0 else math.nan


def accuracy(one: Scored) -> float:
    """Return the share of rows that are right."""
    return metrics.accuracy_score(one.labels, guessed(one.outputs, one.decision))


@lru_cache(maxsize=1)
def _means(one: Scored) -> tuple[float, ...]:
    """Return precision, recall and F1: means over the classes that occur in the labels or the guesses."""
    guesses = guessed(one.outputs, one.decision)
    return metrics.precision_recall_fscore_support(one.labels, guesses, average="macro", zero_division=0)[:3]


def precision(one: Scored) -> float:
    """Return of the rows taken for a class the share that is of it, as a mean over the classes."""
    return _means(one)[0]


def recall(one: Scored) -> float:
    """Return of the rows of a class the share that is taken for it, as a mean over the classes."""
    return _means(one)[1]


def f1(one: Scored) -> float:
    """Return the harmonic mean of precision and recall of a class, as a mean over the classes."""
    return _means(one)[2]


def _shares(one: Scored) -> np.ndarray:
    """Return the probabilities, which add up to 1 in each row."""
    return one.outputs / one.outputs.sum(axis=1, keepdims=True)


def log_loss(one: Scored) -> float:
    """Return the mean of the negative logarithm of the true class's probability."""
    return metrics.log_loss(one.labels, _shares(one), labels=np.arange(one.outputs.shape[1]))


def roc_auc(one: Scored) -> float:
    """Return the area under the receiver operating characteristic."""
    return _area(metrics.roc_auc_score, one.outputs, one.labels)


def pr_auc(one: Scored) -> float:
    """Return the average precision."""
    return _area(metrics.average_precision_score, one.outputs, one.labels)


def brier(one: Scored) -> float:
    """Return the mean squared error of probabilities: of class 1 of two, else of all classes together."""
    classes = np.arange(one.outputs.shape[1])
    return metrics.brier_score_loss(
        one.labels, _shares(one)[:, 1] if len(classes) == 2 else _shares(one), labels=classes
    )


def ece(one: Scored) -> float:
    """Return the expected calibration error: Naeini, Cooper, Hauskrecht, "Obtaining well calibrated probabilities using
    Bayesian binning", 2015."""
    probabilities, observed = calibrated(one.outputs, one.labels)
    return np.abs(np.bincount(bins(probabilities), observed - probabilities)).sum() / len(observed)


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


def by_label(
    outputs: np.ndarray, labels: np.ndarray, count: int, decision: float | None = None
) -> list[dict[str, float | None]]:
    """Return precision, recall and F1 of each class, one against the rest; None of one without a row here.

    All are None when an output is NaN or infinite.
    """
    guesses, classes = guessed(outputs, decision), np.arange(count)
    if not len(labels) or not np.isfinite(outputs).all():
        return [dict.fromkeys(measures.BY_CLASS)] * count
    *columns, support = metrics.precision_recall_fscore_support(labels, guesses, labels=classes, zero_division=0)
    return [
        {name: float(value) if rows else None for name, value in zip(measures.BY_CLASS, values, strict=True)}
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
