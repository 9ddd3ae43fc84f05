"""An object waited for: until it is ready and answers, or its time is over."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from registry.errors import RegistryError
from registry.kube import states
from registry.kube.objects import Object

ASKED = 1  # seconds between two looks at what is not ready


class Wrong(RegistryError):
    """What no waiting mends, as wrong answers."""


@dataclass(frozen=True)
class Lack:
    """Why an object is not ready, and whether that is its own fault: not where somebody could not be asked."""

    why: str
    is_own: bool = True


def wait(
    find: Callable[[], Object | None], asked: Callable[[Object], str | None], within: int, is_new: bool = False
) -> Lack | None:
    """Return what an object lacks to be ready and to answer within so many seconds, or None as soon as it lacks nothing.

    `asked` says why what is ready does not answer yet. That nobody answers for a while is waited for, too; what no
    waiting mends ends it, and raises Wrong where it answers wrongly. What `is_new` and answers was seen by its controller;
    else that must say so, but since KServe may count wrongly, what answers when the time is over is ready as well.
    """
    end = time.monotonic() + within
    while True:
        is_over, is_own = time.monotonic() > end, True
        try:
            found = find()
            if found is None:
                return Lack("was taken away by somebody while it was waited for", is_own=False)
            if (stuck := states.stuck(found)) is not None:
                return Lack(f"can't become ready: {stuck}")
            why = asked(found) if states.is_ready(found) else states.told(found)
            why = why or (None if is_new or is_over else states.unseen(found))
        except Wrong:
            raise
        except RegistryError as error:
            why, is_own = "; ".join(map(str, error.problems)), False
        if why is None:
            return None
        if is_over:
            return Lack(f"is not ready within {within} s: {why}", is_own)
        time.sleep(ASKED)
