"""How good lists of items are, each for a person: its first k items, those that the person has seen left out. Pure.

Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002 (NDCG, with linear gains as scikit-learn
has it); Voorhees, "The TREC-8 question answering track report", 1999 (MRR); Abdollahpouri, Burke and Mobasher, "Managing
popularity bias in recommender systems with personalized re-ranking", 2019 (popularity).
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from scipy import sparse

from registry.tasks.asked import Truth
from registry.tasks.given import Scored
from registry.tasks.sums import Block, Part, mean

UNKNOWN, NONE = -1, -2  # an item that is in no row, and no item at all
RISE = 1e-5  # of a score: rounding
MOST = 4_000_000  # items that are looked at at a time
ITEMS = 2000  # whose counts are resampled at a time
TENTHS = 10


def numbered(truth: Truth, items: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the first k items of each list that its person has not seen, as numbers: shape (persons, k).

    `truth` is of the same persons. Raises ValueError, saying what is needed instead, for lists that are none.
    """
    if items.ndim != 2 or items.shape != scores.shape or len(items) != len(truth):
        shapes = f"item of shape {items.shape} and score of shape {scores.shape}"
        raise ValueError(f"gives {shapes}; a ranking needs ({len(truth)}, n) of both")
    if items.shape[1] < truth.k:
        raise ValueError(
            f"gives lists of {items.shape[1]} items; evaluation.k is {truth.k}, so give {truth.k} or more, or write a smaller k"
        )
    if scores.dtype.kind not in "iuf" or not np.isfinite(scores).all():
        raise ValueError("gives scores that are NaN, infinite or no numbers; give finite ones")
    room = RISE * np.maximum(1, np.abs(scores[:, 1:]))
    if (scores[:, 1:] - scores[:, :-1] > room).any():
        raise ValueError("gives scores that rise within a list; sort each, the best item first")
    found = _numbers(truth, items)
    ordered = np.sort(found, axis=1)
    if ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any():
        raise ValueError("gives an item twice in one list; give each once")
    return _unseen(truth, found)


def _numbers(truth: Truth, items: np.ndarray) -> np.ndarray:
    """Return the places of items in the catalogue; they may be text where that holds text, else whole numbers."""
    known = truth.catalogue
    if items.dtype.kind in "OSU":
        items = np.array([one.decode() if isinstance(one, bytes) else str(one) for one in items.flat]).reshape(
            items.shape
        )
    if items.dtype.kind not in ("U" if known.dtype.kind == "U" else "iu"):
        given, kept = ("text" if one.kind == "U" else one for one in (items.dtype, known.dtype))
        raise ValueError(f"gives items as {given}, and load() has them as {kept}")
    wanted = items if known.dtype.kind == "U" else items.astype(known.dtype)  # a float between the two is no id
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[place] == items, place, UNKNOWN)


def _unseen(truth: Truth, found: np.ndarray) -> np.ndarray:
    """Return the first k of each list that were not seen, filled up with nothing."""
    size = len(truth.catalogue)
    keys = np.arange(len(found))[:, None] * size + found
    seen = truth.seen.owners * size + truth.seen.items
    if len(seen):
        place = np.minimum(np.searchsorted(seen, keys), len(seen) - 1)
        found = np.where((seen[place] == keys) & (found >= 0), NONE, found)
    order = np.argsort(found == NONE, axis=1, kind="stable")[:, : truth.k]
    return np.take_along_axis(found, order, axis=1).astype(np.int32)


def are_alike(lists: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Say of which persons the two lists share half of their items or more: rounding may swap some, but not most."""
    return (lists[:, :, None] == others[:, None, :]).any(axis=2).mean(axis=1) >= 0.5


def most_popular(truth: Truth) -> np.ndarray:
    """Return for each person the most popular items of the rows to train with that the person has not seen."""
    order = np.argsort(-truth.popular, kind="stable")[: int(truth.known.sum())]
    found = np.empty((len(truth), truth.k), np.int32)
    start, sizes = 0, truth.seen.sizes
    while start < len(truth):
        longest = int(sizes[start : start + 1000].max()) + truth.k
        stop = min(start + max(1, min(1000, MOST // longest)), len(truth))
        lists = np.tile(order[:longest], (stop - start, 1))
        lists = np.pad(lists, ((0, 0), (0, max(0, truth.k - lists.shape[1]))), constant_values=NONE)
        found[start:stop] = _unseen(truth[start:stop], lists)
        start = stop
    return found


def gains(truth: Truth, lists: np.ndarray) -> np.ndarray:
    """Return how relevant each item of the lists is for its person: shape (persons, k)."""
    keys = np.arange(len(lists))[:, None] * len(truth.catalogue) + lists
    place = np.minimum(np.searchsorted(truth.pairs, keys), len(truth.pairs) - 1)
    return np.where((truth.pairs[place] == keys) & (lists >= 0), truth.relevance[place], 0.0)


def _discounts(k: int) -> np.ndarray:
    return 1 / np.log2(np.arange(2, k + 2))


def each(truth: Truth, lists: np.ndarray) -> dict[str, np.ndarray]:
    """Return of each person what is a mean over the persons: NDCG, recall, reciprocal rank and popularity."""
    found = gains(truth, lists)
    hit = found > 0
    known = (lists >= 0) & truth.known[np.maximum(lists, 0)]
    popular = np.where(known, truth.popular[np.maximum(lists, 0)], 0).sum(axis=1) / max(truth.trained, 1)
    return {
        "ndcg": found @ _discounts(truth.k) / (truth.best @ _discounts(truth.k)),
        "recall": hit.sum(axis=1) / truth.relevant.sizes,
        "mrr": np.where(hit.any(axis=1), 1 / (hit.argmax(axis=1) + 1), 0.0),
        "popularity": popular / np.maximum(known.sum(axis=1), 1),
    }


@lru_cache(maxsize=1)
def _of(one: Scored) -> dict[str, np.ndarray]:
    return each(one.labels, one.outputs)


def ndcg(one: Scored) -> float:
    """Return the normalised discounted cumulative gain, with linear gains; scikit-learn's, which takes every item of everybody."""
    return _of(one)["ndcg"].mean()


def recall(one: Scored) -> float:
    """Return the share of what is relevant for a person that is among the first k, as a mean over the persons."""
    return _of(one)["recall"].mean()


def mrr(one: Scored) -> float:
    """Return one over the rank of the first relevant item, 0 where none is among the first k, as a mean."""
    return _of(one)["mrr"].mean()


def popularity(one: Scored) -> float:
    """Return what share of the persons of training knows what is listed, as a mean: the higher, the more of the same."""
    return _of(one)["popularity"].mean()


def coverage(one: Scored) -> float:
    """Return the share of the items of the rows to train with that are in somebody's list."""
    return len(_listed(one.labels, one.outputs)) / max(int(one.labels.known.sum()), 1)


def _listed(truth: Truth, lists: np.ndarray) -> np.ndarray:
    found = np.unique(lists[lists >= 0])
    return found[truth.known[found]]


def blocks(truth: Truth, lists: np.ndarray) -> dict[str, Block]:
    """Return the sums that the metrics of lists follow from."""
    return {
        "hits": Block(("ndcg", "recall", "mrr", "popularity"), lambda: iter([_hits(truth, lists)])),
        "items": Block(("coverage",), lambda: _items(truth, lists)),
    }


def _hits(truth: Truth, lists: np.ndarray) -> Part:
    columns = [np.ones(len(lists)), *each(truth, lists).values()]
    return Part(np.stack(columns, axis=1), lambda sums: mean(sums[1:], sums[0]))


def _items(truth: Truth, lists: np.ndarray) -> Iterator[Part]:
    """Yield which items are in whose list, some items at a time; what is in nobody's adds nothing."""
    listed = _listed(truth, lists)
    parts = max(1, -(-len(listed) // ITEMS))
    share = parts / max(int(truth.known.sum()), 1)
    rows, columns = np.nonzero(np.isin(lists, listed))
    places = np.searchsorted(listed, lists[rows, columns])
    for part in range(parts):
        inside = places // ITEMS == part
        at = rows[inside].astype(np.int32), (places[inside] % ITEMS).astype(np.int32)
        added = sparse.csr_array((np.ones(len(at[0]), np.float32), at), shape=(len(lists), ITEMS))
        yield Part(added, lambda sums: (share * (sums > 0.5).sum(axis=0))[None])


def changed(truth: Truth, lists: np.ndarray, metric: str, is_worse: bool) -> np.ndarray:
    """Return for each person a list that is as bad as can be by a metric, or as good."""
    if metric == "popularity":
        return most_popular(truth) if is_worse else np.full_like(lists, NONE)
    if metric == "coverage":
        return np.full_like(lists, NONE) if is_worse else _each_once(truth, lists)
    return np.full_like(lists, NONE) if is_worse else _ideal(truth, lists)


def _ideal(truth: Truth, lists: np.ndarray) -> np.ndarray:
    order = np.lexsort((-truth.relevance, truth.relevant.owners))
    place = np.arange(len(order)) - np.repeat(truth.relevant.starts[:-1], truth.relevant.sizes)
    found, inside = np.full_like(lists, NONE), place < truth.k
    found[truth.relevant.owners[inside], place[inside]] = truth.relevant.items[order][inside]
    return found


def _each_once(truth: Truth, lists: np.ndarray) -> np.ndarray:
    """Return lists that go through the catalogue."""
    known = np.flatnonzero(truth.known)
    return known[np.arange(lists.size) % len(known)].reshape(lists.shape).astype(lists.dtype)


def told(truth: Truth, lists: np.ndarray, popular: np.ndarray) -> dict:
    """Return what a report says of a ranking beside its metrics, with the most popular items for comparison."""
    new = truth.seen.sizes == 0
    cold = ~truth.known[truth.relevant.items]
    return {
        "k": truth.k,
        "persons": len(truth),
        "new_persons": int(new.sum()),
        "items": int(truth.known.sum()),
        "cold_items": len(np.unique(truth.relevant.items[cold])),
        "cold_rows": int(cold.sum()),
        "repeated_rows": truth.repeated,
        "short_lists": int((lists == NONE).any(axis=1).sum()),
        "recall": _curve(truth, lists),
        "popular_recall": _curve(truth, popular),
        "tenths": _tenths(truth, lists),
    }


def _curve(truth: Truth, lists: np.ndarray) -> list[float]:
    """Return the recall of the first item, the first two, up to k."""
    found = np.cumsum(gains(truth, lists) > 0, axis=1) / truth.relevant.sizes[:, None]
    return found.mean(axis=0).tolist()


def _tenths(truth: Truth, lists: np.ndarray) -> dict[str, list[float]]:
    """Return which share of what is listed, and of what was liked in training, is of each tenth of the items by popularity."""
    known = np.flatnonzero(truth.known)
    order = known[np.argsort(-truth.popular[known], kind="stable")]
    tenth = np.full(len(truth.catalogue), -1)
    tenth[order] = np.arange(len(order)) * TENTHS // max(len(order), 1)
    items = lists[lists >= 0]
    counts = np.bincount(tenth[items[truth.known[items]]], minlength=TENTHS)
    liked = np.bincount(tenth[known], truth.popular[known], minlength=TENTHS)
    return {name: (one / max(one.sum(), 1)).tolist() for name, one in (("listed", counts), ("liked", liked))}
