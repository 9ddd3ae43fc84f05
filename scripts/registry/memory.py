"""Memory that is free and still held, and the time it takes to look for it."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

TURN = 0.0002  # seconds
GARBAGE = 10_000  # objects: a request makes hundreds, none of them in cycles


def release() -> None:
    """Give the machine back what glibc keeps of memory that was let go; other libraries do that by themselves."""
    import ctypes

    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def settle(whole: bool = False) -> None:
    """Spare the garbage collector what is to stay, which cuts the slowest answers; give back what making it took.

    Going through everything keeps Python's lock for long, so what was spared before is only gone through for `whole`.
    """
    gc.set_threshold(GARBAGE)
    if whole:
        gc.unfreeze()
    gc.collect()
    gc.freeze()
    release()


@contextmanager
def unswept() -> Iterator[None]:
    """Look for no garbage meanwhile: where much is made that stays, that takes a quarter of the time.

    Threads that wait for another program go on sooner, too, when it has answered while others work.
    """
    was_on, turn = gc.isenabled(), sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(turn)
        if was_on:
            gc.enable()
