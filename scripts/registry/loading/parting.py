"""Which rows of a model are to train with, which are held out, and which fold each is in."""

import numpy as np

from registry.artifacts import arrays
from registry.artifacts.bloom import GROUPS, ROWS
from registry.exports.modelcode import ModelCode
from registry.loading.reading import Loaded
from registry.loading.rows import Examination
from registry.tables import splitting, windows
from registry.tables.splitting import Split
from registry.tasks import asked
from registry.tasks.asked import RANKING


def split(code: ModelCode, examination: Examination, known: Loaded) -> tuple[np.ndarray, np.ndarray, list[Split]]:
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
