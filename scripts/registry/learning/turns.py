"""Models that are built one after another in one job: those that have no time left in it are told before it is over."""

from collections.abc import Iterator, Sequence

from registry import console
from registry.errors import Problem
from registry.machines import outlook
from registry.specs.models import Model
from registry.workers import quota

ADVICE = "change fewer models in one pull request, or let some run on another runner (`runs_on`)"


def taken(models: Sequence[Model], left_out: list[Problem]) -> Iterator[Model]:
    """Yield models while there is time; add to those left out a problem for each that can't be begun any more."""
    first, warned = quota.left(), len(models)
    for done, model in enumerate(models):
        left = quota.left()
        if left <= 0:
            over = f"is not begun, since the {quota.HOURS:g} hours of this job are over"
            left_out += (one.document.problem(f"{over}; {ADVICE}") for one in models[done:])
            return
        if first - left > outlook.SOON * quota.HOURS:
            late = done + outlook.in_time(done, first - left, left)
            console.advise(_late(one, done, left) for one in models[late:warned])
            warned = min(late, warned)
        yield model


def _late(model: Model, done: int, left: float) -> Problem:
    told = f"at the pace of the first {done}: {left:.3g} of this job's {quota.HOURS:g} hours are left"
    return model.document.problem(f"will not be done in time {told}; {ADVICE}")
