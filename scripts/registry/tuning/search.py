"""Trials side by side in processes: begun in their order, noted as they end, told to the study in their order."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from registry import console
from registry.errors import RegistryError
from registry.learning import folds
from registry.tuning import space
from registry.tuning.space import Axis
from registry.tuning.trials import Trial
from registry.workers import quota, sharing

if TYPE_CHECKING:
    from registry.tuning.study import Study

AHEAD = 4  # trials at once, on machines of any size, so that each of them tries the same

Train = Callable[[Trial, int], dict]
Gather = Callable[[Trial, list[dict]], list[dict]]


@dataclass
class Going:
    """A trial whose folds are trained; of one that repeats another nothing is."""

    trial: Trial
    futures: list[Future] = field(default_factory=list)
    is_noted: bool = False


class Search:
    """Tries what a study suggests until there are so many trials, nothing is left to try, or the time of its job is over.

    `train` does one of the `count` parts of a trial, and `gather` makes of what all of them answered what each fold reached;
    a RegistryError that one raises fails that trial, and no other. `tell` gets each trial that ends.
    """

    def __init__(self, study: "Study", axes: list[Axis], own: Mapping, count: int, wanted: int) -> None:
        self._study, self._axes, self._own = study, axes, own
        self._count, self._wanted = count, wanted
        self._going: list[Going] = []
        self._start, self._last, self._before = time.monotonic(), 0.0, len([one for one in study.trials if _ended(one)])

    def run(self, train: Train, gather: Gather, stop: Callable[[], None], tell: Callable[[Trial], None]) -> None:
        """Train what there is to train, on all cores; `stop` ends what is being trained where this is ended."""
        with console.working("searching") as show, ThreadPoolExecutor(sharing.cores()) as pool:
            try:
                for trial in self._study.open:
                    self._begin(pool, train, trial)
                self._fill(pool, train)
                while self._going:
                    self._wait(show)
                    self._note(gather, tell)
                    while self._going and self._going[0].is_noted:
                        self._study.tell(self._going.pop(0).trial.number)
                        self._fill(pool, train)
                        self._note(gather, tell)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                stop()
                raise

    def _fill(self, pool: ThreadPoolExecutor, train: Train) -> None:
        while len(self._going) < AHEAD and (trial := self._next()):
            self._begin(pool, train, trial)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to try."""
        return not self._study.open and not self._is_own_left and not self._left and self._is_enough

    @property
    def _is_own_left(self) -> bool:
        return all(_key(one.arguments) != _key(self._own) for one in self._study.trials)

    @property
    def _is_small(self) -> bool:
        """Whether all combinations can be tried, so that none need be suggested."""
        return space.size(self._axes) + (not space.is_within(self._axes, self._own)) <= self._wanted

    @property
    def _left(self) -> list[dict]:
        known = {_key(one.arguments) for one in self._study.trials}
        return [one for one in space.combinations(self._axes) if _key(one) not in known] if self._is_small else []

    @property
    def _is_enough(self) -> bool:
        return self._is_small or self._study.count >= self._wanted

    def _next(self) -> Trial | None:
        """Return what to try next: first the spec's own arguments, and all combinations where these are few."""
        if quota.left() <= 0:
            return None
        if self._is_own_left:
            return self._study.add(self._own)
        if left := self._left:
            return self._study.add(left[0])
        return None if self._is_enough else self._study.ask()

    def _begin(self, pool: ThreadPoolExecutor, train: Train, trial: Trial) -> None:
        going = Going(trial)
        if not _ended(trial) and self._same(trial) is None:
            going.futures = [pool.submit(_timed, train, trial, part) for part in range(self._count)]
        self._going.append(going)

    def _same(self, trial: Trial) -> Trial | None:
        """Return an earlier trial of the same arguments."""
        earlier = (one for one in self._study.trials if one.number < trial.number)
        return next((one for one in earlier if _key(one.arguments) == _key(trial.arguments)), None)

    def _wait(self, show: Callable[[str], None]) -> None:
        left = [one for going in self._going for one in going.futures if not one.done()]
        if left:
            wait(left, folds.TICK, FIRST_COMPLETED)
        show(self._progress())

    def _progress(self) -> str:
        """Return how many trials ended, and about how long the rest takes."""
        ended = len([one for one in self._study.trials if _ended(one)])
        now, total = time.monotonic() - self._start, min(self._wanted, space.size(self._axes) + 1)
        ahead = folds.estimate(ended - self._before, int(total) - self._before, 1, self._last, now)
        return f"{ended}/{int(total)} trials{ahead}"

    def _note(self, gather: Gather, tell: Callable[[Trial], None]) -> None:
        """Keep what came of the trials that ended."""
        for going in self._going:
            if not going.is_noted and self._is_over(going):
                self._keep(going, gather)
                going.is_noted, self._last = True, time.monotonic() - self._start
                if going.futures:
                    tell(next(one for one in self._study.trials if one.number == going.trial.number))

    def _is_over(self, going: Going) -> bool:
        """Say whether a trial ended; the first fold that fails spares the others. A repetition waits for its turn."""
        if _failed(going.futures):
            for one in going.futures:
                one.cancel()
        return all(one.done() for one in going.futures) and bool(going.futures or going is self._going[0])

    def _keep(self, going: Going, gather: Gather) -> None:
        number, same = going.trial.number, self._same(going.trial)
        if going.futures:
            try:
                answers, seconds = _answers(going.futures)
                self._study.note(number, gather(going.trial, answers), seconds)
            except RegistryError as error:
                self._study.fail(number, str(error).split("\n")[0])
        elif same:
            self._study.repeat(number, same.number)


def _timed(train: Train, trial: Trial, part: int) -> tuple[dict, float]:
    start = time.monotonic()
    return train(trial, part), time.monotonic() - start


def _answers(futures: list[Future]) -> tuple[list[dict], float]:
    """Return what the parts of a trial answered, and how many seconds all of them took; raise what failed first."""
    if failed := _failed(futures):
        raise failed
    answers, seconds = zip(*(one.result() for one in futures), strict=True)
    return [*answers], sum(seconds)


def _failed(futures: list[Future]) -> RegistryError | None:
    """Return what failed first; raise what no trial can be blamed for."""
    errors = [one.exception() for one in futures if one.done() and not one.cancelled() and one.exception()]
    if odd := next((one for one in errors if not isinstance(one, RegistryError)), None):
        raise odd
    return next(iter(errors), None)


def _ended(trial: Trial) -> bool:
    return bool(trial.values or trial.reason)


def _key(arguments: Mapping) -> str:
    return repr(sorted(arguments.items()))
