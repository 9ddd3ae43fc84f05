"""Targets asked what they run, side by side: folders and servers here, clusters, and commands of a team's own.

Who only looks does not wait long: of what does not answer in time it is said that nothing is known.
"""

from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from registry import console
from registry.destinations import aiming
from registry.destinations.interface import Target
from registry.environments.manifests import Environment
from registry.environments.reconcile import Hold, Running
from registry.errors import Problem, RegistryError

WAIT = 10  # seconds
SPARE = 2  # seconds that a thread may need to say that it waited so long
FAR = "kubernetes", "command"  # what is asked from anywhere
THERE = "what runs is known there"
UNKNOWN = "what runs is not known"


class Sighting(NamedTuple):
    """What a target runs and what is held there, by model; `why` says why that is not known, and is empty where it is.

    `stranger` says that it is not its environment's.
    """

    running: Mapping[str, Running] | None
    holds: Mapping[str, Hold] = {}
    why: str = ""
    stranger: Problem | None = None


class Asked(Thread):
    """A target that is asked while others are, too. Nobody waits for it when the process ends."""

    def __init__(self, root: Path, place: Environment) -> None:
        super().__init__(daemon=True)
        self._root, self._place, self._is_far = root, place, place.kind in FAR
        self._found = Sighting(None, why=f"{UNKNOWN}: no answer came in {WAIT} s")
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        """Ask it."""
        try:
            self._found = (_far if self._is_far else _here)(self._root, self._place)
        except BaseException as error:  # told by who waits
            self._error = error

    def told(self) -> Sighting:
        """Return what it told, as far as it did in time; files here are read as long as it takes."""
        self.join(WAIT + SPARE if self._is_far else None)
        if self._error:
            raise self._error
        return self._found


class Sightings:
    """What the targets of environments run; where `reaches` is said, of those too that are asked from anywhere."""

    def __init__(self, root: Path, places: Mapping[str, Environment], *, reaches: bool) -> None:
        self._root, self._places = root, places
        kinds = (*FAR, "tensorflow-serving") if reaches else ()  # folders make no work for others to wait for
        self._asked = {name: Asked(root, place) for name, place in places.items() if place.kind in kinds}

    def all(self) -> dict[str, Sighting]:
        """Return what each is known to run by now, or soon."""
        here = {name: _here(self._root, place) for name, place in self._places.items() if name not in self._asked}
        return {name: here.get(name) or self._asked[name].told() for name in self._places}


def _here(root: Path, place: Environment) -> Sighting:
    """Return what a target on this machine runs; a server that does not answer hides no other environment."""
    if place.is_elsewhere:
        return Sighting(None, why=THERE)
    target = aiming.find(root, place, patience=WAIT)
    try:
        return _seen(target)
    except RegistryError as error:
        if place.kind == "directory":
            raise
        return Sighting(None, why=_unknown(error), stranger=target.stranger())


def _far(root: Path, place: Environment) -> Sighting:
    """Return what a cluster, or a command, tells; that each of them may fail is usual for who only looks."""
    if package := aiming.missing(place):
        return Sighting(None, why=f"`tox run -e status-kubernetes` asks what runs: {package} is not installed here")
    try:
        return _seen(aiming.find(root, place, patience=WAIT))
    except RegistryError as error:
        return Sighting(None, why=_unknown(error))
    except OSError as error:  # a full disk, or no more processes
        return Sighting(None, why=_unknown(console.explain(error)))


def _seen(target: Target) -> Sighting:
    return Sighting(target.running(), target.holds(), stranger=target.stranger())


def _unknown(error: RegistryError) -> str:
    return f"{UNKNOWN}: {'; '.join(map(str, error.problems))}"
