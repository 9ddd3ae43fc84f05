"""A plan's change made so: what is pinned is fetched, verified, proven, and put in place of what runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from registry import versions
from registry.deploying import interface
from registry.deploying.interface import Target
from registry.environments import withdrawn
from registry.environments.manifests import Environment, Pin
from registry.environments.reconcile import Change, Running
from registry.errors import RegistryError
from registry.releases.ledger import Releases
from registry.releases.storage import Store


@dataclass(frozen=True)
class Deployment:
    """An environment, its target and what that runs, where releases lie, their release.json, and which are known here.

    `before` says whether the version that a pin names was pinned there once, before another was.
    """

    environment: Environment
    target: Target
    actual: Mapping[str, Running]
    store: Store
    facts: Callable[[str], dict | None]
    known: Releases
    before: Callable[[Pin], bool]


def apply(deployment: Deployment, change: Change) -> bool:
    """Make a change; say whether its version is only tried as yet.

    Raises RegistryError, with what runs left in place, where the pinned version must not be served.
    """
    if change.kind == "remove":
        deployment.target.remove(change.model)
        return False
    environment, store = deployment.environment, deployment.store
    pin = environment.pins[change.model]
    if refused := withdrawn.refusal(environment, pin, deployment.actual, deployment.known, store.withdrawn):
        raise RegistryError(refused)
    if change.model in deployment.actual and _ends_trial(deployment.target, deployment.actual[change.model], pin):
        return False
    found = interface.delivery(store, deployment.facts(versions.tag(pin.model, pin.version)), pin)
    share = _share(deployment, change, pin)
    deployment.target.begin(found, share)
    is_tried = share < 1 or _is_watched(deployment, change, pin)
    if not is_tried:
        deployment.target.settle(change.model)
    return is_tried


def _ends_trial(target: Target, running: Running, pin: Pin) -> bool:
    """End a trial whose pin moved, or that has to begin anew; say whether what runs then is what is pinned."""
    if running.trial is None:
        return False
    target.put_back(pin.model)
    return (running.version, running.sha256) == (pin.version, pin.sha256) and running.healthy


def _share(deployment: Deployment, change: Change, pin: Pin) -> float:
    """A version that is put in place of another, and was not there before, is tried on a share of the requests first."""
    rollout = deployment.environment.rollout
    is_tried = rollout and change.kind == "change" and not deployment.before(pin)
    return rollout.share if is_tried else 1.0


def _is_watched(deployment: Deployment, change: Change, pin: Pin) -> bool:
    is_new = change.kind in ("add", "change") and not deployment.before(pin)
    return is_new and deployment.environment.health.watch > 0
