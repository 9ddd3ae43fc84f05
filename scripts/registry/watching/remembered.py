"""What is kept of trials in a file beside what is deployed: what was counted, and by which figures versions settled."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from registry import files
from registry.environments import placement
from registry.environments.manifests import Environment
from registry.watching import tally
from registry.watching.tally import Tally

FILE = ".trials.json"


class Count(NamedTuple):
    """What is known of a version that is tried: its tally, None before its figures were read first.

    `misses` are looks in a row at which they could not be read, `looked` is the second of the last look by the machine's
    clock, and `ahead` by how many seconds that was put forward since the version is tried.
    """

    looked: float
    tally: Tally | None = None
    misses: int = 0
    ahead: float = 0.0


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
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return NOTHING
    return Remembered(counts, settled)


def _count(facts: Mapping) -> Count:
    counted = tally.of(facts["tally"]) if facts["tally"] else None
    return Count(float(facts["looked"]), counted, int(facts["misses"]), float(facts["ahead"]))


def write(file: Path, kept: Remembered) -> None:
    """Write what is to be kept, in one step; where that is nothing, no file is left."""
    if kept == NOTHING:
        return files.forget(file)
    counts = [
        {"model": model, "version": version, **one._asdict(), "tally": one.tally and asdict(one.tally)}
        for (model, version), one in kept.counts.items()
    ]
    return files.write(file, json.dumps({"counts": counts, "settled": kept.settled}))
