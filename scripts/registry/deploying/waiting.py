"""Waiting for versions that are tried, for who makes one round and then ends: a workflow, or a person."""

import time
from collections.abc import Callable

from registry import console, git
from registry.deploying import rounds
from registry.deploying.rounds import Ground, Outcome
from registry.environments import manifests
from registry.errors import RegistryError

LOOK_EVERY = 10.0  # seconds


def follow(ground: Ground, outcome: Outcome, seconds: float, keep: Callable[[Outcome], None]) -> Outcome:
    """Look at what a round left on trial until that ends, or so many seconds are over, or main pins something else.

    It goes on being tried where this ends, or is killed: the next round looks on. `keep` gets what all came to so far.
    """
    keep(outcome)
    if not outcome.tried:
        return outcome
    end = time.monotonic() + seconds
    with console.working(f"{ground.environment.name}: {', '.join(sorted(outcome.tried))} is tried") as show:
        while outcome.tried and time.monotonic() < end and not has_moved(ground):
            time.sleep(min(LOOK_EVERY, max(0.0, end - time.monotonic())))
            outcome = outcome.then(rounds.go(ground, console.say, lambda problems: None))
            keep(outcome)
            show("; ".join(step.told for step in outcome.steps.values()))
    return outcome


def has_moved(ground: Ground) -> bool:
    """Say whether main pins something else there by now: who waits must not hold the next deploy up.

    Where GitHub can't be asked just now it is asked at the next look.
    """
    if not ground.store.site:
        return False
    github, place = ground.store.github, f"{manifests.FOLDER}/{ground.environment.name}"
    try:
        listed = github.find(f"contents/{place}", ref=github.default_branch) or []
    except RegistryError:
        return False
    here = {path: sha for path, _, _, sha in git.ls_tree(ground.root, ground.commit, f"{place}/")}
    return {one["path"]: one["sha"] for one in listed} != here
