"""What load() of a data.py returns, at once or in parts, as one: of parts the numbers among features lie in files."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from registry.artifacts import arrays, bulk
from registry.artifacts.arrays import Features
from registry.errors import RegistryError
from registry.exports.modelcode import ModelCode
from registry.loading import progress
from registry.tables import columns, returned
from registry.tasks.asked import CLUSTERING

NO_CLASS = -1  # of each row of a clustering that has no labels
WANTED = "return features, labels and, where there are any, groups as an array, columns as a mapping"

Fail = Callable[[str], RegistryError]


class Returned(NamedTuple):
    """What load() returned: of `ids`, one array of groups at most, and `beside`, the columns, each as it came."""

    features: Features
    labels: np.ndarray | None
    ids: list
    beside: object


def whole(code: ModelCode, found: object, task: str) -> Returned:
    """Return what load() returned, or all that the iterator gives which it returned, with labels in either case.

    Raises RegistryError for features and labels that can't be used, and for parts that are not of one kind.
    """
    fail = partial(code.fault, "load")
    if not isinstance(found, Iterator):
        return _taken(_apart(found, fail), task, fail)
    parts, due = None, progress.seldom()
    for number, part in enumerate(code.each("load", found), 1):
        came = _apart(part, partial(_in_part, fail, number))
        one = _taken(came, task, partial(_in_part, fail, number))
        if fault := fault_beside(one):
            raise _in_part(fail, number, fault)
        parts = parts or _Parts(came)
        if fault := parts.misfit(came) or parts.add(one):
            raise _in_part(fail, number, fault)
        if next(due):
            progress.say(f"load() gave {parts.count:,} rows")
    if parts is None:
        raise fail("yielded nothing; yield features and labels of some rows at a time")
    return parts.whole()


def fault_beside(one: Returned) -> str | None:
    """Say what is wrong with groups and columns of rows, or None."""
    if fault := next((returned.group_fault(groups, len(one.labels)) for groups in one.ids), None):
        return fault
    if not isinstance(one.beside, Mapping):
        return f"returned {arrays.named(one.beside)} as columns; return a mapping of name to array"
    return columns.fault(one.beside, len(one.labels))


def _in_part(fail: Fail, number: int, text: str) -> RegistryError:
    return fail(f"in part {number} {text}")


def _apart(found: object, fail: Fail) -> Returned:
    if not isinstance(found, tuple) or not 2 <= len(found) <= 4:
        raise fail(f"returned {arrays.named(found)}; {WANTED}")
    features, labels, *more = found
    ids = [more.pop(0)] if more and not (isinstance(more[0], Mapping) and len(more) == 1) else []
    return Returned(features, labels, ids, more[0] if more else {})


def _taken(came: Returned, task: str, fail: Fail) -> Returned:
    """Return features and labels that may be used, with what came beside them; raise what fails."""
    if task == CLUSTERING and came.labels is None:
        came = came._replace(labels=np.full(_count(came.features), NO_CLASS))
    if fault := returned.fault(came.features, came.labels):
        raise fail(fault)
    return came


def _count(features: object) -> int:
    """Return how many rows features have, where they are such as can be counted."""
    some = next(iter(arrays.parts(features).values()), None)
    return len(some) if isinstance(some, np.ndarray) and some.ndim else 0


class _Parts:
    """Rows that come in parts like the first: numbers among features go into files, all else stays in memory."""

    def __init__(self, first: Returned) -> None:
        self._kinds = _kinds(first)
        self._shapes = {name: (part.dtype, part.shape[1:]) for name, part in arrays.parts(first.features).items()}
        numbers = [name for name, (dtype, _) in self._shapes.items() if dtype.kind in arrays.NUMBERS]
        self._files = {name: tempfile.TemporaryFile() for name in numbers}
        self._texts, self._labels, self._ids, self._beside = [], [], [], []
        self._size = self.count = 0

    def misfit(self, one: Returned) -> str | None:
        """Say in what a part is not like the first, or None."""
        mine = _kinds(one)
        for what in sorted(mine.keys() | self._kinds.keys()):
            kind, known = (kinds.get(what, "missing") for kinds in (mine, self._kinds))
            if kind != known:
                return f"{what} are {kind}, and before {known}; yield the same in each part"
        return None

    def add(self, one: Returned) -> str | None:
        """Take a part; say why there can't be so many rows, or return None."""
        named = dict(arrays.parts(one.features))
        for name, file in self._files.items():
            part = np.ascontiguousarray(named.pop(name))
            part.tofile(file)
            self._size += part.nbytes
        self.count += len(one.labels)
        self._labels.append(one.labels.copy())  # load() may fill the same arrays again
        for kept, new in (self._texts, named), (self._ids, dict(enumerate(one.ids))), (self._beside, one.beside):
            kept.append({name: part.copy() for name, part in new.items()})
        if (free := bulk.free()) < self._size:
            told = f"features come to {self._size / bulk.MB:,.1f} MB, and the disk has {free / bulk.MB:,.1f} MB left"
            return f"{told}, too little to store them; yield fewer rows, or build where there is more"
        return None

    def whole(self) -> Returned:
        """Return all of them as one."""
        texts, features = _joined(self._texts), {}
        for name, (dtype, shape) in self._shapes.items():
            if name in texts:
                features[name] = texts[name]
                continue
            with self._files[name] as file:
                features[name] = bulk.mapped(file, dtype, (self.count, *shape))
        labels, ids = np.concatenate(self._labels), [*_joined(self._ids).values()]
        return Returned(features.get("", features), labels, ids, _joined(self._beside))


def _joined(parts: list[dict]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _kinds(came: Returned) -> dict[str, str]:
    """Return what each array of a part holds a row."""
    named = {f"features[{name!r}]" if name else "features": part for name, part in arrays.parts(came.features).items()}
    named |= {} if came.labels is None else {"labels": came.labels}
    named |= {"groups": groups for groups in came.ids}
    named |= {f"columns[{name!r}]": column for name, column in came.beside.items()}
    return {what: returned.described(part) for what, part in named.items()}
