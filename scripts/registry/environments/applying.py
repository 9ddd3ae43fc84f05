"""A plan's change made so: what is pinned is fetched, verified, proven, and put in place of what runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from registry import versions
from registry.artifacts import golden, runtime
from registry.environments import withdrawn
from registry.environments.directory import Directory, Running
from registry.environments.manifests import Environment
from registry.environments.reconcile import Change
from registry.errors import RegistryError
from registry.releases import storage
from registry.releases.ledger import Releases
from registry.releases.storage import Store


@dataclass(frozen=True)
class Deployment:
    """An environment, its target and what that runs, where releases lie, their release.json, and which are known here."""

    environment: Environment
    target: Directory
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
    tag = versions.tag(pin.model, pin.version)
    artifact = storage.artifact(store, deployment.facts(tag), tag, versions.asset(pin.model, pin.version))
    if artifact.sha256 != pin.sha256:
        text = f"is not the digest of {tag} in {store.place}, which is {artifact.sha256}"
        raise RegistryError(pin.document.problem(f"{text}; promote it again, or name the right folder", "sha256"))

    def prove(staged: Path) -> None:
        golden.check(staged, runtime.load(staged), tag)

    with deployment.target.scratch() as scratch:
        deployment.target.install(pin.model, pin.version, artifact, store.fetch(tag, artifact, scratch), prove)
