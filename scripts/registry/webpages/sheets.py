"""Which pages there are, and the values that each template draws. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from registry.evidence.claims import is_number
from registry.formats.markdown import number
from registry.github.sites import Site
from registry.webpages import curves, particulars
from registry.webpages.attention import Item
from registry.webpages.curves import Curve
from registry.webpages.inventory import Inventory, Model, Place, Version, mapping, worded
from registry.webpages.knowledge import Known
from registry.webpages.particulars import Sheet

MOST_ITEMS, MOST_EVENTS, MOST_LANES, MOST_OPEN = 50, 5000, 60, 100
LAST = 20
COLOURS = 4  # that environments are told apart by beside their names
SHOWN = 4  # metrics in the table of versions


def sheets(
    inventory: Inventory, items: Sequence[Item], known: Known, site: Site | None, now: int
) -> Iterator[Callable[[], Sheet]]:
    """Yield what makes all pages, one each."""
    yield partial(_index, inventory, items, known)
    for model in inventory.models.values():
        yield partial(_model, inventory, model, known)
        for version in model.versions:
            yield partial(particulars.version, model, version, known, site)
        if len(model.versions) > 1:
            yield partial(particulars.side_by_side, model, known)
    for place in inventory.places.values():
        yield partial(_environment, inventory, place, items, known, now)
    yield partial(_of_data, inventory, known)
    yield partial(_events, inventory)


def _of_data(inventory: Inventory, known: Known) -> Sheet:
    those = list(_data(inventory))
    is_untold = bool(those) and not any(one.rows for one in those)
    return Sheet("data.html", "data.html", {"up": "", "those": those, "is_untold": is_untold, "how": known.how})


def _events(inventory: Inventory) -> Sheet:
    events = inventory.chronicle.events[::-1]
    shown = {"events": events[:MOST_EVENTS], "more": max(len(events) - MOST_EVENTS, 0), "inventory": inventory}
    return Sheet("events.html", "events.html", {"up": "", **shown})


def _index(inventory: Inventory, items: Sequence[Item], known: Known) -> Sheet:
    unknown = [] if known.deployed is not None else [f"Failed deployments and open promotions: {known.hidden}."]
    return Sheet("index.html", "index.html", {
        "up": "", "inventory": inventory, "items": items, "most": MOST_ITEMS, "unknown": unknown,
        "standings": known.standings,
        "versions": sum(len(model.versions) for model in inventory.models.values()),
        "events": inventory.chronicle.events[: -LAST - 1 : -1],
    })  # fmt: skip


def _model(inventory: Inventory, model: Model, known: Known) -> Sheet:
    drawn = [_curve(model, name) for name in model.metrics]
    trained: dict[str, tuple[str, list[str]]] = {}
    for version in model.versions:
        for digest, source in version.data.items():
            trained.setdefault(digest, (particulars.named(source), []))[1].append(version.name)
    return Sheet(f"models/{model.name}.html", "model.html", {
        "up": "../", "inventory": inventory, "model": model, "description": worded(model.spec.get("description")),
        "colours": {name: at % COLOURS + 1 for at, name in enumerate(inventory.places)}, "shown": model.metrics[:SHOWN],
        "curves": [one for one in drawn if one], "how": known.how, "requirement": list(particulars.requirement(model.spec)),
        "bounded": any(dot.about.low is not None for one in drawn if one for dot in one.dots),
        "data": [(digest, source, those) for digest, (source, those) in trained.items()],
    })  # fmt: skip


def _curve(model: Model, metric: str) -> Curve | None:
    values = [
        particulars.reached(one, metric)
        for one in reversed(model.versions)
        if is_number(one.release.metrics.get(metric))
    ]
    return curves.curve(metric, values, list(_limits(model, metric))) if values else None


def _limits(model: Model, metric: str) -> Iterator[tuple[str, float]]:
    """Yield the absolute limits that the spec on main asks of all rows."""
    asked = mapping(model.spec.get("thresholds")).get(metric)
    for one in map(mapping, asked if isinstance(asked, list) else [asked]):
        for word, sign in (("min", "≥"), ("max", "≤")):
            if "slice" not in one and is_number(one.get(word)):
                yield f"{sign} {number(one[word])}", one[word]


def _environment(inventory: Inventory, place: Place, items: Sequence[Item], known: Known, now: int) -> Sheet:
    stays = sorted((stay for those in place.stays.values() for stay in those), key=lambda stay: -stay.since.moment.time)
    recent = list(dict.fromkeys(stay.model for stay in stays))
    drawn = sorted(recent[:MOST_LANES])
    begin = min((stay.since.moment.time for name in drawn for stay in place.stays[name]), default=now)
    target = mapping(place.facts.get("target"))
    told = {"takes from": place.takes_from, "promote": worded(place.facts.get("promote")) or "by-hand",
            "soak": worded(place.facts.get("soak")), "target": " ".join(map(particulars.plain, filter(None, (target.get("type"), target.get("path"))))),
            "page": worded(place.facts.get("url"))}  # fmt: skip
    return Sheet(f"environments/{place.name}.html", "environment.html", {
        "up": "../", "inventory": inventory, "place": place, "description": worded(place.facts.get("description")),
        "facts": [(name, words) for name, words in told.items() if words],
        "items": [one for one in items if one.environment == place.name],
        "pins": [place.pins[name] for name in sorted(place.pins)], "stays": stays,
        "lanes": curves.lanes([(name, place.stays[name]) for name in drawn], begin, now), "undrawn": len(recent) - len(drawn),
        "deployed": (known.deployed or {}).get(place.name), "knows_deployed": known.deployed is not None,
        "knows_movers": known.movers is not None,
        "hidden": known.hidden,
        "runs_here": place.name in known.running, "drifted": known.marked(place.name, "drift"),
        "held": known.marked(place.name, "held"), "tried": known.marked(place.name, "canary", "watched"),
        "standings": known.standings, "open": MOST_OPEN,
    })  # fmt: skip


@dataclass
class Data:
    """A file by its digest: what sources call it, how many rows came of it, and the versions that were made of it."""

    digest: str
    sources: list[str]
    rows: str
    models: list[tuple[Model, list[Version]]]


def _data(inventory: Inventory) -> Iterator[Data]:
    found: dict[str, dict[str, list[Version]]] = defaultdict(dict)
    sources: dict[str, dict[str, None]] = defaultdict(dict)
    for model in inventory.models.values():
        for version in model.versions:
            for digest, source in version.data.items():
                found[digest].setdefault(model.name, []).append(version)
                sources[digest][particulars.named(source)] = None
    for digest, those in sorted(found.items(), key=lambda one: ([*sources[one[0]]], one[0])):
        rows = dict.fromkeys(
            filter(None, (particulars.counted(version) for some in those.values() for version in some))
        )
        yield Data(
            digest,
            [*sources[digest]],
            "; ".join(rows),
            [(inventory.models[name], some) for name, some in those.items()],
        )
