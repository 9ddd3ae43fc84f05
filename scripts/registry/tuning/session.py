"""A search from what is asked of it to its trials: the processes that train for it, and what lies in its folder."""

from collections.abc import Callable
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
        self._study = Study(self.folder / wishes.STUDY, wish.axes, wish.metric, is_rising=wish.is_rising, seed=seed)

    @property
    def found(self) -> Found:
        """What is known so far."""
        return self.wish.found(self._study.trials)

    def search(self, trials: int, minutes: float, tell: Callable[[Found, Trial], None]) -> None:
        """Try until there are so many trials; `tell` gets each that ends. No fold may take more than some minutes.

        Rows that are held out are neither made for a trial nor fetched.
        """
        wish, model = self.wish, self.wish.model
        search = Search(self._study, wish.axes, wish.own, wish.folds, trials)
        if search.is_over:
            return
        rows = building.fetch(self.root, model)
        with (
            files.scratch(self.folder / "work") as work,
            Workers(model.place, self.folder, briefing.own_python(model)) as workers,
        ):
            _, task = briefing.prepare(workers, model, rows, work, wish.folds)

            def train(trial: Trial, fold: int) -> dict:
                asked = task | {"training": task["training"] | trial.arguments}
                return folds.score(workers, asked, fold, _name(trial, fold), minutes / 60)

            def ended(trial: Trial) -> None:
                for name in (one for fold in range(wish.folds) for one in folds.steps(_name(trial, fold))):
                    (self.folder / f"{name}.json").unlink(missing_ok=True)
                    if not trial.reason:
                        workers.log(name).unlink(missing_ok=True)
                tell(self.found, trial)

            search.run(train, workers.kill, ended)


def draw(folder: Path, wish: Wish, found: Found) -> None:
    """Put a picture and a page of what was found into a folder."""
    from registry.formats import figure  # matplotlib is imported while nothing else waits

    title = f"{found.model}: {found.metric} over {wish.folds} folds"
    files.write(folder / PICTURE, figure.svg(title, [*pictures.dots(found, wish.axes)]))
    files.write(folder / PAGE, f"# {title}\n\n{results.page(found, wish.axes)}\n")


def _name(trial: Trial, fold: int) -> str:
    return f"trial-{trial.number}-fold-{fold + 1}"
