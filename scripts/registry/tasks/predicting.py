"""What a loaded model answers to rows, in the form that its task is scored by. Pure."""

from dataclasses import dataclass, replace

import numpy as np

from registry.artifacts import arrays, inference
from registry.artifacts.arrays import Features
from registry.artifacts.runtime import Runtime
from registry.formats.markdown import listed
from registry.tasks import given, ranking
from registry.tasks.asked import CLUSTERING, ITEM, RANKING, SCORE, Truth
from registry.tasks.clustering import Space

TOLERANCE = 1e-3  # a GPU or half precision rounds other batches differently


@dataclass(frozen=True)
class Question:
    """What a model is asked, which output answers it, and what is true of each row.

    That is its label, of a ranking what is relevant, of a clustering where it lies.
    """

    task: str
    features: Features
    true: np.ndarray | Truth | Space
    classes: int
    output: str | None

    def few(self, chosen: np.ndarray) -> "Question":
        """Return what is asked of some of the rows."""
        return replace(self, features=arrays.rows(self.features, chosen), true=self.true[chosen])


def predicted(question: Question, loaded: Runtime, batch: int = 256) -> np.ndarray:
    """Return what a model answers, so many rows at once; raise ValueError where its task can't be scored by that."""
    if question.task == RANKING:
        return _lists(question, loaded, batch)
    outputs = inference.outputs(loaded, question.features, question.output, batch)
    return given.shaped(question.task, outputs, len(question.true), question.classes)


def _lists(question: Question, loaded: Runtime, batch: int) -> np.ndarray:
    """Return the first k items of each person's list, as numbers; lists are looked at batch by batch, and let go."""
    names = sorted(one.name for one in loaded.outputs)
    if names != [ITEM, SCORE]:
        raise ValueError(f"gives {listed(names)}; a ranking needs the outputs {ITEM} and {SCORE}")
    fed, true = inference.feed(loaded, question.features), question.true
    found = np.empty((len(true), true.k), np.int32)
    for start in range(0, len(true), batch):
        rows = slice(start, start + batch)
        answer = loaded({name: part[rows] for name, part in fed.items()})
        found[rows] = ranking.numbered(true[rows], answer[ITEM], answer[SCORE])
    return found


def differing(task: str, outputs: np.ndarray, others: np.ndarray) -> int:
    """Return how many rows have other answers, relative to the largest; NaN is NaN. Near ties may swap items of a list."""
    if task == RANKING:
        return int((~ranking.are_alike(outputs, others)).sum())
    tolerance = TOLERANCE * np.abs(outputs[np.isfinite(outputs)]).max(initial=1) if task != CLUSTERING else 0
    same = np.isclose(outputs, others, rtol=0, atol=tolerance, equal_nan=True)
    return int((~same.reshape(len(same), -1).all(axis=1)).sum())
