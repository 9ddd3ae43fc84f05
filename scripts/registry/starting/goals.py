"""First thresholds that fit labels, and that so many held-out rows can tell. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from registry.evidence import intervals
from registry.starting.labelled import Column

RARE = 0.1  # of two classes: a share below which accuracy says little
FEWEST = 30  # held-out rows, of all and of a class, that are judged
BETTER = 0.75  # of what guessing leaves wrong, what a first model is hoped to get right
AREA, FOUND, EXPLAINED = 0.85, 0.7, 0.6  # hoped for: the area, the share of a rare class, R²


@dataclass(frozen=True)
class Goals:
    """What a first spec asks: its task, lines of its sections `evaluation` and `thresholds`, and what to know of it."""

    task: str
    evaluation: list[str]
    thresholds: list[str]
    notes: list[str]


def goals(column: Column, holdout: float) -> Goals:
    """Return what can be asked of a model of some labels where a share of the rows is held out."""
    rows = column.rows * holdout
    held = f"of {column.rows} rows about {rows:.0f} will be held out"
    few = f"{held}, and it takes {FEWEST} to judge: bring {FEWEST / holdout:.0f} or more"
    notes = [few] if rows < FEWEST else []
    if not column.counts:
        notes += ["every label is the same number; there is nothing to learn"] if not column.deviation else []
        return Goals("regression", ["folds: 5"], _of_numbers(column, rows), notes)
    if len(column.counts) == 1:
        notes.append(f"every label is {next(iter(column.counts))}; a classifier needs two or more")
    rarest = min(column.counts, key=column.counts.get)
    share = column.counts[rarest] / column.rows
    if len(column.counts) == 2 and share < RARE:
        return _of_rare(column, rarest, share, rows, notes)
    return Goals("classification", ["folds: 5", "slices: [label]"], [*_of_classes(column, rows)], notes)


def _of_classes(column: Column, rows: float) -> Iterator[str]:
    """A share that is far above the most frequent class's."""
    guessed = max(column.counts.values()) / column.rows
    limit = told(guessed + BETTER * (1 - guessed), rows)
    yield f"accuracy: {{min: {max(limit, _up(guessed)) if guessed < 1 else 1:g}}}"


def _of_rare(column: Column, label: str, share: float, rows: float, notes: list[str]) -> Goals:
    """Who answers the frequent class always is right nearly always: what counts is whether the rare one is found."""
    number, found = list(column.counts).index(label), share * rows
    asked = [f"roc_auc: {{min: {max(told(AREA, found), 0.55):g}}}"]
    asked.append(f"pr_auc: {{min: {max(told((1 + share) / 2, found), _up(2 * share)):g}}}")
    evaluation = ["folds: 5", "slices: [label]"]
    if number == 1:
        evaluation.append(f"decision: {_up(2 * share):g}                  # class 1 from this probability on")
    if found >= FEWEST:
        asked.append(f"recall: {{min: {told(FOUND, found):g}, slice: {{label: {number}}}}}")
    else:
        text = f"about {found:.0f} rows of label {number} will be held out, and it takes {FEWEST} to judge its recall"
        notes = [*notes, text]
    return Goals("classification", evaluation, asked, notes)


def _of_numbers(column: Column, rows: float) -> list[str]:
    """R² and its standard error, 2 R (1 - R²) / √n, and an error below that of always answering the mean."""
    error = 2 * math.sqrt(EXPLAINED) * (1 - EXPLAINED) / math.sqrt(rows)
    limit = max(_down(EXPLAINED - 2 * intervals.z(intervals.LEVEL) * error), 0.05)
    largest = math.sqrt(1 - EXPLAINED) * (1 + 2 * intervals.z(intervals.LEVEL) * 0.75 / math.sqrt(rows))
    mae = min(largest, 0.95) * column.deviation
    return [f"r2: {{min: {limit:g}}}", f"mae: {{max: {float(f'{mae:.3g}'):g}}}"]


def told(share: float, rows: float) -> float:
    """Return a limit that is told from a share of so many rows: two one-sided bounds below it."""
    return max(_down(share - 2 * intervals.z(intervals.LEVEL) * math.sqrt(share * (1 - share) / max(rows, 1))), 0.01)


def _down(value: float) -> float:
    return math.floor(value * 100 + 1e-9) / 100


def _up(value: float) -> float:
    return math.ceil(value * 100 - 1e-9) / 100
