"""What a report says of answers: of all held-out rows and of slices, beside the incumbent's and the baseline's. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from registry.scoring import marking, slicing
from registry.scoring.marking import Answers, Rows
from registry.scoring.slicing import Entry
from registry.tasks import measures
from registry.tasks.sums import Key


def whole(candidate: Answers, told: Sequence[str] | None = None) -> dict:
    """Return the metrics on all rows, or those that are to be told, and their evidence."""
    names = told or [*candidate.names, *candidate.own]
    return {"metrics": _metrics(candidate, names), "evidence": marking.of(candidate, names)}


def compared(candidate: Answers, incumbent: Answers, told: Sequence[str] | None = None) -> dict:
    """Return both versions' metrics on the same rows, or those that are to be told, and evidence of the differences."""
    names = told or [*candidate.names, *candidate.own]
    return {
        "metrics": _metrics(incumbent, names),
        "candidate": _metrics(candidate, names),
        "evidence": marking.differences(candidate, incumbent, names),
    }


def baseline(candidate: Answers, known: np.ndarray, kind: str, told: Sequence[str] | None = None) -> dict:
    """Return how an answer that needs no model does, and by how much the candidate differs, in what is to be told.

    `known` is, of a classification, the shares of the classes among the rows to train with, and of other tasks what may be
    answered to each row, of which the best at a metric counts: shape (answers, rows), or (answers, persons, k).
    """
    rows, shown, names = candidate.rows, None, told or [*candidate.names, *candidate.own]
    if rows.task == "classification":
        shares = np.zeros(candidate.runtimes[0].shape[1])
        shares[: len(known)] = known
        known = np.tile(shares, (1, len(rows.labels), 1))
        shown = str(int(shares.argmax()))
    team = rows.team and rows.team.of_baseline
    rows = replace(rows, decision=None, team=team)  # a decision may be for the rarer class
    trivial = [Answers(rows, [one]) for one in known]
    best = {name: _best(trivial, name) for name in names}
    found = {"kind": kind, "answer": shown, "metrics": {name: one.value(name) for name, one in best.items()}}
    differences = [marking.differences(candidate, one, [name]) for name, one in best.items()]
    return found | {"evidence": {name: value for each in differences for name, value in each.items()}}


def _best(trivial: Sequence[Answers], name: str) -> Answers:
    sign = 1 if trivial[0].measured(name).more_is_better else -1
    return max(trivial, key=lambda one: -np.inf if one.value(name) is None else sign * one.value(name))


def slices(
    entries: Sequence[Entry],
    columns: Mapping[str, np.ndarray],
    candidate: Answers,
    incumbent: Answers | None,
    new: np.ndarray,
) -> list[dict]:
    """Return metrics and evidence of each slice that some row has, and of each class, beside the incumbent's.

    `new` says which rows the incumbent was not trained on: both are compared on these.
    """
    found = []
    for entry in entries:
        for values, chosen in slicing.cells(entry, columns, len(candidate.rows.labels)):
            ours, both = candidate.few(chosen), None
            if incumbent is not None:
                common = chosen[new[chosen]]
                both = candidate.few(common), incumbent.few(common)
            if slicing.LABEL in (order := slicing.steps(entry)):
                found += _by_label([*order], values, ours, both)
            else:
                found.append(slice_of(values, len(chosen), ours, both, candidate.names))
    return found


Both = tuple[Answers, Answers]


def _by_label(order: list[str], values: dict[str, str], ours: Answers, both: Both | None) -> Iterator[dict]:
    """Yield a slice for each class; one of the whole that no row has stays, since its class goes unjudged."""
    counts = _counted(ours.rows)
    shared = _counted(both[0].rows) if both else counts
    for label, rows in enumerate(counts.tolist()):
        if rows or not values:
            told = values | {slicing.LABEL: str(label)}
            keys = [(name, label) for name in measures.BY_CLASS]
            yield slice_of({name: told[name] for name in order}, rows, ours, both, keys, int(shared[label]))


def _counted(rows: Rows) -> np.ndarray:
    return np.bincount(rows.labels, minlength=rows.classes)


def slice_of(
    values: dict[str, str], rows: int, ours: Answers, both: Both | None, keys: Sequence[Key], shared: int | None = None
) -> dict:
    """Return a slice: its metrics, and those of both versions on the `shared` rows that they are compared on."""
    found = {"slice": values, "rows": rows, "metrics": _metrics(ours, keys)}
    found |= {"evidence": marking.named(marking.of(ours, keys)), "incumbent": None}
    if both:
        new, old = both
        told = {"rows": len(new.rows.labels) if shared is None else shared, "metrics": {}, "candidate": {}}
        if told["rows"]:
            told |= {"metrics": _metrics(old, keys), "candidate": _metrics(new, keys)}
        known = keys if told["rows"] else []
        found["incumbent"] = told | {"evidence": marking.named(marking.differences(new, old, known))}
    return found


def _metrics(one: Answers, keys: Sequence[Key]) -> dict[str, float | None]:
    return {key if isinstance(key, str) else key[0]: one.value(key) for key in keys}
