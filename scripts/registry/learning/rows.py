"""A model's rows: loaded by its data.py, checked, split by the registry, and handed on in two parts."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from registry.artifacts import arrays
from registry.artifacts.arrays import Features
from registry.learning import evaluation
from registry.learning.labels import fault as label_fault
from registry.learning.modelcode import ModelCode

FEATURES, LABELS, FOLD = "features", "labels", "fold"
INDEX = "index.json"


@dataclass(frozen=True)
class Examination:
    """What sets a model's examination, as plain values that travel as JSON; `folder` holds its data.py."""

    folder: str
    place: str
    task: str
    data: str
    holdout: float
    folds: int
    seed: int


@dataclass(frozen=True)
class Part:
    """The rows that a process gets: those for training, with folds, or those held out.

    `classes` is how many the task knows, 0 for regression. `folds` are pairs of indices: of the rows to train with, and
    of those to test on.
    """

    features: Features
    labels: np.ndarray
    classes: int
    folds: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)

    def store(self, folder: Path) -> None:
        """Write the rows into a new folder: arrays in NumPy's files, without pickles."""
        folder.mkdir(parents=True)
        named = {f"{FEATURES}/{name}": part for name, part in arrays.parts(self.features).items()}
        named |= {f"{FOLD}/{place}": test for place, (_, test) in enumerate(self.folds)}
        found = arrays.plain(named | {LABELS: self.labels})
        for number, part in enumerate(found.values()):
            np.save(folder / f"{number}.npy", np.ascontiguousarray(part), allow_pickle=False)
        index = {"names": list(found), "is_mapping": isinstance(self.features, Mapping), "classes": self.classes}
        (folder / INDEX).write_text(json.dumps(index), "utf-8")


def read(folder: Path) -> Part:
    """Return the rows of a folder, as arrays that nobody can write to."""
    index = json.loads((folder / INDEX).read_text("utf-8"))
    maps = (
        np.load(folder / f"{number}.npy", mmap_mode="r", allow_pickle=False) for number in range(len(index["names"]))
    )
    found = arrays.whole(dict(zip(index["names"], map(np.asarray, maps), strict=True)))
    for part in found.values():
        part.flags.writeable = False
    labels, features = found[LABELS], _below(FEATURES, found)
    tests = _below(FOLD, found)
    folds = [
        (np.setdiff1d(np.arange(len(labels)), tests[str(place)]), tests[str(place)]) for place in range(len(tests))
    ]
    return Part(features if index["is_mapping"] else features[""], labels, index["classes"], folds)


def _below(kind: str, found: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(f"{kind}/"): part for name, part in found.items() if name.startswith(f"{kind}/")}


@dataclass(frozen=True)
class Rows:
    """What load() returned, checked: the two parts, and the SHA-256 of all of it."""

    training: Part
    held_out: Part
    digest: str


def load(examination: Examination) -> Rows:
    """Return the rows of a model's data file, split; raise RegistryError for arrays that can't be used."""
    random.seed(examination.seed)
    np.random.seed(examination.seed)
    code = ModelCode(Path(examination.folder), examination.place, "data.py")
    returned = code.load(Path(examination.data))
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise code.fault("load", f"returned {arrays.named(returned)}; return two things: features, labels")
    features, labels = returned
    task = examination.task
    if fault := arrays.fault(features, labels) or label_fault(task, labels):
        raise code.fault("load", fault)
    try:
        train, holdout = evaluation.holdout(labels, examination.holdout, examination.seed, task)
    except ValueError as error:
        text = f"returned rows that can't be split, {examination.holdout:g} to be held out: {error}"
        raise code.fault("load", text) from error
    classes = int(labels.max()) + 1 if task == "classification" else 0
    training = Part(arrays.rows(features, train), labels[train], classes, _folds(code, examination, labels[train]))
    held_out = Part(arrays.rows(features, holdout), labels[holdout], classes)
    return Rows(training, held_out, arrays.digest(features, labels))


def _folds(code: ModelCode, examination: Examination, labels: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    if not examination.folds:
        return []
    try:
        return evaluation.folds(labels, examination.folds, examination.seed, examination.task)
    except ValueError as error:
        raise code.fault("load", f"returned too few rows: {error}") from error
