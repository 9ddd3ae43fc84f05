"""A search from a spec to its trials: where it lies, what is asked of it, and the processes that train for it."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from registry import console, files
from registry.code import signatures
from registry.errors import did_you_mean, refuse
from registry.judging import candidates
from registry.learning import briefing, building, folds
from registry.specs import faults
from registry.specs.models import Model
from registry.tasks import measures
from registry.tuning import pictures, results, space
from registry.tuning.search import Search
from registry.tuning.space import Axis
from registry.tuning.trials import Found, Trial
from registry.workers.processes import Workers

FOLDER = f"{candidates.FOLDER}/.tuned"  # hidden: whoever hands in all candidates leaves it out
PICTURE, PAGE = "search.svg", "search.md"
STUDY = "study.journal"  # Optuna's own form, for its other tools too
DIGITS = 12  # of a digest


@dataclass(frozen=True)
class Wish:
    """What is asked for: which arguments of a model are searched, by which metric, over how many folds."""

    model: Model
    axes: list[Axis]
    metric: str
    is_rising: bool
    folds: int

    @property
    def key(self) -> str:
        """What decides what trials reach: all of the recipe but the arguments that are searched, and what is searched."""
        sections = {
            name: dict(part) if isinstance(part, dict) else part for name, part in self.model.recipe.sections.items()
        }
        for axis in self.axes:
            sections["training"].pop(axis.name, None)
        sections["evaluation"]["folds"] = self.folds
        searched = sorted(axis.words for axis in self.axes)
        text = json.dumps([sections, self.model.recipe.code, searched, self.metric], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]

    @property
    def own(self) -> dict:
        """The spec's own values of what is searched."""
        training = self.model.spec["training"]
        return {axis.name: training[axis.name] for axis in self.axes if axis.name in training}

    def folder(self, root: Path) -> Path:
        """Where all that this search knows lies."""
        return root / FOLDER / self.model.name / self.key


def wish(model: Model, words: Sequence[str], metric: str | None, count: int | None) -> Wish:
    """Return what is asked for; raise RegistryError where the model has no such arguments, metric or folds."""
    train = signatures.found((model.folder / faults.MODEL).read_text("utf-8"), "train")
    axes = space.read(words, train, model.spec["training"])
    known = measures.of(model.spec["task"], model.section("evaluation").get("metrics"))
    found = metric or next((name for name in model.thresholds if name in known), next(iter(known)))
    if found in measures.COSTS:
        raise refuse("--metric", f"{found} is of what is packed, and no fold is; {did_you_mean('', known)}")
    if found not in known:
        raise refuse("--metric", f"{found} is no metric of {model.spec['task']}; {did_you_mean(found, known)}")
    if count is not None and count < 2:
        raise refuse("--folds", f"{count} are too few to compare; write 2 or more")
    if not (several := count or model.section("evaluation")["folds"]):
        text = "is 0, and trials are compared over folds; write `folds: 5` there, or add --folds 5"
        problem = model.document.problem(text, "evaluation", "folds")
        raise refuse(problem.file, problem.text, line=problem.line, field=problem.field)
    if several < 2:
        raise refuse(
            model.document.file,
            "is 1, and trials are compared over folds; write `folds: 5` there",
            field="evaluation.folds",
        )
    return Wish(model, axes, found, known[found].more_is_better, several)


def others(root: Path, wish: Wish) -> list[str]:
    """Return the keys of a model's other searches."""
    folder = root / FOLDER / wish.model.name
    return sorted(one.parent.name for one in folder.glob(f"*/{STUDY}") if one.parent.name != wish.key)


class Session:
    """A search that goes on where it stopped; nobody else searches the same meanwhile."""

    def __init__(self, root: Path, wish: Wish) -> None:
        self.root, self.wish, self.folder = root, wish, wish.folder(root)
        from registry.tuning.study import Study  # Optuna takes a second; what is asked for is checked before

        files.make_folder(self.folder)
        seed = wish.model.spec["training"]["seed"]
        self._study = Study(self.folder / STUDY, wish.axes, wish.metric, is_rising=wish.is_rising, seed=seed)

    @property
    def found(self) -> Found:
        """What is known so far."""
        wish = self.wish
        return Found(
            wish.model.name,
            wish.metric,
            wish.is_rising,
            [axis.name for axis in wish.axes],
            wish.own,
            self._study.trials,
        )

    def search(self, trials: int, minutes: float, tell: Callable[[Found, Trial], None]) -> None:
        """Try until there are so many trials; `tell` gets each that ends. No fold may take more than some minutes.

        Rows that are held out are neither made for a trial nor fetched.
        """
        wish, model = self.wish, self.wish.model
        search = Search(self._study, wish.axes, wish.own, wish.folds, trials)
        if search.is_over:
            return
        rows = building.fetch(self.root, model)
        with files.scratch(self.folder / "work") as work, Workers(model.place, self.folder) as workers:
            workers.keep("train", briefing.packages(model))
            examination = briefing.examination(model, work / "data", rows) | {"folds": wish.folds}
            with console.working("making the rows") as show:
                ready = building.make_rows(workers, model, examination, "training", work / "training", show)
            console.say(f"  {building.counted(ready['rows']['train'])}")
            briefing.put_code(model, work / "model", faults.MODEL)
            task = briefing.task(model, work / "model", work / "training")

            def train(trial: Trial, fold: int) -> dict:
                asked = task | {"training": task["training"] | trial.arguments}
                return folds.score(workers, asked, fold, _name(trial, fold), minutes / 60)

            def ended(trial: Trial) -> None:
                for fold in range(wish.folds):
                    (self.folder / f"{_name(trial, fold)}.json").unlink(missing_ok=True)
                    if not trial.reason:
                        workers.log(_name(trial, fold)).unlink(missing_ok=True)
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
