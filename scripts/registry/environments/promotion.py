"""Which version may be pinned where: from Git alone."""

import time
from collections.abc import Mapping
from itertools import dropwhile, takewhile
from pathlib import Path

from registry import versions
from registry.commits import revisions
from registry.environments import freezing, manifests
from registry.environments.approving import Asked
from registry.environments.manifests import RELEASES, Environment, Pin
from registry.errors import Problem, RegistryError, refuse
from registry.releases import ledger
from registry.releases.ledger import Others, Release
from registry.specs import models


def choose(
    root: Path, model: str, environment: Environment, known: list[Release], others: Others, wanted: str | None,
    override: str = "",
) -> Release:  # fmt: skip
    """Return the release of a model to pin; raise RegistryError when there is none or it may not be pinned here.

    `override` says why it may although the environment is frozen.
    """
    place = manifests.pin_place(environment.name, model)
    version = wanted or _default(root, model, environment, known)
    if found := ledger.strange(others, model, version):
        raise refuse(place, f"{found.tag} {found.what}; choose another version")
    release = ledger.find(known, version)
    if release is None:
        listed = ", ".join(one.version for one in known) or "none"
        raise refuse(place, f"{model} has no release {version}; released: {listed}")
    check_withdrawal(release, place)
    _check_spec(root, release, place)
    if release.version not in pinned_before(root, environment.name, model):
        source = {} if environment.takes_from == RELEASES else manifests.find(root, environment.takes_from).pins
        if fault := out_of_order(root, environment, model, version, source):
            raise refuse(place, fault)
        if not override and (freeze := frozen(environment, place, time.time())):
            raise RegistryError(freeze)
    return release


def frozen(environment: Environment, place: str, now: float) -> Problem | None:
    """Return why no pin, which lies at a place, may go forward in an environment at a second; None where it may."""
    freeze = freezing.find(environment.freeze, now)
    if freeze is None:
        return None
    text = f"{environment.name} is {freeze}; wait until then, go back to a version that ran there before"
    return Problem(place, 0, "", f"{text}, or write why it can't wait: `override: <reason>` as the pin's third line")


def check_withdrawal(release: Release, place: str) -> None:
    """Raise RegistryError for a withdrawn release, which a pin at a place would name."""
    if release.withdrawn is not None:
        raise refuse(place, f"{release.tag} is withdrawn: {release.withdrawn}; choose another version")


def _check_spec(root: Path, release: Release, place: str) -> None:
    """Raise RegistryError for a release of another version than its commit's spec has."""
    version = models.spec_at(root, release.commit, release.model).get("version")
    if version != release.version:
        spec = f"{models.FOLDER}/{release.model}/model.yaml"
        text = f"{release.tag} is on {release.commit[:12]}, where {spec} says version {version}"
        raise refuse(place, f"{text}; don't trust it, choose another version")


def _default(root: Path, model: str, environment: Environment, known: list[Release]) -> str:
    place = manifests.pin_place(environment.name, model)
    if environment.takes_from == RELEASES:
        if not known:
            raise refuse(place, f"{model} has no release to pin; publish one: `tox run -e publish -- {model}`")
        return (ledger.newest(known) or known[-1]).version
    pin = manifests.find(root, environment.takes_from).pins.get(model)
    if pin is None:
        raise refuse(place, _first(model, environment))
    return pin.version


def notes(environment: Environment, overrides: Mapping[str, str]) -> list[str]:
    """Return what holds pins up that move: a freeze, but for those models that say why, and approvals that are asked for."""
    found = freezing.notes(environment.name, environment.freeze, overrides, time.time())
    if wanted := environment.approvals:
        asked = Asked(environment.name, wanted.count, wanted.people)
        found.append(f"{environment.name} asks for {asked} of what goes forward")
    return found


def out_of_order(
    root: Path, environment: Environment, model: str, version: str, source: Mapping[str, Pin], revision: str = "HEAD"
) -> str | None:
    """Return why a version of a model may not come to an environment yet, None where it may.

    `source` are the pins of what it takes from; since when they stand is what main, as far as a revision has it, tells.
    """
    if environment.takes_from == RELEASES:
        return None
    tag, pin = versions.tag(model, version), source.get(model)
    if pin is None or pin.version != version:
        runs = f"{environment.takes_from} runs {pin.version if pin else 'no version of it'}"
        return f"{tag} does not run in {environment.takes_from}: {runs}; promote it there first"
    if not environment.soak:
        return None
    commit = arrived(root, environment.takes_from, pin, revision)
    left = (
        (time.time() if commit is None else revisions.arrival(root, commit, revision)) + environment.soak - time.time()
    )
    if left <= 0:
        return None
    asked = environment.document.data["soak"]
    return f"{tag} must soak in {environment.takes_from} for {asked}; {left / 3600:.1f} hours are left"


def arrived(root: Path, environment: str, pin: Pin, revision: str = "HEAD") -> str | None:
    """Return the commit of main with which a pin came that stands since then, or None where no commit holds it."""
    place, since = manifests.pin_place(environment, pin.model), None
    for commit, content in revisions.history(root, place, revision).get(place, []):
        if manifests.past_pin(place, content) != pin:
            break
        since = commit
    return since


def _first(model: str, environment: Environment) -> str:
    source = environment.takes_from
    return f"{source} runs no version of {model}; promote it there first: `tox run -e promote -- {model} {source}`"


def pinned_before(root: Path, environment: str, model: str, revision: str = "HEAD") -> set[str]:
    """Return the versions that an environment has pinned in main: rolling back to one must always work."""
    return _versions(root, manifests.pin_place(environment, model), revision).get(model, set())


def all_pinned_before(root: Path, environment: str, revision: str) -> dict[str, set[str]]:
    """Return what `pinned_before` does of each model that an environment has pinned."""
    return _versions(root, f"{manifests.FOLDER}/{environment}/", revision)


def _versions(root: Path, path: str, revision: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for place, states in revisions.history(root, path, revision).items():
        pins = filter(None, (manifests.past_pin(place, content) for _, content in states))
        found.setdefault(Path(place).stem, set()).update(pin.version for pin in pins)
    return found


def ran_before(root: Path, environment: str, commit: str, pin: Pin) -> bool:
    """Say whether main, at a commit, went on from this version there, and from none before it: going back is never an
    experiment, but what it was gone back from is one again."""
    place = manifests.pin_place(environment, pin.model)
    past = [manifests.past_pin(place, content) for _, content in revisions.history(root, place, commit).get(place, [])]
    versions_then = [found and found.version for found in dropwhile(lambda found: found == pin, past)]
    line: list[str] = []
    for version in filter(None, reversed(versions_then)):
        line = [*takewhile(lambda one, last=version: one != last, line), version]
    return pin.version in line
