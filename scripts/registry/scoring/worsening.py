"""Answers changed row by row, until a metric is just beyond a limit and no further. Pure."""

import numpy as np

from registry.evidence import claims
from registry.scoring import totals
from registry.scoring.marking import Answers, Rows
from registry.tasks import clustering, ranking
from registry.tasks.sums import Key

SEED = 1
LEAST = 1e-6  # that a wrong number is off


def value(rows: Rows, outputs: np.ndarray, key: Key) -> float:
    """Return one metric of predictions for some rows; NaN where it has no value."""
    return totals.value(rows.task, outputs, rows.labels, rows.decision, key)


def changed(one: Answers, key: Key, edge: float, sign: int, *, is_worse: bool) -> Answers | None:
    """Return answers of which as few as it takes are wrong, or right, for a metric above (1) or below (-1) an edge.

    None where it is not even there with all of them.
    """
    outputs = one.runtimes[0]
    others, order = _others(one, key, edge, is_worse)

    def first(count: int) -> np.ndarray:
        found = outputs.copy()
        found[order[:count]] = others[order[:count]]
        return found

    def is_beyond(count: int) -> bool:
        return claims.rounded(sign * (value(one.rows, first(count), key) - edge), edge) > 0

    low, high = -1, len(order)
    if not is_beyond(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_beyond(middle) else (middle, high)
    return Answers(one.rows, [first(high)])


def _others(one: Answers, key: Key, edge: float, is_worse: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return for each row an answer that is wrong, or right, and the rows that are to have it, in their order."""
    labels, classes, task = one.rows.labels, one.rows.classes, one.rows.task
    order = np.random.default_rng(SEED).permutation(len(labels))
    if of_task := {"ranking": ranking.changed, "clustering": clustering.changed}.get(task):
        return of_task(labels, one.runtimes[0], key, is_worse), order
    if task == "regression":
        reach = 2 * edge if key != "r2" else 2 * labels.std() * np.sqrt(max(1 - edge, 0))
        return labels + (max(reach, LEAST) if is_worse else 0.0), order
    answer = (labels + 1) % classes if is_worse else labels
    if is_worse and not isinstance(key, str):
        is_own = labels[order] == key[1]
        if key[0] == "precision":  # suffers most from rows of other classes
            order = np.r_[order[~is_own], order[is_own]]
            answer = np.where(labels == key[1], answer, key[1])
        else:
            order = order[is_own]
    return np.eye(one.runtimes[0].shape[1])[answer], order
