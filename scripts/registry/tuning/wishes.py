"""What is asked of a search, held against its model: which arguments, by which metric, over how many folds."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from registry.code import signatures
from registry.errors import did_you_mean, refuse
from registry.judging import candidates
from registry.specs import faults
from registry.specs.models import Model
from registry.tasks import measures
from registry.tasks.measures import Metric
from registry.tuning import space
from registry.tuning.space import Axis
from registry.tuning.trials import Found, Trial

FOLDER = f"{candidates.FOLDER}/.tuned"  # hidden: whoever hands in all candidates leaves it out
STUDY = "study.journal"  # Optuna's own form, for its other tools too
DIGITS = 12  # of a digest
MOST_FOLDS = 20  # as in a spec


@dataclass(frozen=True)
class Wish:
    """What is asked for: which arguments of a model are searched, by which metric, over how many folds."""

    model: Model
    axes: list[Axis]
    metric: str
    folds: int

    @property
    def measured(self) -> Metric:
        """What is known of the metric."""
        return known(self.model)[self.metric]

    @property
    def needs_whole(self) -> bool:
        """Whether the metric holds the models of folds against that of all rows to train with."""
        return measures.FOLDS in self.measured.needs

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
    def names(self) -> list[str]:
        """The arguments that are searched."""
        return [axis.name for axis in self.axes]

    @property
    def own(self) -> dict:
        """The spec's own values of what is searched."""
        training = self.model.spec["training"]
        return {axis.name: training[axis.name] for axis in self.axes if axis.name in training}

    def found(self, trials: Sequence[Trial]) -> Found:
        """Return trials as what this search found."""
        by_time = "time" in self.model.section("data").get("split", {})
        known = self.measured
        reach = known.low, known.high
        return Found(self.model.name, self.metric, known.more_is_better, self.names, self.own, trials, reach, by_time)

    def folder(self, root: Path) -> Path:
        """Where all that this search knows lies."""
        return root / FOLDER / self.model.name / self.key


def wish(model: Model, words: Sequence[str], metric: str | None, count: int | None) -> Wish:
    """Return what is asked for; raise RegistryError where the model has no such arguments, metric or folds."""
    train = signatures.found((model.folder / faults.MODEL).read_text("utf-8"), "train")
    axes = space.read([one for word in words for one in space.several(word)], train, model.spec)
    task, told = model.spec["task"], known(model)
    found = metric or next((name for name in model.thresholds if name in told), next(iter(told)))
    if found not in told:
        is_elsewhere = found in measures.COSTS
        text = "is of a packed model, which a trial is not" if is_elsewhere else f"is no metric of {task}"
        raise refuse("--metric", f"{found} {text}; {did_you_mean('' if is_elsewhere else found, told)}")
    if count is not None and not 2 <= count <= MOST_FOLDS:
        advice = f"write 2 to {MOST_FOLDS}"
        raise refuse("--folds", f"{count} are too {'few to compare' if count < 2 else 'many'}; {advice}")
    if not (several := count or model.section("evaluation")["folds"]):
        text = "is 0, and trials are compared over folds; write `folds: 5` there, or add --folds 5"
        problem = model.document.problem(text, "evaluation", "folds")
        raise refuse(problem.file, problem.text, line=problem.line, field=problem.field)
    return Wish(model, axes, found, several)


def known(model: Model) -> dict[str, Metric]:
    """Return all that folds are told by: the metrics of a model's task, and its team's own."""
    return measures.of(model.spec["task"], model.section("evaluation").get("metrics"))


def others(root: Path, wish: Wish) -> list[str]:
    """Return the keys of a model's other searches."""
    folder = root / FOLDER / wish.model.name
    return sorted(one.parent.name for one in folder.glob(f"*/{STUDY}") if one.parent.name != wish.key)
