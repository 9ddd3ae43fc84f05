"""Which version may be pinned where: from Git alone."""

import time
from pathlib import Path

from registry import git
from registry.environments import manifests
from registry.environments.manifests import RELEASES, Environment, Pin
from registry.errors import refuse
from registry.releases import ledger
from registry.releases.ledger import Others, Release
from registry.specs import models


def choose(
    root: Path, model: str, environment: Environment, known: list[Release], others: Others, wanted: str | None
) -> Release:
    """Return the release of a model to pin; raise RegistryError when there is none or it may not be pinned here."""
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
        _check_source(root, release, environment)
    return release


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


def _check_source(root: Path, release: Release, environment: Environment) -> None:
    if environment.takes_from == RELEASES:
        return
    place = manifests.pin_place(environment.name, release.model)
    pin = manifests.find(root, environment.takes_from).pins.get(release.model)
    if pin is None or pin.version != release.version:
        runs = f"{environment.takes_from} runs {pin.version if pin else 'no version of it'}"
        raise refuse(place, f"{release.tag} does not run in {environment.takes_from}: {runs}; promote it there first")
    _check_soak(root, release, environment, pin)


def _check_soak(root: Path, release: Release, environment: Environment, pin: Pin) -> None:
    if not environment.soak:
        return
    left = _since(root, environment.takes_from, pin) + environment.soak - time.time()
    if left > 0:
        text = f"{release.tag} must soak in {environment.takes_from} for {environment.document.data['soak']}"
        raise refuse(manifests.pin_place(environment.name, release.model), f"{text}; {left / 3600:.1f} hours are left")


def _since(root: Path, environment: str, pin: Pin) -> float:
    """Return when a pin arrived that stands since then, in seconds: now, where no commit holds it."""
    commit = arrived(root, environment, pin)
    return time.time() if commit is None else git.arrival(root, commit)


def arrived(root: Path, environment: str, pin: Pin) -> str | None:
    """Return the commit of main with which a pin came that stands since then, or None where no commit holds it."""
    place, since = manifests.pin_place(environment, pin.model), None
    for commit, content in git.history(root, place).get(place, []):
        if manifests.past_pin(place, content) != pin:
            break
        since = commit
    return since


def _first(model: str, environment: Environment) -> str:
    source = environment.takes_from
    return f"{source} runs no version of {model}; promote it there first: `tox run -e promote -- {model} {source}`"


def pinned_before(root: Path, environment: str, model: str) -> set[str]:
    """Return the versions that an environment has pinned in main: rolling back to one must always work."""
    place = manifests.pin_place(environment, model)
    pins = (manifests.past_pin(place, content) for _, content in git.history(root, place).get(place, []))
    return {pin.version for pin in pins if pin}


def ran_before(root: Path, environment: str, commit: str, pin: Pin) -> bool:
    """Say whether main, at a commit, pinned this version there once, before another: going back is never an experiment."""
    place, has_moved = manifests.pin_place(environment, pin.model), False
    for _, content in git.history(root, place, commit).get(place, []):
        found = manifests.past_pin(place, content)
        if has_moved and found and found.version == pin.version:
            return True
        has_moved = has_moved or found != pin
    return False
