"""Metrics as functions of totals: what each row adds to some sums, and what follows from the sums. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

Key = str | tuple[str, int]


@dataclass(frozen=True)
class Part:
    """Some metrics of the same sums: `added` is what rows add to them, of shape (rows, sums), maybe as a sparse matrix.

    `combine` takes totals of shape (sums, resamples), and gives values of shape (metrics, resamples).
    """

    added: np.ndarray
    combine: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Block:
    """Metrics by name, each the mean over some parts; a metric of one class has the name (metric, class)."""

    names: Sequence[Key]
    parts: Callable[[], Iterator[Part]]


def mean(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return means; there is none of nothing."""
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
