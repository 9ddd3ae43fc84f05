"""Withdrawn versions in plans: marked, never brought where they don't run, kept where they do. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from registry import versions
from registry.environments.manifests import RELEASES, Environment, Pin
from registry.environments.reconcile import Change, Running
from registry.errors import Problem
from registry.releases import ledger
from registry.releases.ledger import Release, Releases


def marked(changes: Iterable[Change], known: Releases) -> list[Change]:
    """Return changes that say which of their versions are withdrawn."""
    return [replace(one, withdrawn=_versions(known, one.model)) for one in changes]


def _versions(known: Releases, model: str) -> frozenset[str]:
    return frozenset(one.version for one in known.get(model, []) if one.withdrawn is not None)


def kept(environment: Environment, actual: Mapping[str, Running], known: Releases) -> list[Problem]:
    """Return what to know of pinned versions that are withdrawn and run already: they keep running."""
    found = [(pin, _release(known, pin)) for pin in environment.pins.values() if _runs(pin, actual)]
    return [
        pin.document.problem(f"{_told(pin, release.withdrawn)}; it runs, and does so until the pin changes", "version")
        for pin, release in found
        if release and release.withdrawn is not None
    ]


def refusals(environment: Environment, actual: Mapping[str, Running], known: Releases) -> dict[str, Problem]:
    """Return by model why pins are not followed: versions withdrawn, as far as this clone knows, that do not run."""
    found = {model: refusal(environment, pin, actual, known) for model, pin in environment.pins.items()}
    return {model: problem for model, problem in found.items() if problem}


def refusal(
    environment: Environment, pin: Pin, actual: Mapping[str, Running], known: Releases,
    ask: Callable[[str, str], str | None] = lambda model, version: None,
) -> Problem | None:  # fmt: skip
    """Return why a pinned version is not brought to where it doesn't run, and the way out; None where it may be.

    `ask` tells why a version of a model was withdrawn where this clone doesn't know yet, of it or that.
    """
    if _runs(pin, actual):
        return None
    release = _release(known, pin)
    reason = release.withdrawn if release and release.withdrawn is not None else ask(pin.model, pin.version)
    if reason is None:
        return None
    text = f"{_told(pin, reason)}; it is not brought where it does not run"
    return pin.document.problem(f"{text}; {_way_out(environment, pin, actual, known)}", "version")


def _release(known: Releases, pin: Pin) -> Release | None:
    return ledger.find(known.get(pin.model, []), pin.version)


def _runs(pin: Pin, actual: Mapping[str, Running]) -> bool:
    """Say whether a target runs what a pin names, damaged or not."""
    running = actual.get(pin.model)
    return (
        running is not None
        and not running.is_gone
        and (pin.version, pin.sha256) in (running.newest, (running.version, running.sha256))
    )


def _told(pin: Pin, reason: str) -> str:
    return f"{versions.tag(pin.model, pin.version)} is withdrawn: {reason}"


def _way_out(environment: Environment, pin: Pin, actual: Mapping[str, Running], known: Releases) -> str:
    """Going back to what runs always works; else a new version goes where versions come from."""
    good = [one.version for one in known.get(pin.model, []) if one.withdrawn is None and one.version != pin.version]
    if not good:
        return f"no other version is released; release one, or take the pin away: `git rm {pin.document.file}`"
    running = actual[pin.model].version if pin.model in actual else None
    promote, source = f"tox run -e promote -- {pin.model}", environment.takes_from
    if running not in good and source != RELEASES:
        there = f"bring another to {source} first, `{promote} {source}`, or pin one that was pinned here before"
        return f"{there}: `git log -p -- {pin.document.file}`"
    return f"pin another: `{promote} {environment.name} --version {running if running in good else good[-1]}`"
