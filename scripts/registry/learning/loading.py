"""A model's rows, made: load() of its data.py is run, what it returns checked, and split by the registry."""

import hashlib
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from registry.artifacts import arrays, bloom
from registry.artifacts.arrays import Features
from registry.artifacts.bloom import GROUPS, ROWS
from registry.errors import Problem, RegistryError, one_line, raise_all
from registry.exports.modelcode import ModelCode
from registry.learning.rows import Examination, Part, Rows
from registry.tables import baselines, columns, keys, likeness, returned, splitting, times, windows
from registry.tables.labels import fault as label_fault
from registry.tables.splitting import Split
from registry.tables.windows import Course
from registry.tasks import asked
from registry.tasks.asked import CLUSTERING, RANKING, USER

NO_CLASS = -1  # of each row of a clustering that has no labels
SELDOM = 2  # seconds between two words of long work
WANTED = "return features, labels and, where there are any, groups as an array, columns as a mapping"


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
        return Part(arrays.rows(self.features, chosen), self.labels[chosen], classes, **more)

    def beside(self, chosen: np.ndarray) -> dict:
        """Return what comes with some of the rows when they are judged."""
        groups = None if self.groups is None else self.groups[chosen]
        if groups is not None and len(np.unique(groups)) == len(groups):
            groups = None
        named = {name: column[chosen] for name, column in self.columns.items()}
        return {"keys": self.keys[chosen], "columns": named, "groups": groups}


def load(examination: Examination) -> Rows:
    """Return a model's rows, split; raise RegistryError for arrays that can't be used.

    Each part is in the order of the rows' hashes.
    """
    _seed()
    code = ModelCode(Path(examination.folder), examination.place, "data.py")
    with _named(examination, "data", examination.data):
        known = _loaded(code, examination, examination.data, 0 if examination.holdout is None else None)
        _say(f"splitting {len(known.labels):,} rows")
        train, test, folds = _split(code, examination, known)
    split = hashlib.sha256(b"".join(np.sort(known.keys[part]).tobytes() for part in (train, test)))
    classes = 0 if examination.task in ("regression", RANKING) else int(known.labels.max()) + 1
    if examination.decision is not None and classes != 2:
        _refuse(code, [("evaluation.decision", f"is between two classes, and load() returns {classes}; leave it out")])
    other = known
    if examination.held_out:
        with _named(examination, "data.holdout", examination.held_out):
            other = _loaded(code, examination, examination.held_out, classes)
            _check_fit(code, other, known)
            test = other.order
    _say("comparing the two parts")
    _check_slices(code, examination, other, test)
    training, held_out = known.part(train, classes, folds=folds), None
    if len(test) and examination.task == RANKING:
        held_out = _persons(code, examination, known, train, other, test)
    elif len(test):
        more = other.beside(test) | {"trained": bloom.of(known.keys[train], known.kind)}
        kind, baseline = _baseline(examination.task, known, train, classes, other, test)
        held_out = other.part(test, classes, baseline=baseline, baseline_kind=kind, **more)
    shared, near = (0, None)
    if held_out and examination.task != RANKING:
        shared, near = _shared(known, train, other, test), _near(training, held_out)
    _say("storing the rows")
    return Rows(training, held_out, shared, near, split.hexdigest())


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


def _say(text: str) -> None:
    """Print what is being done: build shows the last line of this process."""
    print(text, flush=True)


def _followed(blocks: Iterator[np.ndarray], what: str, count: int) -> np.ndarray:
    """Return what blocks hold together, and tell in between how far they are."""
    found, done, last = [], 0, time.monotonic()
    for block in blocks:
        found.append(block)
        done += len(block)
        if time.monotonic() - last > SELDOM:
            last = time.monotonic()
            _say(f"{what} {done:,} of {count:,} rows")
    return np.concatenate(found)


def _loaded(code: ModelCode, examination: Examination, file: str, classes: int | None) -> Loaded:
    """Return the rows of a file; `classes` is what labels.fault takes for known."""
    _seed()
    _say(f"load() reads {Path(file).name}")
    features, labels, ids, beside = _returned(
        code, code.load(Path(file), examination.inputs), examination.task, classes
    )
    split = examination.split
    _check_split(code, split, ids, beside)
    content = _followed(keys.of_rows(features, labels), "hashing", len(labels))
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


def _returned(code: ModelCode, found: object, task: str, classes: int | None) -> tuple:
    """Return features, labels, groups and columns, of these two None and nothing where load() returned none."""
    if not isinstance(found, tuple) or not 2 <= len(found) <= 4:
        raise code.fault("load", f"returned {arrays.named(found)}; {WANTED}")
    features, labels, *more = found
    if task == CLUSTERING and labels is None:
        labels = np.full(_count(features), NO_CLASS)
    ids = [more.pop(0)] if more and not (isinstance(more[0], Mapping) and len(more) == 1) else []
    beside = more[0] if more else {}
    fault = returned.fault(features, labels) or label_fault(task, labels, classes)
    if task == RANKING:
        fault = fault or returned.ranking_fault(features) or _beside_fault(ids, beside)
    if fault := fault or next((returned.group_fault(one, len(labels)) for one in ids), None):
        raise code.fault("load", fault)
    if not isinstance(beside, Mapping):
        raise code.fault("load", f"returned {arrays.named(beside)} as columns; return a mapping of name to array")
    if fault := columns.fault(beside, len(labels)):
        raise code.fault("load", fault)
    if task == CLUSTERING and labels.dtype.kind != "i":
        labels = np.unique(labels.astype(str) if labels.dtype.kind == "O" else labels, return_inverse=True)[1]
    return features, labels, ids[0] if ids else None, dict(beside) | ({USER: features[USER]} if task == RANKING else {})


def _count(features: object) -> int:
    """Return how many rows features have, where they are such as can be counted."""
    some = next(iter(arrays.parts(features).values()), None)
    return len(some) if isinstance(some, np.ndarray) and some.ndim else 0


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
    _refuse(code, [(f"data.split.{kind}", text) for kind, text in faults.items() if text])
    if "group" not in split:
        return
    group = beside[split["group"]]
    if ids is not None:
        raise code.fault(
            "load", "returned groups, and data.split.group names a column of them, too; return one of both"
        )
    if fault := returned.missing_fault(f"columns[{split['group']!r}]", group):
        raise code.fault("load", fault)


def _check_slices(code: ModelCode, examination: Examination, held_out: Loaded, test: np.ndarray) -> None:
    """Raise RegistryError where rows that are held out, or a first one in place of some to come, make no such slices."""
    chosen = test if len(test) else np.arange(1)
    some = {name: column[chosen] for name, column in held_out.columns.items()}
    faults = columns.slice_faults(examination.slices, some, held_out.labels[chosen])
    _refuse(code, [("evaluation.slices", text) for text in faults])
    for name in columns.sliced(examination.slices):
        if fault := columns.value_fault(name, held_out.columns[name]):
            raise code.fault("load", fault)


def _refuse(code: ModelCode, faults: list[tuple[str, str]]) -> None:
    """Raise what is wrong with fields of the spec."""
    raise_all([Problem(f"{code.place}/model.yaml", 0, field, text) for field, text in faults])


def _check_fit(code: ModelCode, found: Loaded, known: Loaded) -> None:
    """Raise RegistryError where rows of one file are not what those of the other are."""
    if (found.groups is None) != (known.groups is None):
        kinds = [ROWS if one.groups is None else GROUPS for one in (found, known)]
        text = f"returned {kinds[0]}, and of data {kinds[1]}; return groups of both, or of none"
        raise code.fault("load", text)
    if fault := returned.misfit(found.features, known.features) or columns.misfit(found.columns, known.columns):
        raise code.fault("load", fault)
    if known.course and (fault := windows.overlap(known.course, found.course)):
        raise code.fault("load", f"returned {fault}")


def _split(code: ModelCode, examination: Examination, known: Loaded) -> tuple[np.ndarray, np.ndarray, list[Split]]:
    """Return the rows to train with and those held out, none where they are in another file, and the folds."""
    share = examination.holdout
    try:
        return (_by_time if known.course else _by_hash)(examination, known)
    except ValueError as error:
        text = "returned rows that can't be split" + ("" if share is None else f", {share:g} to be held out")
        equal = known.kind == ROWS and not known.course and len(np.unique(known.content)) < len(known.content)
        advice = "; where equal rows are different cases, return an id of each as a third thing" * equal
        raise code.fault("load", f"{text}: {error}{advice}") from error


def _by_hash(examination: Examination, known: Loaded) -> tuple[np.ndarray, np.ndarray, list[Split]]:
    order, decided, labels = known.order, known.keys, known.labels
    groups = examination.split.get("group")
    if groups and len(np.unique(decided)) == len(decided):
        told = f"each row has another {groups}, so that groups nothing"
        raise ValueError(f"{told}; name a column in data.split.group that rows of one case share, or leave it out")
    equal = known.kind == ROWS and (decided[order][1:] == decided[order][:-1]).any()
    unit = "group" if known.kind == GROUPS else "different row" if equal else "row"
    held = np.zeros(len(order), bool)
    if examination.holdout is not None:
        held = splitting.holdout(decided, labels, examination.holdout, examination.task, unit)[order]
    train, count = order[~held], examination.folds
    folds = splitting.folds(decided[train], labels[train], count, examination.task, unit) if count else []
    return train, order[held], folds


def _by_time(examination: Examination, known: Loaded) -> tuple[np.ndarray, np.ndarray, list[Split]]:
    order, course, labels = known.order, known.course, known.labels
    train, test = order, order[:0]
    if examination.holdout is not None:
        parted = windows.holdout_where_possible if examination.task == RANKING else windows.holdout
        train, test = (_ordered(order, side) for side in parted(course, examination.holdout))
        if examination.task == "classification":
            splitting.check_classes(labels, labels[train], labels[test])
    count = examination.folds
    if count and examination.task == RANKING:
        folds = windows.folds_where_possible(course.of(train), count)
        few = arrays.rows(known.features, train), labels[train]
        if lonely := next((at for at, fold in enumerate(folds, 1) if not len(asked.of_fold(*few, *fold))), None):
            told = f"fold {lonely} of {count} would ask nobody, since all that is relevant in it was had before"
            raise ValueError(f"{told}; write fewer evaluation.folds in model.yaml, or bring more rows")
        return train, test, folds
    folds = windows.folds(course.of(train), labels[train], count, examination.task) if count else []
    return train, test, folds


def _ordered(order: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return the chosen rows in an order of all."""
    is_chosen = np.zeros(len(order), bool)
    is_chosen[chosen] = True
    return order[is_chosen[order]]


def _persons(
    code: ModelCode, examination: Examination, known: Loaded, train: np.ndarray, other: Loaded, test: np.ndarray
) -> Part:
    """Return the persons to ask, with what is true of each; raise RegistryError where there are none, or slices part them."""
    mine, theirs = (asked.interactions(one.features, one.labels, part) for one, part in ((known, train), (other, test)))
    truth, rows = asked.truth(mine, theirs)
    if not len(truth):
        text = "returned rows of which none that is held out is relevant and of an item that its person has not had"
        raise code.fault("load", f"{text}, so there is nothing to rank; hold out more, or bring more rows")
    named, first = {}, truth.relevant.starts[:-1]
    for name in columns.sliced(examination.slices):
        values = other.columns[name][test[rows]]
        if (differs := values != np.repeat(values[first], truth.relevant.sizes)).any():
            who = theirs.users[rows][differs][0]
            text = f"names {name}, of which {USER} {one_line(str(who), 40)} has several; slices of a ranking are of persons"
            _refuse(code, [("evaluation.slices", text)])
        named[name] = values[first]
    more = {"keys": other.keys[test[rows]], "trained": bloom.of(known.keys[train], known.kind)}
    return Part({USER: truth.persons}, truth.relevant.sizes, 0, columns=named, truth=truth.arrays(), **more)


def _baseline(
    task: str, known: Loaded, train: np.ndarray, classes: int, other: Loaded, test: np.ndarray
) -> tuple[str | None, np.ndarray | None]:
    """Return the baseline's kind, and what it says of the rows that are held out; of a clustering the judge makes one."""
    if task == CLUSTERING:
        return None, None
    labels = known.labels[train]
    if task == "classification":
        return baselines.MAJORITY, baselines.shares(labels, classes)
    always = baselines.constants(labels, len(test))
    if known.course is None:
        return baselines.MEAN, always
    ours, theirs = (
        np.zeros(len(one.labels), np.uint64) if one.groups is None else one.groups for one in (known, other)
    )
    course = replace(known.course, groups=ours, names=None).of(train)
    return baselines.LAST, np.vstack([baselines.last(labels, course, theirs[test]), always])


def _near(training: Part, held_out: Part) -> int | None:
    """Return how many rows held out look like one to train with, or None where rows are neither text nor pixels."""
    looks = [likeness.of(part.features) for part in (held_out, training)]
    if None in looks:
        return None
    ours, theirs = (
        _followed(look, "comparing", len(part.labels)) for look, part in zip(looks, (held_out, training), strict=True)
    )
    same = [keys.among(mine, their) for mine, their in zip(ours.T, theirs.T, strict=True)]
    return int(np.any(same, axis=0).sum())


def _shared(known: Loaded, train: np.ndarray, other: Loaded, test: np.ndarray) -> int:
    """Return how many rows held out equal one to train with, or are of its group; in one file a key has one side.

    By time, equal rows may lie on both.
    """
    if other is known and known.kind == ROWS and not known.course:
        return 0
    same = keys.among(other.content[test], known.content[train])
    if known.kind == GROUPS:
        same |= keys.among(other.keys[test], known.keys[train])
    return int(same.sum())
