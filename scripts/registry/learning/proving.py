"""What training left, asked by the registry in its own packages: a model that these alone can run, and each fold."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from registry.artifacts import arrays, bulk
from registry.artifacts.inference import Arrays
from registry.errors import refuse
from registry.examining.measuring import Team
from registry.learning import training
from registry.learning.training import Task
from registry.loading import rows
from registry.loading.rows import Part
from registry.scoring import evaluation, resampling
from registry.scoring.marking import Rows
from registry.tasks import asked, clustering, ranking
from registry.tasks.asked import CLUSTERING, RANKING


def prove(task: Task, folder: Path) -> None:
    """Raise RegistryError where a model that was trained on the whole training part may not be judged."""
    found = rows.read(Path(task.rows))
    training.checked(task, found, training.some(task, found), folder, _fail(task))


def score(task: Task, fold: int, folder: Path) -> dict[str, float | None]:
    """Return the metrics of what cross_validate() left of a fold, a team's own among them."""
    found, fail = rows.read(Path(task.rows)), _fail(task)
    answers = _answers(task, found, fold, folder, fail)
    outputs, one = training.judged(task, answers, found.classes, fail), _asked(task, found, fold)
    if task.task == RANKING:
        try:
            outputs = ranking.numbered(one.labels, answers[asked.ITEM], answers[asked.SCORE])
        except ValueError as error:
            raise fail(f"returned a model that {error}") from error
    told = evaluation.score(task.task, outputs, one.labels, task.decision, one.names)
    if not one.team:
        return told
    is_finite = np.isfinite(outputs).all()
    return told | (one.team.values(one.given(outputs)) if is_finite else dict.fromkeys(one.team.better))


def _asked(task: Task, found: Part, fold: int) -> Rows:
    """Return what is true of the rows that a fold tests on, of a ranking of the persons."""
    train, test = found.folds[fold]
    team, columns = _own(task)
    if task.task == RANKING:
        mine, theirs = (asked.interactions(found.features, found.labels, one) for one in (train, test))
        truth, chosen = asked.truth(mine, theirs, task.k)
        columns = asked.of_persons(truth, {name: column[test[chosen]] for name, column in columns.items()})
    else:
        truth, columns = found.labels[test], {name: column[test] for name, column in columns.items()}
    if task.task == CLUSTERING:
        truth = clustering.space(bulk.rows(found.features, test), truth if found.classes else None)
    units = resampling.units(len(truth), None)
    return Rows(task.task, truth, found.classes, units, True, task.decision, team, columns)


def _own(task: Task) -> tuple[Team | None, Mapping[str, np.ndarray]]:
    """Return a team's own metrics, and the columns of the rows, which training never sees."""
    if not task.own:
        return None, {}
    return Team(**task.own["team"]), rows.read_columns(Path(task.own["columns"]))


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
    return training.answered(found.asked(task.task, fold), folder, fail)[1]


def _fail(task: Task) -> training.Fail:
    return lambda text: refuse(f"{task.place}/model.py", text, field="train")
