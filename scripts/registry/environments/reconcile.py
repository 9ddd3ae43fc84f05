"""Desired against actual: a plan, as a value. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registry.environments.directory import Running
from registry.environments.manifests import Pin
from registry.errors import refuse

SIGNS = {"add": "+", "change": "~", "repair": "!", "remove": "-"}


@dataclass(frozen=True)
class Change:
    """One thing to do to a target. `old` and `new` are versions or None; `withdrawn` ones are marked."""

    kind: str
    model: str
    old: str | None
    new: str | None
    withdrawn: frozenset[str] = frozenset()

    def __str__(self) -> str:
        old, new = self.told(self.old), self.told(self.new)
        text = {"change": f"{old} → {new}", "remove": old, "repair": f"{new} (drift: repair)"}
        return f"{SIGNS[self.kind]} {self.model:<8} {text.get(self.kind, new)}"

    @property
    def diff(self) -> list[str]:
        """The change as lines of a diff, which shows colours where Markdown is drawn."""
        if self.kind == "repair":
            return [str(self)]
        sides = ("-", self.old), ("+", self.new)
        return [f"{sign} {self.model:<8} {self.told(version)}" for sign, version in sides if version]

    def told(self, version: str | None) -> str:
        """Return one of its versions, which says so where it is withdrawn."""
        return f"{version} (withdrawn)" if version in self.withdrawn else f"{version}"


def plan(desired: Mapping[str, Pin], actual: Mapping[str, Running]) -> list[Change]:
    """Return the changes that make what runs equal to what is pinned, sorted by model."""
    changes = []
    for model in sorted(desired.keys() | actual.keys()):
        pin, running = desired.get(model), actual.get(model)
        if pin is None:
            changes.append(Change("remove", model, running.version, None))
        elif running is None:
            changes.append(Change("add", model, None, pin.version))
        elif not running.healthy:
            changes.append(Change("repair", model, running.version, pin.version))
        elif (running.version, running.sha256) != (pin.version, pin.sha256):
            changes.append(Change("change", model, running.version, pin.version))
    return changes


def between(old: Mapping[str, Pin], new: Mapping[str, Pin]) -> list[Change]:
    """Return what changes from some pins to others, as if the old ones ran as they should."""
    return plan(new, {model: Running(pin.version, pin.sha256, True) for model, pin in old.items()})


def diff(environment: str, changes: Sequence[Change]) -> str:
    """Return changes to an environment as a diff."""
    return "\n".join([f"@@ {environment} @@", *(line for change in changes for line in change.diff)])


def warning(environment: str, old: Mapping[str, Pin], new: Mapping[str, Pin]) -> str:
    """Return what to know when the last model goes, else nothing."""
    text = f"nothing is left to run here, and the last model is removed only by {_pruning(environment)}"
    return text if old and not new else ""


def _pruning(environment: str) -> str:
    by_hand = f"the workflow deploy, by hand, with {environment} in its field prune"
    return f"`tox run -e deploy -- {environment} --apply --prune`, or on GitHub by {by_hand}"


def guard(environment: str, desired: Mapping[str, Pin], actual: Mapping[str, Running], prune: bool) -> None:
    """Raise RegistryError when a plan would leave nothing running and nobody said so."""
    if actual and not desired and not prune:
        text = "pins no model, so every model would be removed; pin one, or remove them by"
        raise refuse(f"environments/{environment}", f"{text} {_pruning(environment)}")
