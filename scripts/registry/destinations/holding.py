"""Versions that did badly and are not tried again: a file in, or beside, the target that they were brought to."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from registry import files
from registry.environments.reconcile import Hold
from registry.errors import refuse

FILE = ".holds.json"


def read(file: Path) -> dict[str, Hold]:
    """Return what is held, by model; raise RegistryError where the file can't be believed."""
    try:
        found = json.loads(file.read_bytes())
        return {model: _hold(one) for model, one in found.items()}
    except FileNotFoundError:
        return {}
    except (
        IsADirectoryError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        text = "is damaged, so nobody knows what must not be tried again; take it away, and all is tried that is pinned"
        raise refuse(str(file), text) from error


def _hold(facts: Mapping) -> Hold:
    """Return a hold; raise one of several errors where nobody can have written it."""
    words = facts["version"], facts["sha256"], facts["why"]
    if not all(isinstance(word, str) for word in words):
        raise ValueError(f"no hold: {facts}")
    time.gmtime(facts["since"])
    return Hold(*words, facts["since"])


def write(file: Path, holds: Mapping[str, Hold]) -> None:
    """Write what is held, in one step."""
    files.write(file, f"{json.dumps({model: asdict(one) for model, one in sorted(holds.items())}, indent=2)}\n")


def keep(file: Path, model: str, hold: Hold | None) -> None:
    """Note that a version of a model is held, or that none is any more."""
    before = read(file)
    after = {name: one for name, one in before.items() if name != model} | ({model: hold} if hold else {})
    if after != before:
        write(file, after)
