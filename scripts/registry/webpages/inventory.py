"""All models with their versions and pins, as the pages of the catalogue show them. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from registry import versions
from registry.chronicle.events import Event
from registry.chronicle.lanes import Stay
from registry.chronicle.record import Chronicle
from registry.releases import ledger
from registry.releases.ledger import Release
from registry.specs import fingerprints, sources
from registry.specs.fingerprints import Difference
from registry.webpages.origins import NOTHING, Origin, Wanted

State = Literal["newest", "older", "withdrawn", "foreign", "unknown"]
APART = ("version",)  # what each version says otherwise


class Version(NamedTuple):
    """A released version: its tag, when it was released and withdrawn, what it was made of, where it was pinned.

    `before` is the version released before it, `changes` and `files` what the spec says otherwise since then and which
    files are new, changed or gone; `report` is None where nobody was asked for it.
    """

    release: Release
    released: Event
    withdrawn: Event | None
    state: State
    origin: Origin
    before: str | None
    changes: Sequence[Difference]
    files: Sequence[tuple[str, str]]
    stays: Sequence[Stay]
    report: Mapping | None

    @property
    def name(self) -> str:
        """The version itself: 1.1.0."""
        return self.release.version

    @property
    def data(self) -> dict[str, Mapping]:
        """The files of its rows and beside them, by their digest."""
        spec = self.origin.spec
        found = sources.of(spec) if isinstance(spec.get("data"), Mapping) else {}
        return {str(one.get("sha256")): one for one in found.values() if isinstance(one, Mapping)}

    @property
    def pinned(self) -> list[Stay]:
        """Where it is pinned now."""
        return [one for one in self.stays if one.until is None]


class Model(NamedTuple):
    """A model: its spec as main has it, empty where it has none; its versions, newest first; pins by environment; events."""

    name: str
    is_here: bool
    spec: Mapping
    versions: Sequence[Version]
    pins: Mapping[str, Stay]
    stays: Sequence[Stay]
    events: Sequence[Event]

    @property
    def newest(self) -> Version | None:
        """The newest version that was not withdrawn, else the newest."""
        return next((one for one in self.versions if one.state == "newest"), next(iter(self.versions), None))

    @property
    def task(self) -> str:
        """Its task, nothing where its spec tells none."""
        return worded(self.spec.get("task"))

    @property
    def owners(self) -> list[str]:
        """Its owners."""
        return worded_list(self.spec.get("owners"))

    @property
    def metrics(self) -> list[str]:
        """The metrics that any version has: what is asked of them first, as the spec has it, then by name."""
        found = {name for one in self.versions for name in one.release.metrics}
        asked = [*mapping(self.spec.get("thresholds"))]
        return sorted(found, key=lambda name: (asked.index(name) if name in asked else len(asked), name))


@dataclass(frozen=True)
class Place:
    """An environment: what its file says as main has it, and the stays there by model, oldest first."""

    name: str
    facts: Mapping
    stays: Mapping[str, Sequence[Stay]]

    @property
    def takes_from(self) -> str:
        """Where a version must have been pinned before."""
        return worded(self.facts.get("takes_from"))

    @cached_property
    def pins(self) -> dict[str, Stay]:
        """What is pinned, by model."""
        return {name: those[-1] for name, those in self.stays.items() if those[-1].until is None}


class Inventory:
    """What all pages are drawn from."""

    def __init__(
        self,
        chronicle: Chronicle,
        origins: Mapping[Wanted, Origin],
        report: Callable[[Release], Mapping | None],
    ) -> None:
        self.chronicle = chronicle
        self._origins = origins
        self._report = report

    @cached_property
    def models(self) -> dict[str, Model]:
        """The models that have a name which a page can have, by it."""
        stays, events = defaultdict(list), defaultdict(list)
        for stay in self.chronicle.stays:
            stays[stay.model].append(stay)
        for event in reversed(self.chronicle.events):
            events[event.model].append(event)
        names = [name for name in self.chronicle.models if versions.NAME.fullmatch(name)]
        return {name: self._model(name, stays[name], events[name]) for name in names}

    @cached_property
    def places(self) -> dict[str, Place]:
        """The environments, in the order in which a version passes through them."""
        found: dict[str, dict[str, list[Stay]]] = {name: {} for name in self.chronicle.environments}
        for stay in self.chronicle.stays:
            if stay.environment in found:
                found[stay.environment].setdefault(stay.model, []).append(stay)
        return {name: Place(name, self.chronicle.environments[name], those) for name, those in found.items()}

    def state(self, model: str, version: str) -> State:
        """Return what there is to say of a version of a model, released or not."""
        found = self._states.get((model, version))
        return found or ("foreign" if ledger.strange(self.chronicle.others, model, version) else "unknown")

    @cached_property
    def _states(self) -> dict[tuple[str, str], State]:
        return {
            (model, one.version): state
            for model, those in self.chronicle.releases.items()
            for one, state in zip(those, _states(those), strict=True)
        }

    def _model(self, name: str, stays: Sequence[Stay], events: Sequence[Event]) -> Model:
        tip = self.chronicle.tip
        here = self._origins.get((tip.commit, name)) if tip else None
        known = {one.environment: one for one in stays if one.until is None and one.environment in self.places}
        found = list(self._versions(name, stays))[::-1]
        return Model(name, here is not None, (here or NOTHING).spec, found, known, stays, events)

    def _versions(self, model: str, stays: Sequence[Stay]) -> Iterator[Version]:
        mine = defaultdict(list)
        for stay in stays:
            mine[stay.version].append(stay)
        before: Version | None = None
        for release in self.chronicle.releases.get(model, []):
            origin = self._origins.get((release.commit, model), NOTHING)
            before = Version(
                release, self.chronicle.released[release.tag], self.chronicle.withdrawn.get(release.tag),
                self.state(model, release.version), origin, before and before.name,
                changes(before.origin.spec, origin.spec) if before else [],
                unlike(before.origin.files, origin.files) if before else [],
                mine[release.version], self._report(release),
            )  # fmt: skip
            yield before


def _states(those: Sequence[Release]) -> Iterator[State]:
    newest = ledger.newest(list(those))
    for one in those:
        yield "withdrawn" if one.withdrawn is not None else "newest" if one is newest else "older"


def changes(old: Mapping, new: Mapping) -> list[Difference]:
    """Return the fields in which two specs differ, but for what each version says otherwise."""
    unlike = [key for key in {**old, **new} if is_unlike(old, new, key) and key not in APART]
    old, new = ({key: spec[key] for key in unlike if key in spec} for spec in (old, new))
    return fingerprints.between(old, new)


def is_unlike(one: Mapping, other: Mapping, key: str) -> bool:
    """Say whether specs may differ in a section: one that was written alike was read once, and 1 is neither 1.0 nor true."""
    return (key in one) != (key in other) or one.get(key) is not other.get(key)


def unlike(old: Mapping[str, str], new: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the files beside the spec that are new, changed or gone, each with that word."""
    names = sorted({name for name in {**old, **new} if old.get(name) != new.get(name) and name != "model.yaml"})
    return [(name, "new" if name not in old else "gone" if name not in new else "changed") for name in names]


def mapping(value: object) -> Mapping:
    """Return a value of a spec that may be anything as the mapping that it should be, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def worded(value: object) -> str:
    """Return a value of a spec that may be anything as the text that it should be, else nothing."""
    return value if isinstance(value, str) else ""


def worded_list(value: object) -> list[str]:
    """Return a value of a spec that may be anything as the list of texts that it should be, else an empty one."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
