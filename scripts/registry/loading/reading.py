"""The rows of one file: load() of a model's data.py is run, and what it returns checked and hashed."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from registry.artifacts.arrays import Features
from registry.artifacts.bloom import GROUPS, ROWS
from registry.errors import Problem, raise_all
from registry.exports.modelcode import ModelCode
from registry.loading import gathering, progress
from registry.loading.rows import Examination, Part
from registry.tables import columns, keys, returned, times
from registry.tables.labels import fault as label_fault
from registry.tables.windows import Course
from registry.tasks.asked import CLUSTERING, RANKING, USER


@dataclass(frozen=True)
class Loaded:
    """The rows of one file, with hashes of what each holds, and the `keys` by which a row is known again.

    These are of its group where that decides the split, or of its id. `course` is when rows are, where that decides.
    """

    features: Features
    labels: np.ndarray
    columns: dict[str, np.ndarray]
    content: np.ndarray
    keys: np.ndarray
    groups: np.ndarray | None
    course: Course | None

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
        return Part(self.features, self.labels[chosen], classes, places=chosen, **more)

    def beside(self, chosen: np.ndarray) -> dict:
        """Return what comes with some of the rows when they are judged."""
        groups = None if self.groups is None else self.groups[chosen]
        if groups is not None and len(np.unique(groups)) == len(groups):
            groups = None
        named = {name: column[chosen] for name, column in self.columns.items()}
        return {"keys": self.keys[chosen], "columns": named, "groups": groups}


def read(code: ModelCode, examination: Examination, file: str, classes: int | None) -> Loaded:
    """Return the rows of a file; `classes` is what labels.fault takes for known."""
    seed()
    progress.say(f"load() reads {Path(file).name}")
    features, labels, ids, beside = _returned(
        code, code.load(Path(file), examination.inputs), examination.task, classes
    )
    split = examination.split
    _check_split(code, split, ids, beside)
    content = progress.followed(keys.of_rows(features, labels), "hashing", len(labels))
    names = beside[split["group"]] if "group" in split else ids
    groups = None if names is None else keys.of_groups(names)
    decided = content if groups is None else groups
    if "time" not in split:
        return Loaded(features, labels, beside, content, decided, groups, None)
    if "group" in split or (groups is not None and len(np.unique(groups)) < len(groups)):
        decided = content  # a group lies on both sides, before and after
    try:
        read = times.read(split["time"], beside[split["time"]])
    except ValueError as error:
        raise code.fault("load", str(error)) from error
    parted = (groups, names) if "group" in split else (np.zeros(len(labels), np.uint64), None)
    return Loaded(features, labels, beside, content, decided, groups, Course(read, split.get("gap", 0), *parted))


def seed() -> None:
    """Never with the spec's seed, which would choose among the rows where load() draws some."""
    random.seed(0)
    np.random.seed(0)


def _returned(code: ModelCode, found: object, task: str, classes: int | None) -> tuple:
    """Return features, labels, groups and columns, of these two None and nothing where load() returned none."""
    one = gathering.whole(code, found, task)
    features, labels, ids, beside = one
    fault = label_fault(task, labels, classes)
    if task == RANKING:
        fault = fault or returned.ranking_fault(features) or _beside_fault(ids, beside)
    if fault := fault or gathering.fault_beside(one):
        raise code.fault("load", fault)
    if task == CLUSTERING and labels.dtype.kind != "i":
        labels = np.unique(labels.astype(str) if labels.dtype.kind == "O" else labels, return_inverse=True)[1]
    return features, labels, ids[0] if ids else None, dict(beside) | ({USER: features[USER]} if task == RANKING else {})


def _beside_fault(ids: list, beside: object) -> str | None:
    """Say what a ranking has by itself, and need not be returned with its rows, or None."""
    if ids:
        return "returned groups; those of a ranking are its persons: return features, labels and columns"
    if isinstance(beside, Mapping) and USER in beside:
        return f"returned a column named {USER}, which a ranking has by itself; leave it out"
    return None


def _check_split(code: ModelCode, split: Mapping, ids: np.ndarray | None, beside: Mapping[str, np.ndarray]) -> None:
    """Raise RegistryError where rows can't be parted by what data.split names."""
    named = {kind: split[kind] for kind in ("group", "time") if kind in split}
    faults = {kind: columns.unknown(name, beside) for kind, name in named.items()}
    refuse(code, [(f"data.split.{kind}", text) for kind, text in faults.items() if text])
    if "group" not in split:
        return
    group = beside[split["group"]]
    if ids is not None:
        raise code.fault(
            "load", "returned groups, and data.split.group names a column of them, too; return one of both"
        )
    if fault := returned.missing_fault(f"columns[{split['group']!r}]", group):
        raise code.fault("load", fault)


def refuse(code: ModelCode, faults: list[tuple[str, str]]) -> None:
    """Raise what is wrong with fields of the spec."""
    raise_all([Problem(f"{code.place}/model.yaml", 0, field, text) for field, text in faults])
