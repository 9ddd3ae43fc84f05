"""How sure a metric is: a seeded bootstrap of what its rows add up to. The one door to scipy.special. Pure.

Efron, "Better bootstrap confidence intervals", 1987 (BCa); Efron and Tibshirani, "An introduction to the bootstrap",
1993, chapters 11 and 14.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse, special

from registry.evidence.intervals import LEVELS
from registry.tasks.sums import Block, Key, Part

RESAMPLES = 2000
CALLS, LEFT_OUT = 200, 20  # of a metric that is computed again for each resample
MOST_UNITS = 10_000  # that are drawn; more rows, or groups, are put together at random, so that sums vary as they did
MOST_LEFT_OUT = 1000  # times that something is left out, for the acceleration
SEED = 1987
BLOCK = 20  # resamples that are put in their place at a time
ROUNDED = 1e-6  # of a metric: totals of 32 bits tell no more
FEWEST_FINITE = 0.9  # of the resamples
FEWEST_UNITS = 5  # all of fewer lie on one side of the truth more than one time in twenty: 2 ** -4
BIASED = 0.05  # share of the resamples on one side of the estimate: with fewer BCa's correction leaves them all


class Draw:
    """How often each of some lots is in each resample; the same for all that is asked of them."""

    def __init__(self, lots: int) -> None:
        self.lots = lots

    @cached_property
    def weights(self) -> np.ndarray:
        """The counts, of shape (lots, RESAMPLES)."""
        draw = np.random.default_rng(SEED)
        found = np.empty((self.lots, RESAMPLES), np.float32)
        for start in range(0, RESAMPLES, BLOCK):
            drawn = [np.bincount(draw.integers(self.lots, size=self.lots), minlength=self.lots) for _ in range(BLOCK)]
            found[:, start : start + BLOCK] = np.transpose(drawn)
        return found


@dataclass(frozen=True)
class Units:
    """What is drawn with replacement: rows, or groups of them, many of them in lots.

    `members` is the row or group that each row is, `lots` the lot that it is in.
    """

    members: np.ndarray
    lots: np.ndarray
    draw: Draw

    def few(self, rows: np.ndarray) -> "Units":
        """Return the same units, for some of the rows."""
        return Units(self.members[rows], self.lots[rows], self.draw)

    @property
    def count(self) -> int:
        """How many rows, or groups, there are."""
        return int(np.count_nonzero(np.bincount(self.members)))  # np.unique takes ten times as long


@dataclass(frozen=True)
class Sample:
    """Metrics of the rows as they are, of the resamples, and with something left out each time.

    Of shapes (metrics,), (metrics, RESAMPLES) and (metrics, times). `sizes` are how large those values are of which the
    values are differences, since that is what they are rounded by.
    """

    names: Sequence[Key]
    values: np.ndarray
    resampled: np.ndarray
    left_out: np.ndarray
    sizes: np.ndarray

    def less(self, other: "Sample") -> "Sample":
        """Return the differences of the metrics from those of another on the same rows."""
        return Sample(
            self.names,
            self.values - other.values,
            self.resampled - other.resampled,
            self.left_out - other.left_out,
            np.maximum(self.sizes, other.sizes),
        )

    def of(self, name: Key) -> "Sample":
        """Return one of the metrics."""
        at = [self.names.index(name)]
        return Sample([name], self.values[at], self.resampled[at], self.left_out[at], self.sizes[at])


def units(rows: int, groups: np.ndarray | None) -> Units:
    """Return the units of so many rows: each its own, or those of a group together."""
    members = np.arange(rows) if groups is None else np.unique(groups, return_inverse=True)[1]
    count = int(members.max()) + 1
    if count <= MOST_UNITS:
        return Units(members, members, Draw(count))
    lots = np.random.default_rng(SEED).permutation(count) % MOST_UNITS
    return Units(members, lots[members], Draw(MOST_UNITS))


def sample(block: Block, those: Units) -> Sample:
    """Return the metrics of a block, resampled."""
    known, rows = those.draw.lots, len(those.lots)
    places = those.lots.astype(np.int32), np.arange(rows, dtype=np.int32)
    gather = sparse.csr_array((np.ones(rows, np.float32), places), shape=(known, rows))
    touched = np.flatnonzero(np.bincount(those.lots))
    left = touched % min(known, MOST_LEFT_OUT)
    put = sparse.csr_array((np.ones(len(left)), (np.unique(left, return_inverse=True)[1], touched)),
                           shape=(len(np.unique(left)), known))  # fmt: skip
    found: list[list[np.ndarray]] = []
    for part in block.parts():
        by_unit = _full(gather @ part.added)
        totals = part.added.sum(axis=0, dtype=float)[:, None]
        found.append([
            part.combine(totals),
            part.combine(_weighted(by_unit, those.draw.weights)),
            part.combine(totals - _full(put @ by_unit, 0).T),
        ])  # fmt: skip
    if not found:
        nothing = np.full((len(block.names), 1), np.nan)
        return Sample(block.names, nothing[:, 0], nothing, nothing, nothing[:, 0])
    values, resampled, left_out = (_mean([one[at] for one in found]) for at in range(3))
    return Sample(block.names, values[:, 0], resampled, left_out, np.abs(values[:, 0]))


def mean(name: Key, each: np.ndarray, those: Units) -> Sample:
    """Return the mean of one number a row, resampled."""
    added = np.stack([np.ones(len(each)), each], axis=1)
    part = Part(added, lambda sums: sums[1:] / np.where(sums[0] > 0, sums[0], np.nan))
    return sample(Block((name,), lambda: iter([part])), those)


def called(name: Key, value: Callable[[np.ndarray], float], those: Units) -> Sample:
    """Return a metric that is computed again for each resample, of fewer of them: `value` takes the places of rows."""
    rows, touched = np.arange(len(those.lots)), np.flatnonzero(np.bincount(those.lots))
    part = np.zeros(those.draw.lots, int)
    part[touched] = np.arange(len(touched)) % LEFT_OUT
    weights = those.draw.weights[:, :CALLS].astype(int)
    resampled = [value(np.repeat(rows, weights[those.lots, at])) for at in range(CALLS)]
    left_out = [value(np.flatnonzero(part[those.lots] != at)) for at in range(min(LEFT_OUT, len(touched)))]
    found = value(rows)
    return Sample([name], np.array([found]), np.array([resampled]), np.array([left_out]), np.abs([found]))


def _weighted(by_unit: np.ndarray | sparse.csr_array, weights: np.ndarray) -> np.ndarray:
    """Return the sums of resamples, computed in 32 bits, which no number is too large or too small for."""
    if sparse.issparse(by_unit):
        return (by_unit.T.astype(np.float32) @ weights).astype(float)
    sizes = np.abs(by_unit).max(axis=0)
    sizes = np.where(sizes > 0, sizes, 1)[:, None]
    return (by_unit.T / sizes).astype(np.float32) @ weights * sizes


def _full(sums: np.ndarray | sparse.csr_array, share: float = 0.2) -> np.ndarray | sparse.csr_array:
    """Return sums as a plain matrix where more than a share of them is not 0."""
    is_sparse = sparse.issparse(sums)
    return sums.toarray() if is_sparse and sums.nnz > share * sums.shape[0] * sums.shape[1] else sums


def _mean(parts: list[np.ndarray]) -> np.ndarray:
    """Return the mean over parts, without those that have no value in a resample."""
    if len(parts) == 1:
        return parts[0]
    stacked = np.stack(parts)
    known = np.isfinite(stacked)
    with np.errstate(invalid="ignore"):
        return np.where(known, stacked, 0).sum(axis=0) / known.sum(axis=0)


def is_certain(one: Sample) -> bool:
    """Say whether no resample has another value, which is no certainty: nothing is known of how it varies."""
    known = one.resampled[np.isfinite(one.resampled)]
    return bool(len(known)) and float(np.ptp(known)) <= ROUNDED * float(one.sizes[0])


def bounds(one: Sample, units: int) -> tuple[list[float], list[float]] | None:
    """Return the lower and the upper bounds of a metric, each one-sided, at LEVELS; None where it hardly has a value.

    BCa, as scipy.stats.bootstrap computes it, wider where it rests on few `units`. Where hardly any resample lies on one
    side of the estimate, as of a metric that noise always makes worse, its correction would go beyond all resamples:
    then they are moved to where their mean is the estimate. No bound is on the wrong side of the estimate.
    """
    value, resampled = float(one.values[0]), np.sort(one.resampled[0][np.isfinite(one.resampled[0])])
    if not np.isfinite(value) or len(resampled) < FEWEST_FINITE * one.resampled.shape[1] or units < FEWEST_UNITS:
        return None
    below = (np.searchsorted(resampled, value, "left") + np.searchsorted(resampled, value, "right")) / 2
    share = below / len(resampled)
    normal = _widened(np.r_[LEVELS, 1 - np.array(LEVELS)], units)
    if BIASED <= share <= 1 - BIASED:
        normal = _corrected(special.ndtri(share), _acceleration(one.left_out[0]), normal)
    else:
        resampled = resampled - resampled.mean() + value
    found = np.quantile(resampled, special.ndtr(normal))
    low, high = found[: len(LEVELS)], found[len(LEVELS) :]
    return (
        [*map(float, np.minimum.accumulate(np.minimum(low, value)))],
        [*map(float, np.maximum.accumulate(np.maximum(high, value)))],
    )


def _widened(levels: np.ndarray, units: int) -> np.ndarray:
    """Return the normal quantiles to take for levels where units are few, since resamples of few vary too little.

    T. Hesterberg, What teachers should know about the bootstrap, The American Statistician 69 (2015), 4.3.
    """
    return special.stdtrit(units - 1, levels) * np.sqrt(units / (units - 1))


def _corrected(bias: float, acceleration: float, normal: np.ndarray) -> np.ndarray:
    """Return normal quantiles, corrected for bias and acceleration: Efron and Tibshirani 1993, (14.10)."""
    moved = bias + normal
    scale = 1 - acceleration * moved
    return np.where(scale > 0, bias + moved / np.where(scale > 0, scale, 1), np.sign(moved) * np.inf)


def _acceleration(left_out: np.ndarray) -> float:
    """Return the skewness of the jackknife: Efron and Tibshirani 1993, (14.15)."""
    known = left_out[np.isfinite(left_out)]
    pulls = known.mean() - known if len(known) else np.zeros(1)
    pulls = pulls / (np.abs(pulls).max() or 1)  # so that no power leaves what a float holds
    spread = (pulls**2).sum() ** 1.5
    return float((pulls**3).sum() / (6 * spread)) if spread > 0 else 0.0
