"""What a model must beat: answers that need no model, learned from the rows to train with. Pure, numpy only."""

import numpy as np

from registry.tables.windows import Course

MAJORITY, MEAN, LAST, POPULAR, RANDOM = "majority", "mean", "last value", "most popular", "random clusters"


def shares(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return the share of each class: shape (classes,)."""
    return np.bincount(labels.astype(int), minlength=classes) / len(labels)


def constants(labels: np.ndarray, count: int) -> np.ndarray:
    """Return for each of so many rows the mean, and the median, which no constant has a smaller absolute error than.

    Its shape is (2, rows).
    """
    return np.repeat([[labels.mean(dtype=float)], [np.median(labels)]], count, axis=1)


def last(labels: np.ndarray, known: Course, groups: np.ndarray) -> np.ndarray:
    """Return for each row, by its group, the label that this had last, of all where it had none: shape (rows,).

    Where several rows share the last time it is their mean.
    """
    latest, values = known.groups[known.order[known.begins]], _last(labels, known)
    place = np.minimum(np.searchsorted(latest, groups), len(latest) - 1)
    whole = Course(known.times, known.gap, np.zeros_like(known.groups))
    return np.where(latest[place] == groups, values[place], _last(labels, whole)[0])


def _last(labels: np.ndarray, known: Course) -> np.ndarray:
    """Return the mean of the labels at each group's last time."""
    ends = known.begins + known.sizes
    starts = known.moments[np.searchsorted(known.moments, ends) - 1]
    sums = np.r_[0.0, np.cumsum(labels[known.order], dtype=float)]
    return (sums[ends] - sums[starts]) / (ends - starts)
