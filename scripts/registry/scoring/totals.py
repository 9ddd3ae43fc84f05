"""Every metric as a function of totals: what each row adds to some sums, and what follows from the sums. Pure.

So a resample costs a product of matrices, and not another look at the rows. All sums are over rows, of whichever
weight; a metric of the rows as they are has the value that scikit-learn gives it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from registry.scoring import evaluation
from registry.tasks import clustering, measures, ranking
from registry.tasks.sums import Block, Key, Part
from registry.tasks.sums import mean as _mean

FINE, COARSE = 256, 32  # bins of the scores of either side, of which an area is made: of one class, of very many
LEAST = np.finfo(float).eps  # a probability, as scikit-learn takes it for a logarithm


def blocks(task: str, outputs: np.ndarray, labels: np.ndarray, decision: float | None = None) -> dict[str, Block]:
    """Return the blocks of what `given.shaped` returns for a task; `labels` is what is true of the rows."""
    if task == "classification":
        return _of_classes(outputs, labels, decision)
    of_task = {"regression": _of_numbers, "ranking": ranking.blocks, "clustering": clustering.blocks}
    return of_task[task](labels, outputs)


def _of_numbers(labels: np.ndarray, outputs: np.ndarray) -> dict[str, Block]:
    return {"errors": Block(("mae", "rmse", "r2"), lambda: iter([_errors(outputs, labels)]))}


def _of_classes(outputs: np.ndarray, labels: np.ndarray, decision: float | None) -> dict[str, Block]:
    guesses = evaluation.guessed(outputs, decision)
    count = outputs.shape[1]
    each = [(name, label) for name in measures.BY_CLASS for label in range(count)]
    return {
        "counts": Block(
            ("accuracy", *measures.BY_CLASS, *each), lambda: iter([_counts(guesses, labels, count)])
        ),
        "losses": Block(("log_loss", "brier"), lambda: iter([_losses(outputs, labels)])),
        "bins": Block(("ece",), lambda: iter([_bins(*evaluation.calibrated(outputs, labels))])),
        "areas": Block(("roc_auc", "pr_auc"), lambda: _areas(outputs, labels)),
    }  # fmt: skip


def value(task: str, outputs: np.ndarray, labels: np.ndarray, decision: float | None, key: Key) -> float:
    """Return one metric of the rows as they are; NaN where it has no value."""
    block = next((one for one in blocks(task, outputs, labels, decision).values() if key in one.names), None)
    if block is None:
        found = evaluation.score(task, outputs, labels, decision, [key])[key]
        return float("nan") if found is None else found
    at = block.names.index(key)
    found = [part.combine(part.added.sum(axis=0)[:, None])[at, 0] for part in block.parts()]
    return float(np.mean(found)) if found else float("nan")


def _errors(outputs: np.ndarray, labels: np.ndarray) -> Part:
    errors, centred = outputs - labels, labels - labels.mean()
    columns = [np.ones(len(labels)), abs(errors), errors**2, centred, centred**2]

    def combine(sums: np.ndarray) -> np.ndarray:
        rows, absolute, squared, around, square = sums
        spread = square - around * _mean(around, rows)
        explained = 1 - _mean(squared, np.where(spread > 1e-12 * square, spread, 0))
        return np.stack([_mean(absolute, rows), np.sqrt(_mean(squared, rows)), explained])

    return Part(np.stack(columns, axis=1), combine)


def _counts(guesses: np.ndarray, labels: np.ndarray, count: int) -> Part:
    """Of each class the rows that are right, that are taken for it, and that are of it."""
    right = np.flatnonzero(guesses == labels)
    columns = [labels[right], count + guesses, 2 * count + labels]
    added = _counting([right, None, None], columns, len(labels), 3 * count)

    def combine(sums: np.ndarray) -> np.ndarray:
        right, taken, known = sums.reshape(3, count, -1)
        each = np.stack([_ratio(right, taken), _ratio(right, known), _ratio(2 * right, taken + known)])
        occurs = (taken + known) > 0
        means = _mean(np.where(occurs, each, 0).sum(axis=1), occurs.sum(axis=0))
        accuracy = _mean(right.sum(axis=0), known.sum(axis=0))
        return np.concatenate([accuracy[None], means, np.where(known > 0, each, np.nan).reshape(3 * count, -1)])

    return Part(added, combine)


def _counting(
    rows: Sequence[np.ndarray | None], columns: Sequence[np.ndarray], count: int, sums: int
) -> sparse.csr_array:
    """Return what rows, or all of so many, add to the sums of each column: 1, in numbers of 32 bits for many rows."""
    every = np.arange(count, dtype=np.int32)
    at = np.concatenate([every if one is None else one.astype(np.int32) for one in rows])
    to = np.concatenate([one.astype(np.int32) for one in columns])
    return sparse.csr_array((np.ones(len(at), np.float32), (at, to)), shape=(count, sums))


def _ratio(share: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return shares; 0 of nothing is 0."""
    return np.divide(share, whole, out=np.zeros(share.shape), where=whole > 0)


def _losses(outputs: np.ndarray, labels: np.ndarray) -> Part:
    shares = outputs / outputs.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    true = shares[rows, labels]
    squares = (shares**2).sum(axis=1) - true**2 + (1 - true) ** 2
    columns = [np.ones(len(labels)), -np.log(np.clip(true, LEAST, 1)), squares / (2 if outputs.shape[1] == 2 else 1)]
    return Part(np.stack(columns, axis=1), lambda sums: _mean(sums[1:], sums[0]))


def _bins(probabilities: np.ndarray, observed: np.ndarray) -> Part:
    count = len(observed)
    bins = evaluation.bins(probabilities).astype(np.int32)
    places = np.tile(np.arange(count, dtype=np.int32), 2), np.r_[bins, np.full(count, evaluation.BINS, np.int32)]
    values = np.r_[observed - probabilities, np.ones(count)]
    added = sparse.csr_array((values, places), shape=(count, evaluation.BINS + 1))
    return Part(added, lambda sums: _mean(np.abs(sums[:-1]).sum(axis=0), sums[-1])[None])


def _areas(outputs: np.ndarray, labels: np.ndarray) -> Iterator[Part]:
    found = evaluation.separable(outputs, labels)
    for label in found:
        yield _area(outputs[:, label], labels == label, max(COARSE, 2 * FINE // max(len(found), 2)))


def _area(scores: np.ndarray, is_one: np.ndarray, most: int) -> Part:
    """The two areas of one class: rows of it and others, counted in bins of their scores.

    How the two lie inside a bin is a constant, taken from the rows as they are: exact for these, and for all where each
    score has a bin of its own.
    """
    bins, ties = _fine(scores, is_one, most), np.unique(scores, return_inverse=True)[1]
    count = int(bins.max()) + 1
    added = _counting([None], [bins + count * ~is_one], len(scores), 2 * count)
    ones, others = _cumulated(ties, is_one), _cumulated(ties, ~is_one)
    at = ties[is_one]
    of = np.bincount(bins[is_one], minlength=count)
    rest = np.bincount(bins[~is_one], minlength=count)
    below = others.below[at] + others.here[at] / 2 - (np.cumsum(rest) - rest)[bins[is_one]]
    inside = _ratio(np.bincount(bins[is_one], below, count), 1.0 * of * rest)
    precise = (ones.here + ones.above)[at] / (ones.here + ones.above + others.here + others.above)[at]
    from_here = np.cumsum(of[::-1])[::-1], np.cumsum(rest[::-1])[::-1]
    scale = _ratio(np.bincount(bins[is_one], precise, count), of * _ratio(from_here[0], 1.0 * sum(from_here)))

    def combine(sums: np.ndarray) -> np.ndarray:
        of, rest = sums[:count], sums[count:]
        below = np.cumsum(rest, axis=0) - rest
        above = (np.cumsum(part[::-1], axis=0)[::-1] for part in (of, rest))
        found = next(above)
        precision = _ratio(found, found + next(above))
        total, others = of.sum(axis=0), rest.sum(axis=0)
        area = _mean((of * (below + inside[:, None] * rest)).sum(axis=0), total * others)
        average = _mean((of * precision * scale[:, None]).sum(axis=0), total)
        return np.stack([area, np.where(others > 0, average, np.nan)])

    return Part(added, combine)


@dataclass(frozen=True)
class _Ranked:
    below: np.ndarray
    here: np.ndarray
    above: np.ndarray


def _cumulated(ties: np.ndarray, chosen: np.ndarray) -> _Ranked:
    """Return for each score how many of the chosen rows have a lower one, this one, and a higher one."""
    here = np.bincount(ties[chosen], minlength=int(ties.max()) + 1)
    upto = np.cumsum(here)
    return _Ranked(upto - here, here, upto[-1] - upto)


def _fine(scores: np.ndarray, is_one: np.ndarray, most: int) -> np.ndarray:
    """Return a bin for each row: of its score alone where those are few, else between quantiles of either side."""
    different = np.unique(scores)
    if len(different) > 2 * most:
        shares = 1 - (1 - np.arange(1, most) / most) ** 2  # closer at the top, which average precision hangs on
        sides = [np.quantile(part, shares, method="lower") for part in (scores[is_one], scores[~is_one])]
        different = np.unique(np.concatenate(sides))
    found = np.searchsorted(different, scores, side="right")
    return np.unique(found, return_inverse=True)[1]
