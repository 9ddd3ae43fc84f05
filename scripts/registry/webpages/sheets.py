"""Which pages there are, and the values that each template draws. Pure."""

import json
import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from registry import versions
from registry.artifacts import engines
from registry.chronicle import instant
from registry.evidence import intervals, slices
from registry.evidence.claims import is_number
from registry.formats.markdown import number
from registry.github.sites import Site
from registry.showing import plots, summary, tabular
from registry.tasks import measures
from registry.webpages import curves
from registry.webpages.attention import Item
from registry.webpages.curves import Curve, Value
from registry.webpages.inventory import Inventory, Model, Place, Version, mapping, worded

if TYPE_CHECKING:
    from registry.environments.deployments import Deployed

MOST_ITEMS, MOST_EVENTS, MOST_LANES, MOST_SLICES, MOST_LABELS = 50, 5000, 60, 60, 40
LAST = 20
COLOURS = 4  # that environments are told apart by beside their names
DEPTHS = 0.02  # of a class's rows: what is mistaken more often is marked more
SHOWN = 4  # metrics in the table of versions
CARD = {"intended_use": "intended use", "out_of_scope": "out of scope", "limits": "limits", "licence": "licence",
        "contact": "contact", "classes": "classes"}  # fmt: skip


class Sheet(NamedTuple):
    """A page: its place below the catalogue's folder, its template, and the values that it draws."""

    path: str
    template: str
    values: dict


@dataclass(frozen=True)
class Known:
    """What is known beside Git, and how the rest could be; None where nobody was asked.

    `how` says of what a release's files know, and `hidden` of what only GitHub knows, that it is not known and how it would
    be. `people` are the pull requests that brought releases, by their commit; `deployed` the newest deployments; `running`
    what environments run on this machine: for each model that differs in words how.
    """

    how: str
    hidden: str
    people: Mapping[str, object] | None = None
    deployed: "Mapping[str, Deployed | None] | None" = None
    running: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)


def sheets(inventory: Inventory, items: Sequence[Item], known: Known, site: Site | None, now: int) -> Iterator[Sheet]:
    """Yield all pages."""
    yield _index(inventory, items, known)
    for model in inventory.models.values():
        yield _model(inventory, model, known)
        for version in model.versions:
            yield _version(inventory, model, version, known, site)
        if len(model.versions) > 1:
            yield _side_by_side(model, known)
    for place in inventory.places.values():
        yield _environment(inventory, place, items, known, now)
    yield Sheet("data.html", "data.html", {"up": "", "those": list(_data(inventory)), "how": known.how})
    events = inventory.chronicle.events[::-1]
    shown = {"events": events[:MOST_EVENTS], "more": max(len(events) - MOST_EVENTS, 0), "inventory": inventory}
    yield Sheet("events.html", "events.html", {"up": "", **shown})


def _index(inventory: Inventory, items: Sequence[Item], known: Known) -> Sheet:
    unknown = [] if known.deployed is not None else [f"Failed deployments and open promotions: {known.hidden}."]
    return Sheet("index.html", "index.html", {
        "up": "", "inventory": inventory, "items": items, "most": MOST_ITEMS, "unknown": unknown,
        "versions": sum(len(model.versions) for model in inventory.models.values()),
        "events": inventory.chronicle.events[: -LAST - 1 : -1],
    })  # fmt: skip


def _model(inventory: Inventory, model: Model, known: Known) -> Sheet:
    drawn = [_curve(model, name) for name in model.metrics]
    trained: dict[str, tuple[str, list[str]]] = {}
    for version in model.versions:
        for digest, source in version.data.items():
            trained.setdefault(digest, (named(source), []))[1].append(version.name)
    return Sheet(f"models/{model.name}.html", "model.html", {
        "up": "../", "inventory": inventory, "model": model, "description": worded(model.spec.get("description")),
        "colours": {name: at % COLOURS + 1 for at, name in enumerate(inventory.places)}, "shown": model.metrics[:SHOWN],
        "curves": [one for one in drawn if one], "how": known.how, "requirement": list(_requirement(model)),
        "bounded": any(dot.about.low is not None for one in drawn if one for dot in one.dots),
        "data": [(digest, source, those) for digest, (source, those) in trained.items()],
    })  # fmt: skip


def _requirement(model: Model) -> Iterator[tuple[str, str]]:
    for name, asked in mapping(model.spec.get("thresholds")).items():
        for one in asked if isinstance(asked, list) else [asked]:
            told = ", ".join(f"{word} {_told(value)}" for word, value in mapping(one).items())
            yield str(name), told or _told(one)


def _curve(model: Model, metric: str) -> Curve | None:
    values = [_value(one, metric) for one in reversed(model.versions) if is_number(one.release.metrics.get(metric))]
    return curves.curve(metric, values, list(_limits(model, metric))) if values else None


def _value(version: Version, metric: str) -> Value:
    value, report = version.release.metrics[metric], version.report or {}
    evidence = (report.get("evidence") or {}).get(metric)
    low, high = intervals.bounds(evidence, value) if evidence and evidence["kind"] != "exact" else (None, None)
    return Value(version.name, value, low, high, version.state == "withdrawn")


def _limits(model: Model, metric: str) -> Iterator[tuple[str, float]]:
    """Yield the absolute limits that the spec on main asks of all rows."""
    asked = mapping(model.spec.get("thresholds")).get(metric)
    for one in map(mapping, asked if isinstance(asked, list) else [asked]):
        for word, sign in (("min", "≥"), ("max", "≤")):
            if "slice" not in one and is_number(one.get(word)):
                yield f"{sign} {number(one[word])}", one[word]


def _version(inventory: Inventory, model: Model, one: Version, known: Known, site: Site | None) -> Sheet:
    spec, report = one.origin.spec, one.report
    told = summary.summarize(report) if report else None
    parts = list(_slices(report, bool(told.before))) if report else []
    metrics = plots.drawn(report) if report else []
    return Sheet(f"models/{model.name}/{one.name}.html", "version.html", {
        "up": "../../", "model": model, "one": one, "description": worded(spec.get("description")), "told": told,
        "how": known.how, "knows_people": known.people is not None, "how_people": known.hidden,
        "person": (known.people or {}).get(one.release.commit), "slices": parts[:MOST_SLICES],
        "more_slices": max(len(parts) - MOST_SLICES, 0), "slice_metrics": [measures.titled(report, name) for name in metrics],
        "confusion": list(_confusion(report, spec)) if report else [], "labels": _labels(report, spec) if report else [],
        "data": [(digest, named(source)) for digest, source in one.data.items()],
        "asset": versions.asset(model.name, one.name), "card": list(_card(spec)), "script": list(_script(one, site)),
    })  # fmt: skip


class Part(NamedTuple):
    """A slice as people read it: for each metric the new value and the old one."""

    name: str
    rows: int | None
    values: Sequence[tuple[str, str]]


def _slices(report: Mapping, with_old: bool) -> Iterator[Part]:
    for one in slices.of(report):
        found = (tabular.of_slice(one, metric) for metric in plots.drawn(report))
        values = [(tabular.ends(value.new, value.bounds)[0], number(value.old) if with_old else "") for value in found]
        yield Part(one.name, one.rows, values)


def _labels(report: Mapping, spec: Mapping) -> list[str]:
    count, names = len(report["confusion"] or []), mapping(spec.get("card")).get("classes")
    is_named = isinstance(names, list) and len(names) == count
    return [str(label) for label in (names if is_named else range(count))][:MOST_LABELS] if count <= MOST_LABELS else []


def _confusion(report: Mapping, spec: Mapping) -> Iterator[tuple[str, list[tuple[int, int, bool]]]]:
    """Yield for each class how many of its rows were taken for which; nothing where they are too many to look at."""
    for label, (name, row) in enumerate(zip(_labels(report, spec), report["confusion"] or [], strict=False)):
        most = max(sum(row), 1)
        yield name, [
            (rows, (rows > 0) + (rows / most > DEPTHS) if other != label else 0, other == label)
            for other, rows in enumerate(row)
        ]


def _card(spec: Mapping) -> Iterator[tuple[str, str]]:
    card = mapping(spec.get("card"))
    for key, name in CARD.items():
        if key in card:
            yield name, ", ".join(map(_told, card[key])) if isinstance(card[key], list) else _told(card[key])
    for key, value in mapping(card.get("data")).items():
        yield f"data: {key}", _told(value)


def _script(one: Version, site: Site | None) -> Iterator[str]:
    """Yield commands to paste, each of which stops the next."""
    release = one.release
    name, folder = versions.asset(release.model, release.version), f"{release.model}-{release.version}"
    served = f"serving/{release.model}/{versions.to_integer(release.version)}"
    tag = shlex.quote(release.tag)
    yield f"gh release download {tag} --repo {site.slug} --dir {folder} &&" if site else f"cp -r releases/{tag} {folder} &&"
    yield f"(cd {folder} && echo '{release.sha256}  {name}' | sha256sum --check) &&"
    yield f"mkdir -p {served} && tar xf {folder}/{name} -C {served} &&"
    yield f"tox run -e {engines.verb(release.runtime)} -- --path serving"


def _side_by_side(model: Model, known: Known) -> Sheet:
    those = model.versions[::-1]
    first = [
        ("verdict", [one.release.verdict for one in those]),
        ("released", [instant.stamp(one.released.moment.time) for one in those]),
        ("released by", [one.released.moment.person.name for one in those]),
        ("pinned now in", [", ".join(stay.environment for stay in one.pinned) for one in those]),
    ]
    sizes = [("artifact, bytes", [f"{one.release.size:,}" for one in those]),
             ("runtime", [one.release.runtime for one in those])]  # fmt: skip
    metrics = [(tabular.named(name), [_figure(one, name) for one in those]) for name in model.metrics]
    origin = [
        ("commit", [one.release.commit[:12] for one in those]),
        ("fingerprint", [one.release.fingerprint[:12] for one in those]),
        ("data", [", ".join(digest[:12] for digest in one.data) for one in those]),
        ("rows", [_rows(one) for one in those]),
        ("inputs", [_tensors(one, "inputs") for one in those]),
        ("outputs", [_tensors(one, "outputs") for one in those]),
    ]
    groups = [
        ("version", first), ("metrics", metrics), ("artifact", sizes), ("where it comes from", [row for row in origin if any(row[1])]),
        ("spec", list(_fields(those))), ("files", list(_files(those))),
    ]  # fmt: skip
    values = {
        "groups": [group for group in groups if group[1]], "all_known": all(one.report for one in those), "how": known.how
    }  # fmt: skip
    return Sheet(f"models/{model.name}/compare.html", "compare.html", {"up": "../../", "model": model, "those": those, **values})


def _figure(one: Version, name: str) -> str:
    if not is_number(one.release.metrics.get(name)):
        return ""
    value = _value(one, name)
    shown, bounds = tabular.ends(value.value, None if value.low is None else (value.low, value.high))
    return f"{shown} ({bounds})" if bounds else shown


def _rows(one: Version) -> str:
    rows = (one.report or {}).get("rows")
    return f"{rows['train']:,} to train, {rows['holdout']:,} held out" if rows else ""


def _tensors(one: Version, which: str) -> str:
    return ", ".join(f"{each['name']} {each['dtype']} {each['shape']}" for each in (one.report or {}).get(which, ()))


def _fields(those: Sequence[Version]) -> Iterator[tuple[str, list[str]]]:
    """Yield the fields of the specs that are not the same in all versions."""
    specs = [one.origin.spec for one in those]
    keys = [key for key in dict.fromkeys(key for one in specs for key in one) if any(_lacks(one, specs[0], key) for one in specs)]
    leaves = [dict(_leaves({key: one[key] for key in keys if key in one})) for one in specs]
    for name in sorted({name for one in leaves for name in one} - {"version"}):
        if len({one.get(name) for one in leaves}) > 1:
            yield name, [one.get(name, "") for one in leaves]


def _lacks(one: Mapping, other: Mapping, key: str) -> bool:
    return (key in one) != (key in other) or one.get(key) != other.get(key)


def _leaves(value: Mapping, above: str = "") -> Iterator[tuple[str, str]]:
    for key, child in value.items():
        name = f"{above}.{key}" if above else str(key)
        if isinstance(child, Mapping) and child:
            yield from _leaves(child, name)
        else:
            yield name, _told(child)


def _files(those: Sequence[Version]) -> Iterator[tuple[str, list[str]]]:
    """Yield the files beside the specs that are not the same in all versions, by the beginning of their object's name."""
    names = sorted({name for one in those for name in one.origin.files} - {"model.yaml"})
    for name in names:
        found = [one.origin.files.get(name, "")[:7] for one in those]
        if len({*found}) > 1:
            yield name, found


def _environment(inventory: Inventory, place: Place, items: Sequence[Item], known: Known, now: int) -> Sheet:
    stays = sorted((stay for those in place.stays.values() for stay in those), key=lambda stay: -stay.since.moment.time)
    recent = list(dict.fromkeys(stay.model for stay in stays))
    drawn = sorted(recent[:MOST_LANES])
    begin = min((stay.since.moment.time for name in drawn for stay in place.stays[name]), default=now)
    target = mapping(place.facts.get("target"))
    told = {"takes from": place.takes_from, "promote": worded(place.facts.get("promote")) or "by-hand",
            "soak": worded(place.facts.get("soak")), "target": " ".join(map(_told, filter(None, (target.get("type"), target.get("path"))))),
            "page": worded(place.facts.get("url"))}  # fmt: skip
    drifted = known.running.get(place.name)
    return Sheet(f"environments/{place.name}.html", "environment.html", {
        "up": "../", "inventory": inventory, "place": place, "description": worded(place.facts.get("description")),
        "facts": [(name, words) for name, words in told.items() if words],
        "items": [one for one in items if one.environment == place.name],
        "pins": [place.pins[name] for name in sorted(place.pins)], "stays": stays,
        "lanes": curves.lanes([(name, place.stays[name]) for name in drawn], begin, now), "undrawn": len(recent) - len(drawn),
        "deployed": (known.deployed or {}).get(place.name), "knows_deployed": known.deployed is not None,
        "how_deployed": known.hidden, "running": drifted, "drifted": drifted or [],
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
                sources[digest][named(source)] = None
    for digest, those in sorted(found.items()):
        rows = dict.fromkeys(filter(None, (_rows(version) for some in those.values() for version in some)))
        yield Data(digest, [*sources[digest]], "; ".join(rows), [(inventory.models[name], some) for name, some in those.items()])


def named(source: Mapping) -> str:
    """Return what a spec calls a source: a package with its member, an address or a path."""
    where = worded(source.get("package")) or worded(source.get("url")) or worded(source.get("path"))
    return f"{where}: {source['member']}" if where and worded(source.get("member")) else where


def _told(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
