"""What needs somebody's attention, worst first. Pure."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from registry import versions
from registry.chronicle import wording
from registry.chronicle.lanes import Stay
from registry.releases import ledger
from registry.webpages.inventory import Inventory, Place
from registry.webpages.knowledge import Known

DAY = 24 * 3600
WAITING = 7  # days after which it is told that a version did not go on

Kind = Literal[
    "withdrawn", "unreleased", "other bytes", "held", "drift", "failed", "open", "behind", "no release", "no name"
]


class Item(NamedTuple):
    """One thing to look at: what it is in a word, of which model and where, if any, and what is known of it."""

    kind: Kind
    model: str
    version: str
    environment: str
    text: str
    pull: int | None = None


def items(inventory: Inventory, known: Known, now: int) -> list[Item]:
    """Return what needs attention at a second, worst first."""
    places = [*inventory.places.values()][::-1]  # where most depends on it first
    pins = [stay for place in places for stay in place.pins.values()]
    return [
        *(item for stay in pins for item in _pinned(inventory, stay)),
        *_running(inventory, known),
        *(
            Item("open", one.model, "", one.environment, f"waits to be merged: {one.title}", one.number)
            for one in known.opened
        ),
        *(item for place in places for item in _behind(inventory, place, now)),
        *_strays(inventory),
    ]


def _pinned(inventory: Inventory, stay: Stay) -> Iterator[Item]:
    """Yield what is the matter with a pin."""
    about = stay.model, stay.version, stay.environment
    state = inventory.state(stay.model, stay.version)
    release = ledger.find(inventory.chronicle.releases.get(stay.model, []), stay.version)
    if state == "withdrawn":
        yield Item("withdrawn", *about, f"is pinned, and withdrawn: {release.withdrawn}")
    elif release is None:
        told = "is foreign: main does not hold its commit" if state == "foreign" else "is no release that main knows"
        yield Item("unreleased", *about, f"is pinned, and {told}")
    if release is not None and release.sha256 != stay.sha256:
        text = f"is pinned with the digest {stay.sha256[:12]}, and was released with {release.sha256[:12]}"
        yield Item("other bytes", *about, text)


def _running(inventory: Inventory, known: Known) -> Iterator[Item]:
    for name in inventory.places:
        for kind in ("held", "drift"):
            yield from (Item(kind, model, "", name, f"pins {text}") for model, text in known.marked(name, kind))
    for name, last in (known.deployed or {}).items():
        if last is not None and last.state in ("failure", "error"):
            yield Item("failed", "", "", name, f"the newest deployment ended in {last.state}")


def _behind(inventory: Inventory, place: Place, now: int) -> Iterator[Item]:
    """Yield what an environment pins long after the one that it takes from pinned something newer."""
    source = inventory.places.get(place.takes_from)
    for model, here in place.pins.items() if source else ():
        stay = source.pins.get(model)
        if stay is None or inventory.state(model, stay.version) not in ("newest", "older"):
            continue
        days = (now - stay.since.moment.time) // DAY
        if versions.parse(here.version) < versions.parse(stay.version) and days >= WAITING:
            text = f"is older than {stay.version}, which {source.name} has had for {days:,} days"
            yield Item("behind", model, here.version, place.name, text + _given_up(place, model, stay.version))


def _given_up(place: Place, model: str, version: str) -> str:
    """Return when an environment went back from a version, so that nobody brings it there again unawares."""
    ended = [one.until for one in place.stays[model] if one.version == version and one.until]
    backs = [one.moment for one in ended if one.kind == "rolled back"]
    return f"; {place.name} was rolled back from that on {wording.minute(backs[-1].time)[:10]}" if backs else ""


def _strays(inventory: Inventory) -> Iterator[Item]:
    for model, those in sorted(inventory.chronicle.others.items()):
        for one in those:
            yield Item("no release", model, versions.split(one.tag)[1], "", one.what)
    for name in inventory.chronicle.models:
        if name not in inventory.models:
            yield Item("no name", name, "", "", "is no name for a model, so that it has no page")
