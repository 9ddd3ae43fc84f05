"""What an environment really runs, whatever kind it is of: what all targets can do, and what is brought to them."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from registry import versions
from registry.artifacts.archive import Artifact
from registry.environments import reconcile
from registry.environments.manifests import Pin
from registry.environments.reconcile import Hold, Running
from registry.errors import Problem, RegistryError
from registry.releases import storage
from registry.releases.storage import Store


@dataclass(frozen=True)
class Delivery:
    """A pinned version on its way to a target: its artifact, its release.json, and the store that both lie in."""

    pin: Pin
    artifact: Artifact
    facts: Mapping
    store: Store

    @property
    def tag(self) -> str:
        """The tag of its release."""
        return versions.tag(self.pin.model, self.pin.version)

    def fetch(self, scratch: Path) -> Path:
        """Return a file with the artifact's bytes, which may lie in `scratch`; raise RegistryError without one."""
        return self.store.fetch(self.tag, self.artifact, scratch)


class Unfit(RegistryError):
    """A version did badly where it was brought, by its own fault: it is not tried again until its pin changes."""


@contextmanager
def blamed() -> Iterator[None]:
    """Blame the version for what is wrong in the block."""
    try:
        yield
    except RegistryError as error:
        raise Unfit(*error.problems) from error


class Target(Protocol):
    """What runs models. `place` is what messages call it.

    Each step may be killed anywhere: `running` tells where it stands then, and the same step again ends the same.
    """

    place: str

    def problems(self) -> list[Problem]:
        """Return why deploy may not touch it: where it lies, who may write it, and whose it is."""

    def stranger(self) -> Problem | None:
        """Return why it is not its environment's, or None where it is, or may become so."""

    def running(self) -> dict[str, Running]:
        """Return what runs, by model: only what deploy put there for this environment.

        Raises RegistryError where that can't be told, which is never the same as nothing.
        """

    def strangers(self, models: Iterable[str]) -> dict[str, Problem]:
        """Return the models whose place is taken by something that deploy did not put there, each with what to do."""

    def locked(self) -> AbstractContextManager[None]:
        """Hold the target while the block runs; raise RegistryError where another deploy does, or made it another's."""

    def begin(self, delivery: Delivery, share: float) -> None:
        """Let a version answer a share of the requests, proven; what was settled goes on or, with all, is kept aside.

        Of a settled version of the same number it is a repair. Raises RegistryError with what ran before in place, which
        is Unfit where the version is to blame.
        """

    def widen(self, model: str) -> None:
        """Let the version that is tried answer all requests; the settled one is kept aside."""

    def settle(self, model: str) -> None:
        """Make the version that is tried the settled one, and take the one before away."""

    def put_back(self, model: str) -> None:
        """Let the settled version answer all requests, and take the one that is tried away."""

    def remove(self, model: str) -> None:
        """Take a model away, with what is tried of it, its hold, and what was kept in mind."""

    def holds(self) -> dict[str, Hold]:
        """Return what did badly and is not tried again, by model."""

    def hold(self, model: str, hold: Hold | None) -> None:
        """Keep in the target that a version of a model is held, or that none is any more."""

    def brought(self) -> dict[str, Running]:
        """Return what `remember` kept in mind, by model, all of it healthy; nothing where that is not known any more."""

    def remember(self, models: Iterable[str]) -> None:
        """Keep in mind what is there now of some models, which is missed when it is gone later; `remove` forgets it."""


def look(target: Target) -> dict[str, Running]:
    """Return what a target runs, and what somebody took away of what was brought there."""
    return reconcile.with_gone(target.running(), target.brought())


def delivery(store: Store, facts: Mapping | None, pin: Pin) -> Delivery:
    """Return a pinned version on its way, with its release.json; raise RegistryError where the pin names other bytes."""
    tag = versions.tag(pin.model, pin.version)
    artifact = storage.artifact(store, facts, tag, versions.asset(pin.model, pin.version))
    if artifact.sha256 != pin.sha256:
        text = f"is not the digest of {tag} in {store.place}, which is {artifact.sha256}"
        raise RegistryError(pin.document.problem(f"{text}; promote it again, or name the right folder", "sha256"))
    return Delivery(pin, artifact, facts, store)
