"""What the process that makes rows says meanwhile: build shows the last line of it."""

import time
from collections.abc import Iterator

import numpy as np

SELDOM = 2  # seconds between two words of long work


def say(text: str) -> None:
    """Print what is being done."""
    print(text, flush=True)


def seldom() -> Iterator[bool]:
    """Yield, each time it is asked, whether it is time for another word."""
    last = time.monotonic()
    while True:
        is_due = time.monotonic() - last > SELDOM
        last = time.monotonic() if is_due else last
        yield is_due


def followed(blocks: Iterator[np.ndarray], what: str, count: int) -> np.ndarray:
    """Return what blocks hold together, and tell in between how far they are."""
    found, done, due = [], 0, seldom()
    for block in blocks:
        found.append(block)
        done += len(block)
        if next(due):
            say(f"{what} {done:,} of {count:,} rows")
    return np.concatenate(found)
