"""When a call is made again, and how often. The one door to tenacity."""

import time
from collections.abc import Callable
from typing import TypeVar

import tenacity

from registry import console
from registry.github import answers

ATTEMPTS = 7
FIRST_WAIT, LONGEST_WAIT = 1, 120  # seconds; the first doubles each time: a minute in all
Made = TypeVar("Made")


def retrying(worth: Callable[[BaseException], bool]) -> tenacity.Retrying:
    """Return what makes a call until it succeeds, fails for good, or has failed ATTEMPTS times; each wait is told.

    A server that wants to be left alone for longer than LONGEST_WAIT is not waited for.
    """
    patience = tenacity.wait_exponential(multiplier=FIRST_WAIT)
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(lambda error: worth(error) and _wait_for(error) <= LONGEST_WAIT),
        wait=lambda state: _wait_for(state.outcome.exception()) or patience(state),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        before_sleep=lambda state: console.warn(
            f"{state.outcome.exception().brief}; again in {state.upcoming_sleep:.3g} s"
        ),
        sleep=time.sleep,
        reraise=True,
    )


def once(make: Callable[[], Made], find: Callable[[], Made | None]) -> Made:
    """Make something that must exist once; `find` tells, after a call without an answer, whether it was made."""
    tried = False

    def attempt() -> Made:
        nonlocal tried
        if tried and (found := find()) is not None:
            return found
        tried = True
        return make()

    return retrying(answers.is_unsure)(attempt)


def _wait_for(error: BaseException) -> float:
    return getattr(error, "wait", None) or 0
