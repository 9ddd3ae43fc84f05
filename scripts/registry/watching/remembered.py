"""What is kept of trials in a file beside what is deployed: what was counted, and by which figures versions settled."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from registry import files
from registry.environments import placement
from registry.environments.manifests import Environment
from registry.watching import tally, uptime
from registry.watching.tally import Figures, Tally
from registry.watching.uptime import Moment

FILE = ".trials.json"


class Count(NamedTuple):
    """What is known of a version that is tried: its tally, None before its figures were read first.

    `spent` are the seconds for which it is tried until the last look, which was `at` that moment, and `misses` looks in a
    row at which its figures could not be read.
    """

    spent: float
    at: Moment
    tally: Tally | None = None
    misses: int = 0

    def looked(self, now: Moment, figures: Figures | None) -> "Count":
        """Return what is known after another look; without figures they could not be read."""
        spent = self.spent + uptime.since(self.at, now)
        if figures is None:
            return Count(spent, now, self.tally, self.misses + 1)
        return Count(spent, now, self.tally.looked(figures) if self.tally else Tally(figures))


class Remembered(NamedTuple):
    """What was counted, by model and version, and of each model the version that settled last, with its figures in words."""

    counts: Mapping[tuple[str, str], Count]
    settled: Mapping[str, tuple[str, str]]


NOTHING = Remembered({}, {})


def place(root: Path, environment: Environment) -> Path:
    """Return where the file lies: beside what is deployed, or where relative targets would lie."""
    return (environment.path or root / placement.OURS / environment.name) / FILE


def read(file: Path) -> Remembered:
    """Return what is kept; where that can't be read, it is counted anew, which takes longer to tell."""
    try:
        kept = json.loads(file.read_bytes())
        counts = {(one["model"], one["version"]): _count(one) for one in kept["counts"]}
        settled = {model: (f"{version}", f"{told}") for model, (version, told) in kept["settled"].items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
        return NOTHING
    return Remembered(counts, settled)


def _count(facts: Mapping) -> Count:
    """Return what is known of a version; raise one of several errors where nobody can have written it."""
    counted, spent = tally.of(facts["tally"]) if facts["tally"] else None, float(facts["spent"])
    at = Moment(f"{facts['at'][0]}", float(facts["at"][1]))
    if not (0 <= spent < math.inf and 0 <= at.seconds < math.inf):
        raise ValueError(f"no time: {spent}, {at}")
    return Count(spent, at, counted, int(facts["misses"]))


def write(file: Path, kept: Remembered) -> None:
    """Write what is to be kept, in one step; where that is nothing, no file is left."""
    if kept == NOTHING:
        return files.forget(file)
    counts = [
        {"model": model, "version": version, **one._asdict(), "tally": one.tally and asdict(one.tally)}
        for (model, version), one in kept.counts.items()
    ]
    return files.write(file, json.dumps({"counts": counts, "settled": kept.settled}))
