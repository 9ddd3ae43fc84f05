"""What the process that makes rows says meanwhile: build shows the last line of it."""

import time
from collections.abc import Iterator

import numpy as np

SELDOM = 2  # seconds between two words of long work


def say(text: str) -> None:
    """Print what is being done."""
    print(text, flush=True)


def followed(blocks: Iterator[np.ndarray], what: str, count: int) -> np.ndarray:
    """Return what blocks hold together, and tell in between how far they are."""
    found, done, last = [], 0, time.monotonic()
    for block in blocks:
        found.append(block)
        done += len(block)
        if time.monotonic() - last > SELDOM:
            last = time.monotonic()
            say(f"{what} {done:,} of {count:,} rows")
    return np.concatenate(found)
