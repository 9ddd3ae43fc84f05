"""What training left, asked by the registry in its own packages: a model that these alone can run, and each fold."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from registry.artifacts import arrays, bulk
from registry.artifacts.inference import Arrays
from registry.errors import refuse
from registry.learning import training
from registry.learning.training import Task
from registry.loading import rows
from registry.loading.rows import Part
from registry.scoring import evaluation
from registry.tasks import asked, clustering, measures, ranking
from registry.tasks.asked import CLUSTERING, RANKING


def prove(task: Task, folder: Path) -> None:
    """Raise RegistryError where a model that was trained on the whole training part may not be judged."""
    found = rows.read(Path(task.rows))
    training.checked(task, found, training.some(task, found), folder, _fail(task))


def score(task: Task, fold: int, folder: Path) -> dict[str, float | None]:
    """Return the metrics of what cross_validate() left of a fold."""
    found = rows.read(Path(task.rows))
    train, test = found.folds[fold]
    fail = _fail(task)
    answers = _answers(task, found, fold, folder, fail)
    outputs = training.judged(task, answers, found.classes, fail)
    if task.task == RANKING:
        truth = asked.of_fold(found.features, found.labels, train, test, task.k)
        try:
            return evaluation.score(RANKING, ranking.numbered(truth, answers[asked.ITEM], answers[asked.SCORE]), truth)
        except ValueError as error:
            raise fail(f"returned a model that {error}") from error
    if task.task == CLUSTERING:
        is_labelled = found.classes > 0
        where = clustering.space(bulk.rows(found.features, test), found.labels[test] if is_labelled else None)
        return evaluation.score(CLUSTERING, outputs, where, told=measures.held_out(CLUSTERING, is_labelled))
    return evaluation.score(task.task, outputs, found.labels[test], task.decision)


def stability(task: Task, whole: Path, left: Sequence[Path]) -> list[float]:
    """Return for each fold how alike its clusters are to those of the model of the whole, on the rows of that fold.

    `left` are the folders of what cross_validate() left of each.
    """
    found, fail = rows.read(Path(task.rows)), _fail(task)
    _, answers = training.answered(found.features, whole, fail)
    clusters = training.judged(task, answers, found.classes, fail)
    mine = [
        training.judged(task, _answers(task, found, fold, one, fail), found.classes, fail)
        for fold, one in enumerate(left)
    ]
    return [clustering.stability(one, clusters[test]) for one, (_, test) in zip(mine, found.folds, strict=True)]


def _answers(task: Task, found: Part, fold: int, folder: Path, fail: training.Fail) -> Arrays:
    if (folder / training.ANSWERS).is_file():
        with np.load(folder / training.ANSWERS, allow_pickle=False) as answers:
            return {name.removeprefix(training.GIVEN): part for name, part in arrays.whole(answers).items()}
    train, test = found.folds[fold]
    return training.answered(asked.features(task.task, found.features, found.labels, train, test), folder, fail)[1]


def _fail(task: Task) -> training.Fail:
    return lambda text: refuse(f"{task.place}/model.py", text, field="train")
