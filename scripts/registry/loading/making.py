"""A model's rows, made: those to train with, and those held out with all that judging them takes."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from registry.artifacts import bloom
from registry.artifacts.bloom import GROUPS, ROWS
from registry.errors import RegistryError, one_line
from registry.exports.modelcode import ModelCode
from registry.loading import parting, progress, reading
from registry.loading.reading import Loaded
from registry.loading.rows import Examination, Part, Rows
from registry.tables import baselines, columns, keys, likeness, returned, windows
from registry.tasks import asked
from registry.tasks.asked import CLUSTERING, RANKING, USER


def load(examination: Examination) -> Rows:
    """Return a model's rows, split; raise RegistryError for arrays that can't be used.

    Each part is in the order of the rows' hashes.
    """
    reading.seed()
    code = ModelCode(Path(examination.folder), examination.place, "data.py")
    with _named(examination, "data", examination.data):
        known = reading.read(code, examination, examination.data, 0 if examination.holdout is None else None)
        progress.say(f"splitting {len(known.labels):,} rows")
        train, test, folds = parting.split(code, examination, known)
    split = hashlib.sha256(b"".join(np.sort(known.keys[part]).tobytes() for part in (train, test)))
    classes = 0 if examination.task in ("regression", RANKING) else int(known.labels.max()) + 1
    if examination.decision is not None and classes != 2:
        reading.refuse(
            code, [("evaluation.decision", f"is between two classes, and load() returns {classes}; leave it out")]
        )
    other = known
    if examination.held_out:
        with _named(examination, "data.holdout", examination.held_out):
            other = reading.read(code, examination, examination.held_out, classes)
            _check_fit(code, other, known)
            test = other.order
    progress.say("comparing the two parts")
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
        shared, near = _shared(known, train, other, test), _near(known, train, other, test)
    progress.say("storing the rows")
    return Rows(training, held_out, shared, near, split.hexdigest(), known.columns)


@contextmanager
def _named(examination: Examination, field: str, file: str) -> Iterator[None]:
    """Say of which file all problems in the block are, where there are two."""
    try:
        yield
    except RegistryError as error:
        told = f"of {field} ({Path(file).name}): " if examination.holdout is None else ""
        raise RegistryError(*(replace(one, text=f"{told}{one.text}") for one in error.problems)) from error


def _check_slices(code: ModelCode, examination: Examination, held_out: Loaded, test: np.ndarray) -> None:
    """Raise RegistryError where rows that are held out, or a first one in place of some to come, make no such slices."""
    chosen = test if len(test) else np.arange(1)
    some = {name: column[chosen] for name, column in held_out.columns.items()}
    faults = columns.slice_faults(examination.slices, some, held_out.labels[chosen])
    reading.refuse(code, [("evaluation.slices", text) for text in faults])
    for name in columns.sliced(examination.slices):
        if fault := columns.value_fault(name, held_out.columns[name]):
            raise code.fault("load", fault)


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


def _persons(
    code: ModelCode, examination: Examination, known: Loaded, train: np.ndarray, other: Loaded, test: np.ndarray
) -> Part:
    """Return the persons to ask, with what is true of each; raise RegistryError where there are none, or slices part them.

    Columns are of persons, too: those that are the same in all rows of each.
    """
    mine, theirs = (asked.interactions(one.features, one.labels, part) for one, part in ((known, train), (other, test)))
    truth, rows = asked.truth(mine, theirs)
    if not len(truth):
        text = "returned rows of which none that is held out is relevant and of an item that its person has not had"
        raise code.fault("load", f"{text}, so there is nothing to rank; hold out more, or bring more rows")
    values = {name: column[test[rows]] for name, column in other.columns.items()}
    named, first = asked.of_persons(truth, values), truth.relevant.starts[:-1]
    for name in columns.sliced(examination.slices):
        if name not in named:
            differs = values[name] != np.repeat(values[name][first], truth.relevant.sizes)
            who = theirs.users[rows][differs][0]
            text = f"names {name}, of which {USER} {one_line(str(who), 40)} has several; slices of a ranking are of persons"
            reading.refuse(code, [("evaluation.slices", text)])
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


def _near(known: Loaded, train: np.ndarray, other: Loaded, test: np.ndarray) -> int | None:
    """Return how many rows held out look like one to train with, or None where rows are neither text nor pixels."""
    looks = _looks(known)
    if looks is None:
        return None
    theirs, found = looks if other is known else _looks(other), np.zeros(len(test), bool)
    for mine, their in zip(looks.T, theirs.T, strict=True):
        found |= keys.among(their[test], mine[train])
    return int(found.sum())


def _looks(loaded: Loaded) -> np.ndarray | None:
    found = likeness.of(loaded.features)
    return None if found is None else progress.followed(found, "comparing", len(loaded.labels))


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
