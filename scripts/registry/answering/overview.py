"""All models in all environments, now or once: what is pinned, runs, was deployed last, and since when."""

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from registry import git
from registry.answering import withheld
from registry.answering.sightings import Sighting, Sightings
from registry.answering.withheld import Withheld
from registry.artifacts import engines
from registry.chronicle import instant, record, soaking, wording
from registry.chronicle.lanes import Stay
from registry.chronicle.record import Chronicle
from registry.environments import deployments, manifests, standing
from registry.environments.deployments import Deployed
from registry.environments.manifests import Environment
from registry.environments.reconcile import PROMOTED, Running, Trial
from registry.environments.standing import Lane, Pinned, Standing, Target
from registry.errors import Problem, raise_all
from registry.releases import ledger
from registry.releases.ledger import Others, Release, Releases
from registry.specs import models
from registry.watching import remembered

if TYPE_CHECKING:
    from registry.github.client import GitHub

THEN = "what ran then is known on the serving machines alone"


class Overview(NamedTuple):
    """Environments and models by name, how these stand in those, and what there is to know and to say besides.

    `elsewhere` says where those run whose target is not on this machine, `unknown` why it is not known what one runs, and
    `verbs` what deploys to each; `deployed_here` names those whose target lies on this one. `deployed` holds the newest
    deployment of each environment, where GitHub was asked; `withheld` is what holds promotions up, None of a moment that
    is past.
    """

    places: list[str]
    names: list[str]
    standings: dict[Lane, Standing]
    known: Releases
    others: Others
    chronicle: Chronicle
    elsewhere: Mapping[str, str]
    unknown: Mapping[str, str]
    verbs: Mapping[str, str]
    deployed_here: frozenset[str]
    deployed: Mapping[str, Deployed | None]
    advice: list[Problem]
    notes: list[str]
    withheld: Withheld | None = None

    @property
    def last_pin(self) -> Lane | None:
        """The first model that the last environment pins which pins any, None where none does."""
        lanes = ((place, name) for place in reversed(self.places) for name in self.names)
        return next((lane for lane in lanes if self.standings[lane].pin), None)

    def newest(self, model: str) -> Release | None:
        """Return the newest release of a model that was not withdrawn, else the newest."""
        those = self.known.get(model, [])
        return ledger.newest(those) or (those[-1] if those else None)

    def marked(self, model: str, version: str) -> str:
        """Return a version of a model, and that it is withdrawn or foreign."""
        release = ledger.find(self.known.get(model, []), version)
        if release and release.withdrawn is not None:
            return f"{version} (withdrawn)"
        return f"{version} (foreign)" if ledger.strange(self.others, model, version) else version


def then(root: Path, at: str) -> Overview:
    """Return what main pinned at a moment that `--at` names."""
    chronicle = record.read(root, at)
    names, places, known, others = chronicle.models, [*chronicle.environments], chronicle.releases, chronicle.others
    pins = {lane: Pinned(stay.version, stay.sha256) for lane, stay in chronicle.pinned.items()}
    targets = dict.fromkeys(places, Target(None))
    standings = standing.stand_all(names, targets, pins, known, others, {})
    return Overview(places, names, standings, known, others, chronicle, {}, {}, {}, frozenset(), {}, [], [THEN])


def now(root: Path, github: "GitHub | None", *, reaches: bool = False) -> Overview:
    """Return what is pinned here and, as far as that is known, runs; `reaches` says that it is asked over networks, too."""
    places, problems = manifests.load_all(root)
    raise_all(problems)
    asked = Sightings(root, places, reaches=reaches)
    chronicle = record.read(root)
    known, others = chronicle.releases, chronicle.others
    last = {name: deployments.newest(github, name) for name in places} if github else {}
    seen = asked.all()
    pinned = {model for place in places.values() for model in place.pins}
    running = {model for one in seen.values() for model in one.running or ()}
    names = sorted({*models.names(root), *known, *pinned, *running})
    targets = {name: _target(root, place, seen[name], last.get(name)) for name, place in places.items()}
    pins = {
        (place.name, pin.model): Pinned(pin.version, pin.sha256)
        for place in places.values()
        for pin in place.pins.values()
    }
    standings = standing.stand_all(names, targets, pins, known, others, _soaks(chronicle, places, pins))
    strangers = [one.stranger for one in seen.values() if one.stranger]
    advice = [*models.advice(root), *ledger.problems(others.values()), *strangers]
    elsewhere = {name: _elsewhere(place) for name, place in places.items() if place.is_elsewhere}
    unknown = {name: one.why for name, one in seen.items() if one.why}
    held = withheld.find(github, places, time.time())
    notes = [*held.notes, *_notes(places, elsewhere, unknown, last), *_held(places, standings.values())]
    notes += [note for place in places.values() for note in _settled(root, place, standings)]
    notes += engines.notes(ledger.runtimes((pin for one in places.values() for pin in one.pins.values()), known))
    deployed_here = frozenset(name for name, place in places.items() if place.path and os.path.lexists(place.path))
    return Overview(
        [*places],
        names,
        standings,
        known,
        others,
        chronicle,
        elsewhere,
        unknown,
        {name: place.verb for name, place in places.items()},
        deployed_here,
        last,
        advice,
        notes,
        held,
    )


def _soaks(chronicle: Chronicle, places: Mapping[str, Environment], pins: Mapping[Lane, Pinned]) -> dict[Lane, int]:
    """Return until when pins soak; one that main does not hold has not begun."""
    found = soaking.until(chronicle, places.values(), time.time())
    return {lane: second for lane, second in found.items() if _is_same(chronicle.pinned[lane], pins.get(lane))}


def _target(root: Path, place: Environment, seen: Sighting, last: Deployed | None) -> Target:
    """Return what is known of a target. A deployment on a hosted runner was a rehearsal, and keeps nothing running."""
    if seen.running is not None:
        return Target(seen.running, holds=seen.holds)
    keeps = place.path is None or isinstance(place.runs_on, list)
    is_told = last is not None and last.is_success and keeps
    if not is_told or git.resolve(root, last.commit) is None:
        return Target(None)
    return Target(None, {pin.model: pin.version for pin in manifests.pins_at(root, last.commit, place.name).values()})


def _notes(
    places: Mapping[str, Environment], elsewhere: Mapping[str, str], unknown: Mapping[str, str],
    last: Mapping[str, Deployed | None],
) -> Iterator[str]:  # fmt: skip
    for name, why in unknown.items():
        yield f"{name} {elsewhere[name]}; {why}" if name in elsewhere else f"{name}: {why}"
    for name, one in last.items():
        keeps = places[name].path is None or isinstance(places[name].runs_on, list)
        rehearsed = "" if keeps else " (rehearsed on a hosted runner)"
        yield f"{name}: {one}{rehearsed}" if one else f"{name}: never deployed, as far as GitHub knows"


def _held(places: Mapping[str, Environment], standings: Iterable[Standing]) -> Iterator[str]:
    for one in standings:
        if one.hold:
            retry = f"`tox run -e {places[one.environment].verb} -- {one.environment} --apply --retry` tries it again"
            yield f"{one.model} {one.hold.version} is held in {one.environment}: {one.hold.why}; {retry}"


def _settled(root: Path, place: Environment, standings: Mapping[Lane, Standing]) -> Iterator[str]:
    """Yield by which figures versions that run came to be the settled ones, of those that were tried."""
    for model, (version, told) in sorted(remembered.read(remembered.place(root, place)).settled.items()):
        one = standings.get((place.name, model))
        if one and one.running and one.running.version == version:
            yield f"{model} {version} was tried in {place.name}, and {PROMOTED}: {told}"


def _elsewhere(place: Environment) -> str:
    if place.kind == "command":
        return f"is {place.place}"
    if place.path is None:
        return f"runs in {place.place}"
    if isinstance(place.runs_on, list):
        return f"runs on [{', '.join(place.runs_on)}], {place.path}"
    return f"runs at {place.path}, which is not on this machine"


def document(overview: Overview) -> dict:
    """Return it as a document of the schema `status`; it must have been made with the past."""
    stays, held = overview.chronicle.pinned, overview.withheld or Withheld({}, {}, {}, [])
    return {
        "at": wording.asked(overview.chronicle),
        "environments": [
            {
                "name": name,
                "elsewhere": overview.elsewhere.get(name),
                "unknown": overview.unknown.get(name),
                "deployment": asdict(last) if (last := overview.deployed.get(name)) else None,
            }
            | withheld.document(held, name)
            for name in overview.places
        ],
        "models": [
            {
                "name": name,
                "release": (found := overview.newest(name)) and found.version,
                "is_withdrawn": found is not None and found.withdrawn is not None,
                "environments": [
                    _placed(overview.standings[place, name], stays.get((place, name))) for place in overview.places
                ],
            }
            for name in overview.names
        ],
    }


def _is_same(stay: Stay, pin: Pinned | None) -> bool:
    return (stay.version, stay.sha256) == pin


def _placed(one: Standing, stay: Stay | None) -> dict:
    """A pin that main does not hold has no past."""
    running, stay = one.running, stay if stay and _is_same(stay, one.pin) else None
    return {
        "environment": one.environment,
        "version": one.pin and one.pin.version,
        "sha256": one.pin and one.pin.sha256,
        "since": wording.moment_document(stay.since.moment) if stay else None,
        "override": stay and stay.since.reason,
        "marks": list(one.marks),
        "soaking_until": None if one.until is None else instant.stamp(one.until),
        "is_known": one.target.running is not None,
        "running": running and _running(running),
        "hold": one.hold and {"why": one.hold.why, "since": instant.stamp(int(one.hold.since))},
        "deployed": one.deployed,
    }


def _running(one: Running) -> dict:
    told = {name: fact for name, fact in asdict(one).items() if name != "is_gone"}
    return told | {"trial": one.trial and _tried(one.trial)}


def _tried(trial: Trial) -> dict:
    return asdict(trial) | {"since": instant.stamp(int(trial.since))}
