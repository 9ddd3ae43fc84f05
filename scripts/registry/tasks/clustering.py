"""How good clusters are: apart in the space of the inputs, and, where labels are known, alike to these. Pure.

Rousseeuw, "Silhouettes", 1987; Davies and Bouldin, "A cluster separation measure", 1979; Hubert and Arabie, "Comparing
partitions", 1985 (ARI); Vinh, Epps and Bailey, "Information theoretic measures for clusterings comparison", 2010 (NMI);
Hampel, "The influence curve and its role in robust estimation", 1974.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse
from sklearn import metrics

from registry.artifacts import arrays
from registry.artifacts.arrays import Features
from registry.tasks import measures
from registry.tasks.given import Scored
from registry.tasks.sums import Block, Part, mean

SEED = 1


@dataclass(frozen=True)
class Space:
    """Where rows lie, and their classes where they are known: a sample of the rows, as many as pairs can be looked at.

    `places` are those of each row in the sample, -1 of one that is not in it. No rows lie anywhere whose inputs are text.
    """

    sample: np.ndarray
    distances: np.ndarray
    places: np.ndarray
    classes: np.ndarray | None

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, chosen: np.ndarray) -> "Space":
        """Return where some of the rows lie."""
        classes = None if self.classes is None else self.classes[chosen]
        return replace(self, places=self.places[chosen], classes=classes)

    @cached_property
    def inside(self) -> np.ndarray:
        """Which rows are in the sample."""
        return np.flatnonzero(self.places >= 0)

    @property
    def between(self) -> np.ndarray:
        """The distances between those of these rows that are in the sample."""
        at = self.places[self.inside]
        is_whole = len(at) == len(self.distances) and (at[1:] > at[:-1]).all()
        return self.distances if is_whole else self.distances[np.ix_(at, at)]


def space(features: Features, classes: np.ndarray | None) -> Space:
    """Return where rows lie by the numbers in their features, what is missing at the mean of the others."""
    parts = [part for _, part in sorted(arrays.parts(features).items())]
    count = len(parts[0])
    numbers = [part for part in parts if part.dtype.kind in arrays.NUMBERS]
    places = np.full(count, -1)
    chosen = np.sort(np.random.default_rng(SEED).permutation(count)[: measures.SAMPLE]) if numbers else np.empty(0, int)
    places[chosen] = np.arange(len(chosen))
    flat = [np.asarray(part[chosen], float).reshape(len(chosen), -1) for part in numbers]
    sample = np.hstack(flat) if flat else np.empty((0, 1))
    known = np.isfinite(sample)
    middle = np.where(known, sample, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    sample = np.where(known, sample, middle)
    distances = metrics.pairwise_distances(sample) if len(sample) else np.empty((0, 0))
    return Space(sample, distances, places, classes)


def _parted(clusters: np.ndarray) -> bool:
    """Say whether there are clusters, fewer than rows, to be told apart."""
    return 1 < len(np.unique(clusters)) < len(clusters)


def silhouettes(where: Space, clusters: np.ndarray) -> np.ndarray | None:
    """Return how much nearer each row of the sample is to its own cluster than to the next; None where that has no meaning."""
    inside = where.inside
    if not _parted(clusters[inside]):
        return None
    return metrics.silhouette_samples(where.between, clusters[inside], metric="precomputed")


def silhouette(one: Scored) -> float:
    """Return the mean silhouette of the rows of the sample."""
    found = silhouettes(one.labels, one.outputs)
    return math.nan if found is None else found.mean()


def davies_bouldin(one: Scored) -> float:
    """Return how wide clusters are against how far apart, by the pair of each that is told apart least.

    As scikit-learn computes it, without looking at each number first: it is asked for hundreds of resamples.
    """
    inside = one.labels.inside
    clusters = one.outputs[inside]
    if not _parted(clusters):
        return math.nan
    order = np.argsort(clusters, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(clusters[order]) > 0])
    rows = one.labels.sample[one.labels.places[inside[order]]]
    middles = np.empty((len(starts), rows.shape[1]))
    for middle, part in zip(middles, np.split(rows, starts[1:]), strict=True):
        part.mean(axis=0, out=middle)
        part -= middle
    far = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    wide = np.add.reduceat(far, starts) / np.diff(np.r_[starts, len(order)])
    apart = metrics.euclidean_distances(middles)
    if np.allclose(wide, 0) or np.allclose(apart, 0):
        return 0.0
    ratios = (wide[:, None] + wide) / np.where(apart > 0, apart, np.inf)
    np.fill_diagonal(ratios, 0)
    return float(ratios.max(axis=1).mean())


def ari(one: Scored) -> float:
    """Return the adjusted Rand index: how alike clusters and classes are, 0 by chance."""
    known = one.labels.classes
    return math.nan if known is None else metrics.adjusted_rand_score(known, one.outputs)


def nmi(one: Scored) -> float:
    """Return the mutual information of clusters and classes, as a share of the mean of their entropies."""
    known = one.labels.classes
    return math.nan if known is None else metrics.normalized_mutual_info_score(known, one.outputs)


def stability(clusters: np.ndarray, others: np.ndarray) -> float:
    """Return how alike the clusters are that two models make of the same rows: their adjusted Rand index."""
    return float(metrics.adjusted_rand_score(others, clusters))


def are_same(clusters: np.ndarray, others: np.ndarray) -> bool:
    """Say whether the same rows lie together in both, whatever numbers the clusters have."""
    both = np.unique(np.stack([clusters, others]), axis=1).shape[1]
    return both == len(np.unique(clusters)) == len(np.unique(others))


def blocks(where: Space, clusters: np.ndarray) -> dict[str, Block]:
    """Return the sums that metrics follow from: how a row pulls the silhouette, and how many rows a class and a cluster share."""
    return {
        "silhouettes": Block(("silhouette",), lambda: _pulled(where, clusters)),
        "pairs": Block(("ari", "nmi"), lambda: _shared(where.classes, clusters)),
    }


def _pulled(where: Space, clusters: np.ndarray) -> Iterator[Part]:
    found, inside = silhouettes(where, clusters), where.inside
    if found is not None:
        added = np.zeros((len(clusters), 2))
        added[inside] = np.stack([np.ones(len(found)), found + _influence(where.between, clusters[inside])], axis=1)
        yield Part(added, lambda sums: mean(sums[1:], sums[0]))


def _influence(distances: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Return how each row moves the silhouettes of the others, all in all: it is among those that they are measured by.

    So the mean is less sure than one of as many numbers that have nothing to do with each other. To the first order, by
    the derivatives of a silhouette after the weights of rows; they add up to 0.
    """
    names, own, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    rows = np.arange(len(own))
    far = distances @ np.eye(len(names))[own]
    mates = sizes[own] - 1
    within = far[rows, own] / np.maximum(mates, 1)
    far = far / sizes
    far[rows, own] = np.inf
    near = far.argmin(axis=1)
    beyond = far[rows, near]
    longer = np.maximum(within, beyond)
    known = (mates > 0) & (longer > 0)
    scale = np.divide(1, longer, out=np.zeros(len(own)), where=known)
    is_near = within < beyond
    by_own = -np.where(is_near, scale, beyond * scale**2) / np.maximum(mates, 1)
    by_next = np.where(is_near, within * scale**2, scale) / sizes[near]
    by = np.zeros(far.shape)
    by[rows, own], by[rows, near] = by_own, by_next
    pulls = (distances @ by)[rows, own]
    level = np.bincount(own, by_own * within, len(names)) + np.bincount(near, by_next * beyond, len(names))
    return pulls - level[own] + by_own * within


def _shared(classes: np.ndarray | None, clusters: np.ndarray) -> Iterator[Part]:
    if classes is None:
        return
    sides = [np.unique(one, return_inverse=True)[1].astype(np.int64) for one in (classes, clusters)]
    cells, place = np.unique(sides[0] * (sides[1].max() + 1) + sides[1], return_inverse=True)
    at = np.arange(len(clusters), dtype=np.int32), place.astype(np.int32)
    added = sparse.csr_array((np.ones(len(clusters), np.float32), at), shape=(len(clusters), len(cells)))
    of = [_members(one) for one in np.divmod(cells, sides[1].max() + 1)]

    def combine(sums: np.ndarray) -> np.ndarray:
        both, *alone = [sums, *(one @ sums for one in of)]
        rows = sums.sum(axis=0)
        return np.stack([_rand(both, *alone, rows), _information(both, *alone, rows)])

    yield Part(added, combine)


def _members(one: np.ndarray) -> sparse.csr_array:
    """Return what adds up the cells of each class, or of each cluster."""
    return sparse.csr_array((np.ones(len(one)), (one, np.arange(len(one)))), shape=(int(one.max()) + 1, len(one)))


def _rand(both: np.ndarray, classes: np.ndarray, clusters: np.ndarray, rows: np.ndarray) -> np.ndarray:
    together, ours, theirs = ((one * (one - 1)).sum(axis=0) for one in (both, classes, clusters))
    chance = ours * theirs / np.maximum(rows * (rows - 1), 1)
    room = (ours + theirs) / 2 - chance
    return np.where(room > 0, (together - chance) / np.where(room > 0, room, 1), 1.0)


def _information(both: np.ndarray, classes: np.ndarray, clusters: np.ndarray, rows: np.ndarray) -> np.ndarray:
    shared, ours, theirs = (_entropy(one, rows) for one in (both, classes, clusters))
    middle = (ours + theirs) / 2
    return np.where(middle > 0, (ours + theirs - shared) / np.where(middle > 0, middle, 1), 1.0)


def _entropy(counts: np.ndarray, rows: np.ndarray) -> np.ndarray:
    shares = counts / np.maximum(rows, 1)
    return -(shares * np.log(np.where(shares > 0, shares, 1))).sum(axis=0)


def at_random(clusters: np.ndarray) -> np.ndarray:
    """Return clusters of the same sizes with rows in them at random."""
    return np.random.default_rng(SEED).permutation(clusters)


def changed(where: Space, clusters: np.ndarray, metric: str, is_worse: bool) -> np.ndarray:
    """Return clusters that are as bad as chance, or, by a metric that knows the classes, as good as can be."""
    is_known = metric in ("ari", "nmi") and where.classes is not None
    return at_random(clusters) if is_worse else where.classes if is_known else clusters


def told(where: Space, clusters: np.ndarray, count: int) -> dict:
    """Return what a report says of clusters beside their metrics: how many rows each has, and its mean silhouette.

    `count` is how many clusters the model has, as far as that is known.
    """
    size = max(count, int(clusters.max()) + 1)
    found, inside = silhouettes(where, clusters), where.inside
    each: list[float | None] = [None] * size
    if found is not None:
        sums, rows = (np.bincount(clusters[inside], one, size) for one in (found, None))
        each = [float(total / count) if count else None for total, count in zip(sums, rows, strict=True)]
    return {
        "sizes": np.bincount(clusters, minlength=size).tolist(),
        "silhouettes": each,
        "sampled": len(inside),
        "labelled": where.classes is not None,
    }
