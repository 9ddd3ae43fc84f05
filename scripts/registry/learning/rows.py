"""A model's rows: loaded by its own code, checked, and split by the registry."""

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from registry.artifacts import arrays
from registry.artifacts.arrays import Features
from registry.learning import evaluation
from registry.learning.labels import fault as label_fault
from registry.learning.modelcode import ModelCode


@dataclass(frozen=True)
class Task:
    """What a worker needs to know of a model, as plain values that travel as JSON."""

    folder: str
    place: str
    task: str
    data: str
    holdout: float
    folds: int
    training: dict

    @property
    def seed(self) -> int:
        """Decides the holdout, the folds and all that is random in training."""
        return self.training["seed"]


@dataclass(frozen=True)
class Rows:
    """What load() returned, checked, and which rows are for training and which are held out.

    `folds` are pairs of those training rows that are trained with and those that are tested on.
    """

    features: Features
    labels: np.ndarray
    train: np.ndarray
    holdout: np.ndarray
    folds: list[tuple[np.ndarray, np.ndarray]]

    @property
    def classes(self) -> np.ndarray:
        """The classes that the labels know, in order."""
        return np.unique(self.labels)

    @property
    def digest(self) -> str:
        """SHA-256 of the rows as load() returned them."""
        return arrays.digest(self.features, self.labels)

    def held_out(self) -> tuple[Features, np.ndarray]:
        """Return the features and labels that training never sees."""
        return arrays.rows(self.features, self.holdout), self.labels[self.holdout]


def load(task: Task, code: ModelCode) -> Rows:
    """Return the rows of a model's data file, split; raise RegistryError for arrays that can't be used."""
    random.seed(task.seed)
    np.random.seed(task.seed)
    returned = code.load(Path(task.data))
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise code.fault("load", f"returned {arrays.named(returned)}; return two things: features, labels")
    features, labels = returned
    if fault := arrays.fault(features, labels) or label_fault(task.task, labels):
        raise code.fault("load", fault)
    try:
        train, holdout = evaluation.holdout(labels, task.holdout, task.seed, task.task)
    except ValueError as error:
        text = f"returned rows that can't be split, {task.holdout:g} to be held out: {error}"
        raise code.fault("load", text) from error
    try:
        folds = evaluation.folds(labels[train], task.folds, task.seed, task.task) if task.folds else []
    except ValueError as error:
        raise code.fault("load", f"returned too few rows: {error}") from error
    return Rows(features, labels, train, holdout, [(train[kept], train[test]) for kept, test in folds])
