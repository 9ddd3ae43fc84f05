"""A search from what is asked of it to its trials: the processes that train for it, and what lies in its folder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from registry import files
from registry.learning import briefing, building, folds
from registry.tuning import pictures, results, wishes
from registry.tuning.search import Search
from registry.tuning.trials import Found, Trial
from registry.tuning.wishes import Wish
from registry.workers.processes import Workers

PICTURE, PAGE = "search.svg", "search.md"


class Session:
    """A search that goes on where it stopped; nobody else searches the same meanwhile."""

    def __init__(self, root: Path, wish: Wish) -> None:
        self.root, self.wish, self.folder = root, wish, wish.folder(root)
        from registry.tuning.study import Study  # Optuna takes a second; what is asked for is checked before

        files.make_folder(self.folder)
        seed = wish.model.spec["training"]["seed"]
        is_rising = wish.measured.more_is_better
        self._study = Study(self.folder / wishes.STUDY, wish.axes, wish.metric, is_rising=is_rising, seed=seed)

    @property
    def found(self) -> Found:
        """What is known so far."""
        return self.wish.found(self._study.trials)

    def search(self, trials: int, minutes: float, tell: Callable[[Found, Trial], None]) -> None:
        """Try until there are so many trials; `tell` gets each that ends. No fold may take more than some minutes.

        Rows that are held out are neither made for a trial nor fetched.
        """
        from registry.tuning import measurable  # NumPy, which nobody waits for who is told of a mistake

        wish, model = self.wish, self.wish.model
        search = Search(self._study, wish.axes, wish.own, wish.folds + wish.needs_whole, trials)
        if search.is_over:
            return
        file = building.fetch(self.root, model)
        with (
            files.scratch(self.folder / "work") as work,
            Workers(model.place, self.folder, briefing.own_python(model)) as workers,
        ):
            _, task = briefing.prepare(workers, model, file, work, wish.folds)
            measurable.check(wish, Path(task["rows"]))
            shop = Workshop(wish, workers, task, work, minutes / 60)

            def ended(trial: Trial) -> None:
                shop.clear(trial)
                tell(self.found, trial)

            search.run(shop.train, shop.gather, workers.kill, ended)


@dataclass(frozen=True)
class Workshop:
    """What trains the parts of trials, side by side: each fold, and before them all rows where the metric holds folds against these.

    No part may take more than some hours. `work` is a folder for what trials leave while they go on.
    """

    wish: Wish
    workers: Workers
    task: dict
    work: Path
    hours: float

    def train(self, trial: Trial, part: int) -> dict:
        """Train a part of a trial; return the metrics of a fold."""
        task, fold = self._task(trial), part - self.wish.needs_whole
        if fold < 0:
            return folds.whole(self.workers, task, f"{_name(trial)}-whole", self._whole(trial), self.hours)
        left = self._left(trial, fold) if self.wish.needs_whole else None
        return folds.score(self.workers, task, fold, f"{_name(trial)}-fold-{fold + 1}", self.hours, left)

    def gather(self, trial: Trial, answers: list[dict]) -> list[dict]:
        """Return the metrics of each fold from what the parts of a trial answered."""
        if not self.wish.needs_whole:
            return answers
        left = [str(self._left(trial, fold)) for fold in range(self.wish.folds)]
        name = f"{_name(trial)}-stability"
        found = folds.stability(self.workers, self._task(trial), str(self._whole(trial)), left, name)
        return [one | {"stability": value} for one, value in zip(answers[1:], found, strict=True)]

    def clear(self, trial: Trial) -> None:
        """Remove what a trial left that ended, but for the logs of one that failed."""
        files.remove(self.work / _name(trial))
        for path in self.workers.logs.glob(f"{_name(trial)}-*"):
            if path.suffix == ".json" or not trial.reason:
                path.unlink()

    def _task(self, trial: Trial) -> dict:
        return self.task | {"training": self.task["training"] | trial.arguments}

    def _whole(self, trial: Trial) -> Path:
        return self.work / _name(trial) / "whole"

    def _left(self, trial: Trial, fold: int) -> Path:
        return self.work / _name(trial) / f"fold-{fold + 1}"


def draw(folder: Path, wish: Wish, found: Found) -> None:
    """Put a picture and a page of what was found into a folder."""
    from registry.formats import figure  # matplotlib is imported while nothing else waits

    title = f"{found.model}: {found.metric} over {wish.folds} folds"
    files.write(folder / PICTURE, figure.svg(title, [*pictures.dots(found, wish.axes)]))
    files.write(folder / PAGE, f"# {title}\n\n{results.page(found, wish.axes)}\n")


def _name(trial: Trial) -> str:
    return f"trial-{trial.number}"
