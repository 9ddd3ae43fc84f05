"""A model's rows as they are handed on: those to train with, and those that are held out, stored and read again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from registry.artifacts import arrays, bloom, bulk
from registry.artifacts.arrays import Features
from registry.artifacts.bloom import Filter
from registry.tables.splitting import Split
from registry.tasks.asked import RANKING, USER, of_fold

FEATURES, LABELS, KEYS, COLUMN, GROUP, BASELINE = "features", "labels", "keys", "column", "groups", "baseline"
TRUTH = "truth"
TRAIN, TEST = "train", "test"
INDEX = "index.json"


@dataclass(frozen=True)
class Examination:
    """What sets a model's examination, as plain values that travel as JSON; `folder` holds its data.py.

    `data` is the file to train with. `holdout` is the share of its rows that are held out, or None where they are a
    file of their own: `held_out`, which who makes the training part is not given. `split` is the spec's `data.split`,
    `slices` and `decision` those of its `evaluation`. `inputs` are the paths of files that load() takes beside, by name.
    """

    folder: str
    place: str
    task: str
    data: str
    holdout: float | None
    folds: int
    held_out: str | None = None
    split: dict = field(default_factory=dict)
    slices: list = field(default_factory=list)
    decision: float | None = None
    inputs: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """The rows that a process gets: those for training, with folds, or those held out.

    `classes` is how many the task knows, 0 for regression. `folds` are pairs of indices: of the rows to train with, and
    of those to test on. Rows that are held out have their `keys`, and come with those of all rows that were `trained`;
    with `columns`, one value a row each; with their `groups`, by a hash, None where each row is its own; and with the
    `baseline`: the share of each class among the rows to train with, or what may be answered to each row, of shape (answers, rows).

    Its features are those at some `places` of what it `holds`, which may be larger than memory; at all, in their order,
    where these are None.

    Of a ranking the rows that are held out are persons, the labels how many items are relevant for each, the keys those of
    these items' rows; `truth` is the rest of what is true of them. It has no baseline, nor has a clustering.
    """

    holds: Features
    labels: np.ndarray
    classes: int
    folds: list[Split] = field(default_factory=list)
    keys: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint64))
    trained: Filter | None = None
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    groups: np.ndarray | None = None
    baseline: np.ndarray | None = None
    baseline_kind: str | None = None
    truth: dict[str, np.ndarray] = field(default_factory=dict)
    places: np.ndarray | None = None

    @property
    def features(self) -> Features:
        """The features of these rows; where there are many, as maps of files."""
        return self.holds if self.places is None else bulk.rows(self.holds, self.places)

    def asked(self, task: str, fold: int) -> Features:
        """Return what a fold asks its model: its rows to test on, or of a ranking each person of them once."""
        train, test = self.folds[fold]
        if task == RANKING:
            return {USER: of_fold(self.features, self.labels, train, test).persons}
        return bulk.rows(self.features, test)

    def store(self, folder: Path) -> None:
        """Write the rows into a new folder: arrays in NumPy's files, without pickles."""
        folder.mkdir(parents=True)
        places = np.arange(len(self.labels)) if self.places is None else self.places
        held = {f"{FEATURES}/{name}": part for name, part in arrays.parts(self.holds).items()}
        numbers = {name for name, part in held.items() if part.dtype.kind in arrays.NUMBERS}
        named = {name: part if name in numbers else part[places] for name, part in held.items()}
        named |= {f"{COLUMN}/{name}": part for name, part in self.columns.items()}
        named |= {f"{TRUTH}/{name}": part for name, part in self.truth.items()}
        named |= {f"{kind}/{place}": part for place, split in enumerate(self.folds)
                  for kind, part in zip((TRAIN, TEST), split, strict=True)}  # fmt: skip
        named |= {name: part for name, part in ((GROUP, self.groups), (BASELINE, self.baseline)) if part is not None}
        found = arrays.plain(named | {LABELS: self.labels, KEYS: self.keys})
        for number, (name, part) in enumerate(found.items()):
            if name in numbers:
                bulk.save(folder / f"{number}.npy", part, places)
            else:
                np.save(folder / f"{number}.npy", np.ascontiguousarray(part), allow_pickle=False)
        index = {"names": list(found), "is_mapping": isinstance(self.holds, Mapping), "classes": self.classes}
        index |= {"baseline_kind": self.baseline_kind}
        (folder / INDEX).write_text(json.dumps(index), "utf-8")
        if self.trained:
            bloom.write(folder, self.trained)


def read(folder: Path) -> Part:
    """Return the rows of a folder, as arrays that nobody can write to."""
    index = json.loads((folder / INDEX).read_text("utf-8"))
    maps = (
        np.load(folder / f"{number}.npy", mmap_mode="r", allow_pickle=False) for number in range(len(index["names"]))
    )
    found = arrays.whole(dict(zip(index["names"], map(np.asarray, maps), strict=True)))
    for part in found.values():
        part.flags.writeable = False
    features, train, test, beside, truth = (_below(kind, found) for kind in (FEATURES, TRAIN, TEST, COLUMN, TRUTH))
    return Part(
        features if index["is_mapping"] else features[""],
        found[LABELS],
        index["classes"],
        [(train[str(place)], test[str(place)]) for place in range(len(test))],
        found[KEYS],
        bloom.read(folder),
        beside,
        found.get(GROUP),
        found.get(BASELINE),
        index["baseline_kind"],
        truth,
    )


def store_columns(file: Path, columns: Mapping[str, np.ndarray]) -> None:
    """Write the columns of rows to train with into a file apart from these: training never sees them."""
    np.savez(file, allow_pickle=False, **arrays.plain({f"{COLUMN}/{name}": part for name, part in columns.items()}))


def read_columns(file: Path) -> dict[str, np.ndarray]:
    """Return the columns that lie in a file."""
    with np.load(file, allow_pickle=False) as found:
        return _below(COLUMN, arrays.whole(found))


def _below(kind: str, found: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(f"{kind}/"): part for name, part in found.items() if name.startswith(f"{kind}/")}


@dataclass(frozen=True)
class Rows:
    """All rows of a model, split: the two parts, and how many rows held out equal one to train with, or nearly do.

    Nothing is known of rows that are held out in a file that was not given. `near` is None where rows are neither text
    nor pixels. `split` is a SHA-256 over which rows of `data` lie in which part: by their content, or by what load()
    returned as a third thing, so that features which another machine rounds otherwise are the same rows. `columns`
    are those of all rows of `data`.
    """

    training: Part
    held_out: Part | None
    shared: int
    near: int | None
    split: str
    columns: Mapping[str, np.ndarray]

    @property
    def beside(self) -> dict[str, np.ndarray]:
        """The columns of the rows to train with, by which folds are scored."""
        return {name: column[self.training.places] for name, column in self.columns.items()}

    @property
    def counts(self) -> dict[str, int | None]:
        """How many rows there are, as a report has it."""
        count, train = len(self.held_out.labels) if self.held_out else 0, len(self.training.labels)
        return {"train": train} | ({"holdout": count, "shared": self.shared, "near": self.near} if count else {})
