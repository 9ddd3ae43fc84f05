"""A model's rows: loaded by its data.py, checked, split by the registry, and handed on in two parts."""

import hashlib
import json
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from registry.artifacts import arrays, bloom
from registry.artifacts.arrays import Features
from registry.artifacts.bloom import GROUPS, ROWS, Filter
from registry.errors import RegistryError
from registry.learning import splitting
from registry.learning.labels import fault as label_fault
from registry.learning.modelcode import ModelCode
from registry.learning.splitting import Split

FEATURES, LABELS, KEYS, FOLD = "features", "labels", "keys", "fold"
INDEX = "index.json"


@dataclass(frozen=True)
class Examination:
    """What sets a model's examination, as plain values that travel as JSON; `folder` holds its data.py.

    `data` is the file to train with. `holdout` is the share of its rows that are held out, or None where they are a
    file of their own: `held_out`, which who makes the training part is not given.
    """

    folder: str
    place: str
    task: str
    data: str
    holdout: float | None
    folds: int
    held_out: str | None = None


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
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    groups: np.ndarray | None = None
    baseline: np.ndarray | None = None
    baseline_kind: str | None = None

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

    Nothing is known of rows that are held out in a file that was not given. `split` is a SHA-256 over which rows of
    `data` lie in which part: by their content, or by what load() returned as a third thing, so that features which
    another machine rounds otherwise are the same rows.
    """

    training: Part
    held_out: Part | None
    shared: int
    split: str

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are, as a report has it."""
        held_out = {"holdout": len(self.held_out.labels), "shared": self.shared} if self.held_out else {}
        return {"train": len(self.training.labels), **held_out}


@dataclass(frozen=True)
class Loaded:
    """The rows of one file, with hashes of what each holds, and the `keys` that decide: of groups where there are any."""

    features: Features
    labels: np.ndarray
    content: np.ndarray
    keys: np.ndarray

    @property
    def kind(self) -> str:
        """What the keys are of."""
        return ROWS if self.keys is self.content else GROUPS

    @property
    def order(self) -> np.ndarray:
        """The rows as if shuffled, the same however the file is sorted."""
        return np.argsort(self.content, kind="stable")

    def part(self, chosen: np.ndarray, classes: int, **more: object) -> Part:
        """Return some of the rows."""
        return Part(arrays.rows(self.features, chosen), self.labels[chosen], classes, **more)


def load(examination: Examination) -> Rows:
    """Return a model's rows, split; raise RegistryError for arrays that can't be used.

    Each part is in the order of the rows' hashes.
    """
    _seed()
    code = ModelCode(Path(examination.folder), examination.place, "data.py")
    with _named(examination, "data", examination.data):
        known = _loaded(code, examination.task, examination.data, 0 if examination.holdout is None else None)
        train, test, folds = _split(code, examination, known)
    split = hashlib.sha256(b"".join(np.sort(known.keys[part]).tobytes() for part in (train, test)))
    classes = int(known.labels.max()) + 1 if examination.task == "classification" else 0
    other = known
    if examination.held_out:
        with _named(examination, "data.holdout", examination.held_out):
            other = _loaded(code, examination.task, examination.held_out, classes)
            _check_fit(code, other, known)
            test = other.order
    trained = bloom.of(known.keys[train], known.kind)
    held_out = other.part(test, classes, keys=other.keys[test], trained=trained) if len(test) else None
    return Rows(
        known.part(train, classes, folds=folds), held_out, _shared(known, train, other, test), split.hexdigest()
    )


@contextmanager
def _named(examination: Examination, field: str, file: str) -> Iterator[None]:
    """Say of which file all problems in the block are, where there are two."""
    try:
        yield
    except RegistryError as error:
        told = f"of {field} ({Path(file).name}): " if examination.holdout is None else ""
        raise RegistryError(*(replace(one, text=f"{told}{one.text}") for one in error.problems)) from error


def _seed() -> None:
    """Never with the spec's seed, which would choose among the rows where load() draws some."""
    random.seed(0)
    np.random.seed(0)


def _loaded(code: ModelCode, task: str, file: str, classes: int | None) -> Loaded:
    """Return the rows of a file; `classes` is what labels.fault takes for known."""
    _seed()
    features, labels, *groups = _returned(code, code.load(Path(file)), task, classes)
    content = splitting.row_keys(features, labels)
    return Loaded(features, labels, content, splitting.group_keys(*groups) if groups else content)


def _returned(code: ModelCode, returned: object, task: str, classes: int | None) -> tuple:
    """Return features, labels and, where load() returned them, groups."""
    if not isinstance(returned, tuple) or len(returned) not in (2, 3):
        text = f"returned {arrays.named(returned)}; return two things: features, labels (or three: groups, too)"
        raise code.fault("load", text)
    features, labels, *groups = returned
    fault = arrays.fault(features, labels) or label_fault(task, labels, classes)
    if fault := fault or next((arrays.group_fault(one, len(labels)) for one in groups), None):
        raise code.fault("load", fault)
    return returned


def _check_fit(code: ModelCode, found: Loaded, known: Loaded) -> None:
    """Raise RegistryError where rows of one file are not what those of the other are."""
    if found.kind != known.kind:
        raise code.fault("load", f"returned {found.kind}, and of data {known.kind}; return groups of both, or of none")
    if fault := arrays.misfit(found.features, known.features):
        raise code.fault("load", fault)


def _split(code: ModelCode, examination: Examination, known: Loaded) -> tuple[np.ndarray, np.ndarray, list[Split]]:
    """Return the rows to train with and those held out, none where they are in another file, and the folds."""
    order, keys, labels, share = known.order, known.keys, known.labels, examination.holdout
    equal = known.kind == ROWS and (keys[order][1:] == keys[order][:-1]).any()
    unit = "group" if known.kind == GROUPS else "different row" if equal else "row"
    try:
        held = np.zeros(len(order), bool)
        if share is not None:
            held = splitting.holdout(keys, labels, share, examination.task, unit)[order]
        train, count = order[~held], examination.folds
        folds = splitting.folds(keys[train], labels[train], count, examination.task, unit) if count else []
        return train, order[held], folds
    except ValueError as error:
        text = "returned rows that can't be split" + ("" if share is None else f", {share:g} to be held out")
        advice = "; where equal rows are different cases, return an id of each as a third thing" * bool(equal)
        raise code.fault("load", f"{text}: {error}{advice}") from error


def _shared(known: Loaded, train: np.ndarray, other: Loaded, test: np.ndarray) -> int:
    """Return how many rows held out equal one to train with, or are of its group; in one file a key has one side."""
    if other is known and known.kind == ROWS:
        return 0
    same = np.isin(other.content[test], known.content[train]) | np.isin(other.keys[test], known.keys[train])
    return int(same.sum())
