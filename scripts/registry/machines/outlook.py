"""Whether a training ends before it is ended, told as soon as it can be known. Pure."""

import re

EPOCH = re.compile(r"Epoch (\d+)/(\d+)")
HOUR = 3600
SOON = 0.01  # of what is given: before that a first epoch, or model, which takes longer than others, would tell of all
ADVICE = (
    "train fewer epochs or folds, on another runner, or let train() take `checkpoints`, so that the next try goes on"
    " where this one ends"
)


def duration(log: str, since: float) -> float | None:
    """Return how many seconds a training takes that has gone on for some, by the last epoch that its log tells of."""
    told = EPOCH.findall(log)
    now, count = map(int, told[-1]) if told else (0, 0)
    return since * count / (now - 1) if 1 < now <= count else None


def warning(seconds: float, rounds: int, now: float, hours: float) -> str | None:
    """Return what to say where trainings of so many seconds, in so many rounds, take more hours than they have; else None.

    `now` is how many seconds they have gone on.
    """
    total = seconds * rounds / HOUR
    if total <= hours or now < SOON * hours * HOUR:
        return None
    over = f"is ended after {hours:.3g}, when the time of this job is over"
    return f"takes about {total:,.1f} hours as it goes now, and {over}; {ADVICE}"


def in_time(done: int, took: float, hours: float) -> int:
    """Return how many more are done in so many hours, at the pace of those done, which took some."""
    return int(hours * done / took)
