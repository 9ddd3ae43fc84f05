"""A plan's change made so: what is pinned is fetched, verified, proven, and put in place of what runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from registry import versions
from registry.deploying.onward import Watch
from registry.destinations import interface
from registry.destinations.interface import Target
from registry.environments import withdrawn
from registry.environments.manifests import Environment, Pin
from registry.environments.reconcile import Change, Running
from registry.errors import RegistryError
from registry.releases.ledger import Releases
from registry.releases.storage import Store


@dataclass(frozen=True)
class Deployment:
    """An environment, its target and what that runs, where releases lie, their release.json, and which are known here.

    `pins` are what is to run, by model: what is pinned, or where that is held what answers in its place. `before` says
    whether the version that a pin names was pinned there once, before another was.
    """

    environment: Environment
    pins: Mapping[str, Pin]
    target: Target
    actual: Mapping[str, Running]
    store: Store
    facts: Callable[[str], dict | None]
    known: Releases
    before: Callable[[Pin], bool]
    watch: Watch


def apply(deployment: Deployment, change: Change) -> bool:
    """Make a change; say whether its version is only tried as yet.

    Raises RegistryError, with what runs left in place, where the pinned version must not be served.
    """
    if change.kind == "remove":
        deployment.target.remove(change.model)
        return False
    environment, store, pin = deployment.environment, deployment.store, deployment.pins[change.model]
    if refused := withdrawn.refusal(environment, pin, deployment.actual, deployment.known, store.withdrawn):
        raise RegistryError(refused)
    settled = _settled(deployment.target, deployment.actual.get(change.model), pin)
    if settled and settled.healthy and _is(settled, pin):
        return False
    share = _share(deployment, settled, pin)
    if share < 1 and not settled.healthy:
        _deliver(deployment, replace(pin, version=settled.version, sha256=settled.sha256), 1.0)
    _deliver(deployment, pin, share)
    is_tried = share < 1 or _is_watched(deployment, settled, pin)
    if is_tried:
        deployment.watch.begin(pin.model, pin.version)
    else:
        deployment.target.settle(pin.model)
    return is_tried


def _settled(target: Target, running: Running | None, pin: Pin) -> Running | None:
    """Return what runs settled, after a trial is ended whose pin moved, or that has to begin anew.

    A first version has nothing to be put back to: it goes on answering until the next one does. What is gone counts where
    it was settled and is to come back.
    """
    if running and running.is_gone:
        return running if running.trial is None and _is(running, pin) else None
    if running is None or running.trial is None:
        return running
    if running.version or not running.healthy:
        target.put_back(pin.model)
    else:
        target.settle(pin.model)
    return target.running().get(pin.model)


def _is(settled: Running, pin: Pin) -> bool:
    return (settled.version, settled.sha256) == (pin.version, pin.sha256)


def _deliver(deployment: Deployment, pin: Pin, share: float) -> None:
    facts = deployment.facts(versions.tag(pin.model, pin.version))
    deployment.target.begin(interface.delivery(deployment.store, facts, pin), share)


def _share(deployment: Deployment, settled: Running | None, pin: Pin) -> float:
    """A version that is put in place of another, and was not there before, is tried on a share of the requests first."""
    rollout = deployment.environment.rollout
    replaces = settled is not None and bool(settled.sha256) and settled.version != pin.version
    return rollout.share if rollout and replaces and not deployment.before(pin) else 1.0


def _is_watched(deployment: Deployment, settled: Running | None, pin: Pin) -> bool:
    """A version is watched where it is brought anew, and not put right."""
    is_new = settled is None or (bool(settled.sha256) and settled.version != pin.version)
    return is_new and deployment.environment.health.watch > 0 and not deployment.before(pin)
