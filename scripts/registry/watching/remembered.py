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


class Remembered(NamedTuple):
    """What was counted, by model and version, and of each model the version that settled last, with its figures in words."""

    tallies: Mapping[tuple[str, str], Tally]
    settled: Mapping[str, tuple[str, str]]


NOTHING = Remembered({}, {})


def place(root: Path, environment: Environment) -> Path:
    """Return where the file lies: beside what is deployed, or where relative targets would lie."""
    return (environment.path or root / placement.OURS / environment.name) / FILE


def read(file: Path) -> Remembered:
    """Return what is kept; where that can't be read, it is counted anew, which takes longer to tell."""
    try:
        kept = json.loads(file.read_bytes())
        tallies = {(one["model"], one["version"]): tally.of(one) for one in kept["tallies"]}
        settled = {model: (f"{version}", f"{told}") for model, (version, told) in kept["settled"].items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return NOTHING
    return Remembered(tallies, settled)


def write(file: Path, kept: Remembered) -> None:
    """Write what is to be kept, in one step."""
    tallies = [{"model": model, "version": version, **asdict(one)} for (model, version), one in kept.tallies.items()]
    files.write(file, json.dumps({"tallies": tallies, "settled": kept.settled}))
