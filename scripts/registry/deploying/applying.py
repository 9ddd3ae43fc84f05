"""A plan's change made so: what is pinned is fetched, verified, proven, and put in place of what runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from registry import versions
from registry.deploying import interface
from registry.deploying.interface import Target
from registry.environments import withdrawn
from registry.environments.manifests import Environment
from registry.environments.reconcile import Change, Running
from registry.errors import RegistryError
from registry.releases.ledger import Releases
from registry.releases.storage import Store


@dataclass(frozen=True)
class Deployment:
    """An environment, its target and what that runs, where releases lie, their release.json, and which are known here."""

    environment: Environment
    target: Target
    actual: Mapping[str, Running]
    store: Store
    facts: Callable[[str], dict | None]
    known: Releases


def apply(deployment: Deployment, change: Change) -> None:
    """Make a change; raise RegistryError, with what runs left in place, where the pinned version must not be served."""
    if change.kind == "remove":
        deployment.target.remove(change.model)
        return
    environment, store = deployment.environment, deployment.store
    pin = environment.pins[change.model]
    if refused := withdrawn.refusal(environment, pin, deployment.actual, deployment.known, store.withdrawn):
        raise RegistryError(refused)
    found = interface.delivery(store, deployment.facts(versions.tag(pin.model, pin.version)), pin)
    deployment.target.begin(found, 1.0)
    deployment.target.settle(change.model)
