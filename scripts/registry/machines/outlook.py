"""Whether a training ends before it is ended, told as soon as it can be known. Pure."""

import re

EPOCH = re.compile(r"Epoch (\d+)/(\d+)")
HOUR = 3600
SOON = 0.01  # of what is given: before that a first epoch, which takes longer than others, would tell of all
ADVICE = (
    "train fewer epochs or folds, on another runner, or let train() take `checkpoints`, so that the next try goes on"
    " where this one ends"
)


def duration(log: str, since: float) -> float | None:
    """Return how many seconds a training takes that has gone on for some, by the last epoch that its log tells of."""
    told = EPOCH.findall(log)
    now, count = map(int, told[-1]) if told else (0, 0)
    return since * count / (now - 1) if 1 < now <= count else None


def warning(seconds: float, rounds: int, now: float, hours: float, *, in_one_job: bool) -> str | None:
    """Return what to say where trainings of so many seconds, in so many rounds, take more than is given; else None.

    Each is given so many hours, or all of them together where they are one job of a workflow. `now` is how many seconds
    they have gone on.
    """
    total = seconds * (rounds if in_one_job else 1) / HOUR
    if total <= hours or now < SOON * hours * HOUR:
        return None
    return f"takes about {total:,.1f} hours as it goes now, and is ended after {hours:g}; {ADVICE}"
