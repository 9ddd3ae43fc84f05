"""What training left, asked by the registry in its own packages: a model that these alone can run, and each fold."""

from pathlib import Path

import numpy as np

from registry.artifacts import arrays
from registry.artifacts.inference import Arrays
from registry.errors import refuse
from registry.learning import rows, training
from registry.learning.rows import Part
from registry.learning.training import Task
from registry.scoring import evaluation
from registry.tasks import asked


def prove(task: Task, folder: Path) -> None:
    """Raise RegistryError where a model that was trained on the whole training part may not be judged."""
    found = rows.read(Path(task.rows))
    training.checked(task, found, training.some(task, found), folder, _fail(task))


def score(task: Task, fold: int, folder: Path) -> dict[str, float | None]:
    """Return the metrics of what cross_validate() left of a fold."""
    found = rows.read(Path(task.rows))
    _, test = found.folds[fold]
    fail = _fail(task)
    outputs = training.judged(task, _answers(task, found, fold, folder, fail), found.classes, fail)
    return evaluation.score(task.task, outputs, found.labels[test], task.decision)


def _answers(task: Task, found: Part, fold: int, folder: Path, fail: training.Fail) -> Arrays:
    if (folder / training.ANSWERS).is_file():
        with np.load(folder / training.ANSWERS, allow_pickle=False) as answers:
            return {name.removeprefix(training.GIVEN): part for name, part in arrays.whole(answers).items()}
    train, test = found.folds[fold]
    return training.answered(asked.features(task.task, found.features, found.labels, train, test), folder, fail)[1]


def _fail(task: Task) -> training.Fail:
    return lambda text: refuse(f"{task.place}/model.py", text, field="train")
