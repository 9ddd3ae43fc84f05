"""What a search knows, in a file that outlives a killed process, and what it tries next. The one door to Optuna."""

import hashlib
import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from registry.tuning import space, trials
from registry.tuning.space import Axis
from registry.tuning.trials import Trial

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.filterwarnings("ignore", module="optuna")

NAME = "search"
ARGUMENTS, FOLDS, SECONDS, REASON, SAME = "arguments", "folds", "seconds", "reason", "same"


class Study:
    """The trials of a search: asked for in their order, noted as they end, and told to the sampler in their order.

    What the sampler (a tree-structured Parzen estimator; Bergstra et al., Algorithms for hyper-parameter optimization, 2011)
    suggests follows from the seed, the trial's number and what it was told of those before, whenever they ended. So who
    keeps the same number of trials ahead gets the same ones again, killed in between or not.
    """

    def __init__(self, file: Path, axes: Sequence[Axis], metric: str, *, is_rising: bool, seed: int) -> None:
        self._metric, self._seed = metric, seed
        self._axes = {axis.name: axis for axis in axes}
        self._distributions = {axis.name: _distribution(axis) for axis in axes}
        _mend(file)
        self._storage = JournalStorage(JournalFileBackend(str(file)))
        self._study = optuna.create_study(
            storage=self._storage,
            study_name=NAME,
            direction="maximize" if is_rising else "minimize",
            load_if_exists=True,
        )

    @property
    def count(self) -> int:
        """How many trials there are, those among them that repeat another."""
        return len(self._all())

    @property
    def trials(self) -> list[Trial]:
        """All different trials, in their order."""
        return [self._read(one) for one in self._all() if ARGUMENTS in one.user_attrs and SAME not in one.user_attrs]

    @property
    def open(self) -> list[Trial]:
        """The trials that the sampler was not yet told of, the oldest first; some may have ended, some repeat others."""
        return [self._read(one) for one in self._all(TrialState.RUNNING) if ARGUMENTS in one.user_attrs]

    def ask(self) -> Trial:
        """Return what to try next."""
        number = len(self._all())
        digest = hashlib.sha256(f"{self._seed} {number}".encode()).digest()
        self._study.sampler = TPESampler(seed=int.from_bytes(digest[:4], "big"))
        return self._began(self._study.ask(self._distributions))

    def add(self, arguments: Mapping) -> Trial:
        """Return a trial of given arguments; the sampler learns from those that lie where it searches."""
        if space.is_within([*self._axes.values()], arguments):
            self._study.enqueue_trial({name: _coded(axis, arguments[name]) for name, axis in self._axes.items()})
            return self._began(self._study.ask(self._distributions), arguments)
        return self._began(self._study.ask(), arguments)

    def _began(self, trial: optuna.Trial, arguments: Mapping | None = None) -> Trial:
        if arguments is None:
            arguments = {name: _decoded(self._axes[name], value) for name, value in trial.params.items()}
        trial.set_user_attr(ARGUMENTS, dict(arguments))
        return Trial(trial.number, arguments)

    def note(self, number: int, folds: Sequence[Mapping], seconds: float) -> None:
        """Keep what a trial reached in each fold."""
        self._keep(number, {FOLDS: list(folds), SECONDS: seconds})

    def fail(self, number: int, reason: str) -> None:
        """Keep why a trial reached nothing."""
        self._keep(number, {REASON: reason})

    def repeat(self, number: int, other: int) -> None:
        """Keep that a trial has the arguments of another one, and so reached the same."""
        facts = self._all()[other].user_attrs
        self._keep(number, {SAME: other} | {name: facts[name] for name in (FOLDS, SECONDS, REASON) if name in facts})

    def _keep(self, number: int, facts: Mapping) -> None:
        study = self._storage.get_study_id_from_name(NAME)
        trial = self._storage.get_trial_id_from_study_id_trial_number(study, number)
        for name, value in facts.items():
            self._storage.set_trial_user_attr(trial, name, value)

    def tell(self, number: int) -> None:
        """Let the sampler know what became of a trial that ended; what failed, or lies elsewhere, teaches it nothing."""
        known = self._all()[number]
        trial = self._read(known)
        is_usual = bool(trial.values) and known.params.keys() == self._axes.keys()
        self._study.tell(number, trial.mean if is_usual else None, None if is_usual else TrialState.FAIL)

    def _all(self, *states: TrialState) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False, states=states or None)

    def _read(self, known: FrozenTrial) -> Trial:
        facts = known.user_attrs
        if FOLDS in facts and SECONDS in facts:
            return trials.read(known.number, facts[ARGUMENTS], facts[FOLDS], self._metric, facts[SECONDS])
        return Trial(known.number, facts[ARGUMENTS], reason=facts.get(REASON, ""))


def _mend(file: Path) -> None:
    """Cut off a last line that a killed process began, to which the next would be added, and the lock that it left."""
    file.with_name(f"{file.name}.lock").unlink(missing_ok=True)
    if file.exists():
        raw = file.read_bytes()
        if not raw.endswith(b"\n"):
            file.write_bytes(raw[: raw.rfind(b"\n") + 1])


def _distribution(axis: Axis) -> BaseDistribution:
    if axis.choices:
        return CategoricalDistribution([json.dumps(choice) for choice in axis.choices])
    kind = IntDistribution if axis.is_whole else FloatDistribution
    return kind(axis.low, axis.high, log=axis.is_log)


def _coded(axis: Axis, value: object) -> object:
    return json.dumps(value) if axis.choices else value


def _decoded(axis: Axis, value: object) -> object:
    return json.loads(value) if axis.choices else axis.rounded(value)
