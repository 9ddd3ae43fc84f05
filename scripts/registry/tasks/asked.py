"""What a model is asked, and what is true of it: each row by itself, or of a ranking each person once. Pure, numpy only."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from registry.artifacts.arrays import Features
from registry.tasks.measures import K

USER, ITEM, SCORE = "user", "item", "score"
RANKING, CLUSTERING = "ranking", "clustering"


@dataclass(frozen=True)
class Lists:
    """A list of items for each person, one after the other: `starts` says where each begins, and where the last ends."""

    starts: np.ndarray
    items: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """How long each list is."""
        return np.diff(self.starts)

    @property
    def owners(self) -> np.ndarray:
        """Whose each item is, by the number of the list."""
        return np.repeat(np.arange(len(self.starts) - 1), self.sizes)

    def places(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where some of the lists begin when they stand one after the other, and where their items are now."""
        sizes = self.starts[chosen + 1] - self.starts[chosen]
        starts = np.r_[0, np.cumsum(sizes)]
        return starts, np.repeat(self.starts[chosen] - starts[:-1], sizes) + np.arange(starts[-1])


@dataclass(frozen=True)
class Truth:
    """The persons that are asked, what each has seen, and what of the held-out items is relevant for each, and how much.

    Items are numbers: places in the `catalogue`, which has those of the rows to train with, the `known` ones, and those
    that are held out. `popular` is for how many of the `trained` persons each is relevant. `repeated` is how many
    held-out rows are of items that their person had seen, which count for nothing.
    """

    persons: np.ndarray
    catalogue: np.ndarray
    popular: np.ndarray
    known: np.ndarray
    trained: int
    seen: Lists
    relevant: Lists
    relevance: np.ndarray
    repeated: int
    k: int = K

    def __len__(self) -> int:
        return len(self.persons)

    def __getitem__(self, chosen: np.ndarray | slice) -> "Truth":
        """Return what is true of some of the persons."""
        if isinstance(chosen, slice):
            chosen = np.arange(*chosen.indices(len(self)))
        (seen_starts, seen), (starts, places) = self.seen.places(chosen), self.relevant.places(chosen)
        return replace(
            self,
            persons=self.persons[chosen],
            seen=Lists(seen_starts, self.seen.items[seen]),
            relevant=Lists(starts, self.relevant.items[places]),
            relevance=self.relevance[places],
        )

    @cached_property
    def pairs(self) -> np.ndarray:
        """Each person with each relevant item as one number, rising."""
        return self.relevant.owners * len(self.catalogue) + self.relevant.items

    @cached_property
    def best(self) -> np.ndarray:
        """The relevances of the k most relevant items of each person, falling, then 0: shape (persons, k)."""
        order = np.lexsort((-self.relevance, self.relevant.owners))
        place = np.arange(len(order)) - np.repeat(self.relevant.starts[:-1], self.relevant.sizes)
        found = np.zeros((len(self), self.k))
        inside = place < self.k
        found[self.relevant.owners[inside], place[inside]] = self.relevance[order][inside]
        return found

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all of it but the persons, which are the features, as arrays by name."""
        counts = np.array([self.trained, self.repeated], np.int64)
        return {
            "catalogue": self.catalogue,
            "popular": self.popular,
            "known": self.known,
            "counts": counts,
            "seen_starts": self.seen.starts,
            "seen": self.seen.items,
            "starts": self.relevant.starts,
            "relevant": self.relevant.items,
            "relevance": self.relevance,
        }


def of_arrays(persons: np.ndarray, found: Mapping[str, np.ndarray], k: int) -> Truth:
    """Return what `Truth.arrays` made of it."""
    trained, repeated = map(int, found["counts"])
    seen, relevant = Lists(found["seen_starts"], found["seen"]), Lists(found["starts"], found["relevant"])
    known = found["catalogue"], found["popular"], found["known"]
    return Truth(persons, *known, trained, seen, relevant, found["relevance"], repeated, k)


@dataclass(frozen=True)
class Interactions:
    """Who had what, and how relevant it was: one row each."""

    users: np.ndarray
    items: np.ndarray
    relevance: np.ndarray


def interactions(features: Mapping[str, np.ndarray], labels: np.ndarray, rows: np.ndarray) -> Interactions:
    """Return some rows of a ranking's features; text is such as can be sorted fast."""
    users, items = (_sortable(features[name][rows]) for name in (USER, ITEM))
    return Interactions(users, items, labels[rows].astype(float))


def _sortable(ids: np.ndarray) -> np.ndarray:
    return ids.astype(str) if ids.dtype.kind == "O" else ids


def truth(known: Interactions, held_out: Interactions, k: int = K) -> tuple[Truth, np.ndarray]:
    """Return whom to ask and what is true of each, and which held-out rows are relevant, in the order of `relevant`.

    Asked is everybody for whom a held-out item is relevant that was not seen. An item that is held out twice counts once,
    by its higher relevance.
    """
    first = len(known.users)
    catalogue, items = np.unique(np.concatenate([known.items, held_out.items]), return_inverse=True)
    users, persons = np.unique(np.concatenate([known.users, held_out.users]), return_inverse=True)
    pairs = persons.astype(np.int64) * len(catalogue) + items
    seen = np.unique(pairs[:first])
    liked = np.unique(pairs[:first][known.relevance > 0])
    rows = np.lexsort((-held_out.relevance, pairs[first:]))
    mine = pairs[first:][rows]
    rows = rows[np.r_[True, mine[1:] != mine[:-1]] & (held_out.relevance[rows] > 0)] if len(rows) else rows
    repeated = _among(pairs[first:][rows], seen)
    rows, again = rows[~repeated], int(repeated.sum())
    owners, relevant = np.divmod(pairs[first:][rows], len(catalogue))
    asked = np.unique(owners)
    whose, what = np.divmod(seen, len(catalogue))
    is_asked = _among(whose, asked) if len(asked) else np.zeros(len(whose), bool)
    return Truth(
        users[asked],
        catalogue,
        np.bincount(liked % len(catalogue), minlength=len(catalogue)),
        np.bincount(items[:first], minlength=len(catalogue)) > 0,
        len(np.unique(persons[:first])),
        _listed(asked, whose[is_asked], what[is_asked]),
        _listed(asked, owners, relevant),
        held_out.relevance[rows],
        again,
        k,
    ), rows  # fmt: skip


def of_persons(truth: Truth, columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return those columns of the relevant rows, in their order, that are the same in all of a person: a value each."""
    first, sizes = truth.relevant.starts[:-1], truth.relevant.sizes
    return {
        name: column[first] for name, column in columns.items() if (column == np.repeat(column[first], sizes)).all()
    }


def _listed(asked: np.ndarray, owners: np.ndarray, items: np.ndarray) -> Lists:
    """Return lists of items that stand together by their owners, for those who are asked."""
    return Lists(np.r_[np.searchsorted(owners, asked), len(owners)], items.astype(np.int32))


def _among(some: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    if not len(ordered):
        return np.zeros(len(some), bool)
    return ordered[np.minimum(np.searchsorted(ordered, some), len(ordered) - 1)] == some


def of_fold(features: Features, labels: np.ndarray, train: np.ndarray, test: np.ndarray, k: int = K) -> Truth:
    """Return what is true of the persons whom a fold of a ranking asks."""
    return truth(*(interactions(features, labels, rows) for rows in (train, test)), k)[0]
