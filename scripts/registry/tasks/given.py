"""What a model gives, in the shape that its task is scored by. Pure, numpy only."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from registry.artifacts import arrays

MOST_CLUSTERS = 10_000


@dataclass(frozen=True, eq=False)
class Scored:
    """What a model gave, as `shaped` returns it, and what is true of the same rows: labels, or what a task has instead."""

    outputs: np.ndarray
    labels: object
    decision: float | None = None


@dataclass(frozen=True)
class Given:
    """What a team's metrics are given: what a model answers, what is true of the rows, and their columns, as plain arrays."""

    outputs: np.ndarray
    labels: np.ndarray
    columns: Mapping[str, np.ndarray]

    def few(self, chosen: np.ndarray) -> "Given":
        """Return it on some of the rows."""
        columns = {name: column[chosen] for name, column in self.columns.items()}
        return Given(self.outputs[chosen], self.labels[chosen], columns)


def shaped(task: str, outputs: np.ndarray, rows: int, count: int) -> np.ndarray:
    """Return outputs in the shape that a task is scored by, of so many classes; raise ValueError, saying what is needed.

    classification: probabilities of shape (rows, classes); a single sigmoid column becomes two. regression: (rows,).
    clustering: the number of each row's cluster, (rows,). The lists of a ranking are numbered by `ranking.numbered`.
    """
    if outputs.dtype.kind not in arrays.NUMBERS:
        raise ValueError(f"gives outputs of type {outputs.dtype}; give numbers")
    return {"classification": _probabilities, "regression": _numbers, "clustering": _clusters}[task](
        outputs, rows, count
    )


def _numbers(outputs: np.ndarray, rows: int, _: int) -> np.ndarray:
    if outputs.shape not in ((rows,), (rows, 1)):
        raise ValueError(f"gives outputs of shape {outputs.shape}; regression needs ({rows}, 1)")
    return outputs.reshape(rows).astype(float)


def _probabilities(outputs: np.ndarray, rows: int, count: int) -> np.ndarray:
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


def _clusters(outputs: np.ndarray, rows: int, _: int) -> np.ndarray:
    if outputs.ndim not in (1, 2) or len(outputs) != rows or not outputs[:1].size:
        text = f"clustering needs the number of each row's cluster, ({rows},), or scores, ({rows}, clusters)"
        raise ValueError(f"gives outputs of shape {outputs.shape}; {text}")
    if not np.isfinite(outputs).all():
        raise ValueError("gives outputs that are NaN or infinite; give finite ones")
    if outputs.ndim == 2 and outputs.shape[1] > 1:
        return outputs.argmax(axis=1)
    found = outputs.reshape(rows)
    if (found % 1 != 0).any():
        raise ValueError(f"gives {found[found % 1 != 0][0]:g} as the number of a cluster; give whole numbers from 0")
    if found.min() < 0:
        told = f"gives cluster {found.min():g}; number them from 0"
        raise ValueError(f"{told}, those that belong nowhere as a cluster of their own")
    if found.max() >= MOST_CLUSTERS:
        raise ValueError(f"gives cluster {found.max():g}; number them from 0 without gaps, {MOST_CLUSTERS:,} at most")
    return found.astype(int)
