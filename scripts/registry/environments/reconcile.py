"""Desired against actual: a plan, as a value. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from registry.environments.manifests import Pin
from registry.errors import refuse

PROMOTED, PUT_BACK = "promoted", "put back"
SIGNS = {"add": "+", "change": "~", "repair": "!", "remove": "-"}


@dataclass(frozen=True)
class Trial:
    """A version that is tried: since which second, and on which share of the requests.

    0 is none, where it answers copies; 1 is all, and the settled version is kept aside meanwhile.
    """

    version: str
    sha256: str
    since: float
    share: float

    def __str__(self) -> str:
        return f"{self.version} {self.how}"

    @property
    def how(self) -> str:
        """How it is tried, in a few words."""
        told = {0.0: "answers copies", 1.0: "is watched"}
        return told.get(self.share, f"is tried on {100 * self.share:.4g}% of the requests")


@dataclass(frozen=True)
class Running:
    """What a target runs of a model: the settled version, and beside it or in its place the one that is tried.

    `healthy` is false when it is not what was deployed, as when its files are not those of its release. It `is_gone`
    where somebody took all of it away: then it is what was brought there. Of a first version that is tried the settled
    one is "" with the digest "".
    """

    version: str
    sha256: str
    healthy: bool
    trial: Trial | None = None
    is_gone: bool = False

    @property
    def newest(self) -> tuple[str, str]:
        """The version and digest that was brought last: the one that is tried, else the settled one."""
        return (self.trial.version, self.trial.sha256) if self.trial else (self.version, self.sha256)


@dataclass(frozen=True)
class Hold:
    """A version that did badly, which is not tried again until its pin changes: why, and since which second."""

    version: str
    sha256: str
    why: str
    since: float


@dataclass(frozen=True)
class Ended:
    """A trial that ended by itself: whether the version is `promoted` or `put back`, and by which figures.

    `commit` is that of main which pinned it, None where that is not known.
    """

    model: str
    version: str
    became: str
    told: str
    commit: str | None = None


@dataclass(frozen=True)
class Change:
    """One thing to do to a target. `old` and `new` are versions or None; `withdrawn` ones are marked.

    What `is_gone` was taken away by somebody: to bring it anew is a repair.
    """

    kind: str
    model: str
    old: str | None
    new: str | None
    withdrawn: frozenset[str] = frozenset()
    is_gone: bool = False

    def __str__(self) -> str:
        old, new = self.told(self.old), self.told(self.new)
        drift = "gone; brought back" if self.is_gone else "repair"
        text = {"change": f"{old} → {new}", "remove": old, "repair": f"{new} (drift: {drift})"}
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
            changes += [] if running.is_gone else [Change("remove", model, running.version, None)]
        elif running is not None and _is_drift(running, pin):
            changes.append(Change("repair", model, running.version, pin.version, is_gone=running.is_gone))
        elif running is None or running.is_gone:
            changes.append(Change("add", model, None, pin.version))
        elif running.newest != (pin.version, pin.sha256):
            changes.append(Change("change", model, running.newest[0], pin.version))
    return changes


def _is_drift(running: Running, pin: Pin) -> bool:
    """Say whether what is pinned was brought already, and is not as it was then; or nobody knows any more what was."""
    return not running.healthy and (running.newest == (pin.version, pin.sha256) or not running.newest[1])


def with_gone(actual: Mapping[str, Running], brought: Mapping[str, Running]) -> dict[str, Running]:
    """Return what runs, and of what was brought all that is missing there."""
    gone = {model: replace(one, healthy=False, is_gone=True) for model, one in brought.items() if model not in actual}
    return {**gone, **actual}


def unlike(actual: Mapping[str, Running], brought: Mapping[str, Running], desired: Collection[str]) -> set[str]:
    """Return the models of which something else is there than was kept in mind, or nothing, and nothing is pinned."""
    known = {model: one for model, one in actual.items() if one.newest[1]}
    other = {model for model, one in known.items() if replace(one, healthy=True, is_gone=False) != brought.get(model)}
    return other | {model for model, one in known.items() if one.is_gone and model not in desired}


def between(old: Mapping[str, Pin], new: Mapping[str, Pin]) -> list[Change]:
    """Return what changes from some pins to others, as if the old ones ran as they should."""
    return plan(new, {model: Running(pin.version, pin.sha256, True) for model, pin in old.items()})


def diff(environment: str, changes: Sequence[Change]) -> str:
    """Return changes to an environment as a diff."""
    return "\n".join([f"@@ {environment} @@", *(line for change in changes for line in change.diff)])


def warning(environment: str, old: Mapping[str, Pin], new: Mapping[str, Pin], verb: str) -> str:
    """Return what to know when the last model goes, else nothing; `verb` is what deploys to the environment."""
    text = f"nothing is left to run here, and the last model is removed only by {_pruning(environment, verb)}"
    return text if old and not new else ""


def _pruning(environment: str, verb: str) -> str:
    by_hand = f"the workflow deploy, by hand, with {environment} in its field prune"
    return f"`tox run -e {verb} -- {environment} --apply --prune`, or on GitHub by {by_hand}"


def guard(environment: str, desired: Mapping[str, Pin], actual: Mapping[str, Running], prune: bool, verb: str) -> None:
    """Raise RegistryError when a plan would leave nothing running and nobody said so."""
    is_there = any(not one.is_gone for one in actual.values())
    if is_there and not desired and not prune:
        text = "pins no model, so every model would be removed; pin one, or remove them by"
        raise refuse(f"environments/{environment}", f"{text} {_pruning(environment, verb)}")
