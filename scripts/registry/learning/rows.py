"""A model's rows: loaded by its data.py, checked, split by the registry, and handed on in two parts."""

import hashlib
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from registry.artifacts import arrays, bloom
from registry.artifacts.arrays import Features
from registry.artifacts.bloom import GROUPS, ROWS, Filter
from registry.learning import splitting
from registry.learning.labels import fault as label_fault
from registry.learning.modelcode import ModelCode
from registry.learning.splitting import Split

FEATURES, LABELS, KEYS, FOLD = "features", "labels", "keys", "fold"
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


@dataclass(frozen=True)
class Part:
    """The rows that a process gets: those for training, with folds, or those held out.

    `classes` is how many the task knows, 0 for regression. `folds` are pairs of indices: of the rows to train with, and
    of those to test on. Rows that are held out have their `keys`, and come with those of all rows that were `trained`.
    """

    features: Features
    labels: np.ndarray
    classes: int
    folds: list[Split] = field(default_factory=list)
    keys: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint64))
    trained: Filter | None = None

    def store(self, folder: Path) -> None:
        """Write the rows into a new folder: arrays in NumPy's files, without pickles."""
        folder.mkdir(parents=True)
        named = {f"{FEATURES}/{name}": part for name, part in arrays.parts(self.features).items()}
        named |= {f"{FOLD}/{place}": test for place, (_, test) in enumerate(self.folds)}
        found = arrays.plain(named | {LABELS: self.labels, KEYS: self.keys})
        for number, part in enumerate(found.values()):
            np.save(folder / f"{number}.npy", np.ascontiguousarray(part), allow_pickle=False)
        index = {"names": list(found), "is_mapping": isinstance(self.features, Mapping), "classes": self.classes}
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
    labels, features = found[LABELS], _below(FEATURES, found)
    tests = _below(FOLD, found)
    folds = [
        (np.setdiff1d(np.arange(len(labels)), tests[str(place)]), tests[str(place)]) for place in range(len(tests))
    ]
    features = features if index["is_mapping"] else features[""]
    return Part(features, labels, index["classes"], folds, found[KEYS], bloom.read(folder))


def _below(kind: str, found: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(f"{kind}/"): part for name, part in found.items() if name.startswith(f"{kind}/")}


@dataclass(frozen=True)
class Rows:
    """What load() returned, checked: the two parts, and how many rows held out equal one to train with.

    `split` is a SHA-256 over which rows lie in which part: by their content, or by what load() returned as a third
    thing, so that features which another machine rounds otherwise are the same rows.
    """

    training: Part
    held_out: Part
    shared: int
    split: str


def load(examination: Examination) -> Rows:
    """Return the rows of a model's data file, split; raise RegistryError for arrays that can't be used.

    Each part is in the order of the rows' hashes: as if shuffled, and the same however the file is sorted.
    """
    random.seed(0)  # never the spec's seed, which would choose among the rows where load() draws some
    np.random.seed(0)
    code = ModelCode(Path(examination.folder), examination.place, "data.py")
    features, labels, *groups = _returned(code, code.load(Path(examination.data)), examination.task)
    content = splitting.row_keys(features, labels)
    keys = splitting.group_keys(*groups) if groups else content
    train, test, folds = _split(code, examination, content, keys, labels)
    classes = int(labels.max()) + 1 if examination.task == "classification" else 0
    trained = bloom.of(keys[train], GROUPS if groups else ROWS)
    training = Part(arrays.rows(features, train), labels[train], classes, folds)
    held_out = Part(arrays.rows(features, test), labels[test], classes, [], keys[test], trained)
    shared = int(np.isin(content[test], content[train]).sum()) if groups else 0
    split = hashlib.sha256(b"".join(np.sort(keys[part]).tobytes() for part in (train, test)))
    return Rows(training, held_out, shared, split.hexdigest())


def _returned(code: ModelCode, returned: object, task: str) -> tuple:
    """Return features, labels and, where load() returned them, groups."""
    if not isinstance(returned, tuple) or len(returned) not in (2, 3):
        text = f"returned {arrays.named(returned)}; return two things: features, labels (or three: groups, too)"
        raise code.fault("load", text)
    features, labels, *groups = returned
    fault = arrays.fault(features, labels) or label_fault(task, labels)
    if fault := fault or next((arrays.group_fault(one, len(labels)) for one in groups), None):
        raise code.fault("load", fault)
    return returned


def _split(
    code: ModelCode, examination: Examination, content: np.ndarray, keys: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, list[Split]]:
    """Return the rows to train with and those held out, in the order of their content's hashes, and the folds."""
    order, task = np.argsort(content, kind="stable"), examination.task
    equal = keys is content and (content[order][1:] == content[order][:-1]).any()
    unit = "group" if keys is not content else "different row" if equal else "row"
    try:
        held = splitting.holdout(keys, labels, examination.holdout, task, unit)[order]
        train, test, count = order[~held], order[held], examination.folds
        return train, test, splitting.folds(keys[train], labels[train], count, task, unit) if count else []
    except ValueError as error:
        text = f"returned rows that can't be split, {examination.holdout:g} to be held out: {error}"
        advice = "; where equal rows are different cases, return an id of each as a third thing" * bool(equal)
        raise code.fault("load", f"{text}{advice}") from error
