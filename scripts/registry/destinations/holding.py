"""What is kept in, or beside, a target: versions that did badly and are not tried again, and what was brought there last."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from registry import files
from registry.environments.reconcile import Hold, Running, Trial
from registry.errors import RegistryError, refuse

FILE, BROUGHT = ".holds.json", ".brought.json"


def read(file: Path) -> dict[str, Hold]:
    """Return what is held, by model; raise RegistryError where the file can't be believed."""
    try:
        return held(file.read_bytes(), str(file))
    except FileNotFoundError:
        return {}
    except IsADirectoryError:
        raise _damaged(str(file)) from None


def held(content: str | bytes, place: str) -> dict[str, Hold]:
    """Return what a text tells is held, by model; raise RegistryError where nobody can have written it."""
    try:
        return {model: _hold(one) for model, one in json.loads(content).items()}
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise _damaged(place) from error


def text(holds: Mapping[str, Hold]) -> str:
    """Return what is held as `held` reads it."""
    return json.dumps({model: asdict(one) for model, one in sorted(holds.items())}, indent=2)


def changed(before: Mapping[str, Hold], model: str, hold: Hold | None) -> dict[str, Hold]:
    """Return what is held once a version of a model is, or none is any more."""
    return {name: one for name, one in before.items() if name != model} | ({model: hold} if hold else {})


def _damaged(place: str) -> RegistryError:
    advice = "take it away, and all is tried that is pinned"
    return refuse(place, f"is damaged, so nobody knows what must not be tried again; {advice}")


def _hold(facts: Mapping) -> Hold:
    """Return a hold; raise one of several errors where nobody can have written it."""
    words = facts["version"], facts["sha256"], facts["why"]
    if not all(isinstance(word, str) for word in words):
        raise ValueError(f"no hold: {facts}")
    time.gmtime(facts["since"])
    return Hold(*words, facts["since"])


def write(file: Path, holds: Mapping[str, Hold]) -> None:
    """Write what is held, in one step."""
    files.write(file, f"{text(holds)}\n")


def keep(file: Path, model: str, hold: Hold | None) -> None:
    """Note that a version of a model is held, or that none is any more."""
    before = read(file)
    if (after := changed(before, model, hold)) != before:
        write(file, after)


def brought(file: Path) -> dict[str, Running]:
    """Return what was brought, by model; what can't be believed is as good as nothing, and is kept anew."""
    try:
        return parse(file.read_bytes())
    except OSError:
        return {}


def parse(text: str | bytes) -> dict[str, Running]:
    """Return what `dump` wrote, nothing where that can't be believed."""
    try:
        return {model: _brought(one) for model, one in json.loads(text).items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}


def _brought(facts: Mapping) -> Running:
    """Return what was brought of a model; raise one of several errors where nobody can have written it."""
    trial = Trial(**facts["trial"]) if "trial" in facts else None
    words = facts["version"], facts["sha256"], *((trial.version, trial.sha256) if trial else ())
    if not all(isinstance(word, str) for word in words):
        raise ValueError(f"nothing that was brought: {facts}")
    return Running(*words[:2], True, trial)


def dump(found: Mapping[str, Running]) -> str:
    """Return what was brought as text."""
    facts = {
        model: {"version": one.version, "sha256": one.sha256} | ({"trial": asdict(one.trial)} if one.trial else {})
        for model, one in sorted(found.items())
    }
    return json.dumps(facts)


def remembered(
    before: Mapping[str, Running], models: Iterable[str], find: Callable[[str], Running | None]
) -> dict[str, Running]:
    """Return what was brought, with some models as they are found now; of those of which nothing is, nothing."""
    now = {model: find(model) for model in models}
    return {
        model: replace(one, healthy=True, is_gone=False)
        for model, one in (dict(before) | now).items()
        if one is not None
    }


def remember(file: Path, models: Iterable[str], find: Callable[[str], Running | None]) -> None:
    """Keep what was brought in a file; where that is nothing, none is left."""
    before = brought(file)
    after = remembered(before, models, find)
    if not after:
        files.forget(file)
    elif after != before:
        files.write(file, dump(after))
