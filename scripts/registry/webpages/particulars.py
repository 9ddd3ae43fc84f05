"""The pages of a model's versions: each by itself, and all side by side. Pure."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from registry import versions
from registry.artifacts import engines
from registry.chronicle import wording
from registry.evidence import intervals, slices
from registry.evidence.claims import is_number
from registry.github.sites import Site
from registry.showing import plots, summary, tabular
from registry.tasks import measures
from registry.webpages.curves import Value
from registry.webpages.inventory import Model, Version, is_unlike, mapping, worded
from registry.webpages.knowledge import Known

MOST_SLICES, MOST_LABELS = 60, 40
ASKED = {"min": "≥ {}", "max": "≤ {}", "max_drop": "≤ {} worse", "slice": "of the {} slice"}
DEPTHS = 0.02  # of a class's rows: what is mistaken more often is marked more
DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
CARD = {"intended_use": "intended use", "out_of_scope": "out of scope", "limits": "limits", "licence": "licence",
        "contact": "contact", "classes": "classes"}  # fmt: skip


class Sheet(NamedTuple):
    """A page: its place below the catalogue's folder, its template, and the values that it draws."""

    path: str
    template: str
    values: dict


def version(model: Model, one: Version, known: Known, site: Site | None) -> Sheet:
    """Return the page of a version."""
    spec, report = one.origin.spec, one.report
    told = summary.summarize(report) if report else None
    parts = list(_slices(report, bool(told.before))) if report else []
    metrics = plots.drawn(report) if report else []
    return Sheet(f"models/{model.name}/{one.name}.html", "version.html", {
        "up": "../../", "model": model, "one": one, "description": worded(spec.get("description")), "told": told,
        "how": known.how, "hidden": known.hidden, "is_asked": one.release.tag in (known.people or {}),
        "person": (known.people or {}).get(one.release.tag), "slices": parts[:MOST_SLICES],
        "more_slices": max(len(parts) - MOST_SLICES, 0), "slice_metrics": [measures.titled(report, name) for name in metrics],
        "asked": list(requirement(spec)),
        "old": next((each.release.metrics for each in model.versions if each.name == one.before), {}),
        "confusion": list(_confusion(report, spec)) if report else [], "labels": _labels(report, spec) if report else [],
        "data": [(digest, named(source)) for digest, source in one.data.items()],
        "asset": versions.asset(model.name, one.name), "card": list(_card(spec)), "script": list(_script(one, site)),
    })  # fmt: skip


def requirement(spec: Mapping) -> Iterator[tuple[str, str]]:
    """Yield what a spec asks of metrics: the name of each, and its limits."""
    for name, asked in mapping(spec.get("thresholds")).items():
        for one in asked if isinstance(asked, list) else [asked]:
            told = ", ".join(_limit(word, plain(value)) for word, value in mapping(one).items())
            yield str(name), told or plain(one)


def _limit(word: object, value: str) -> str:
    return ASKED[word].format(value) if word in ASKED else f"{word} {value}"


class Part(NamedTuple):
    """A slice as people read it: for each metric the new value and the old one."""

    name: str
    rows: int | None
    values: Sequence[tuple[str, str]]


def _slices(report: Mapping, with_old: bool) -> Iterator[Part]:
    for one in slices.of(report):
        found = (tabular.of_slice(one, metric) for metric in plots.drawn(report))
        texts = [value.texts(None, ()) for value in found]
        values = [(new, old if with_old else "") for new, _, old, _, _ in texts]
        yield Part(one.name, one.rows, values)


def _labels(report: Mapping, spec: Mapping) -> list[str]:
    count, names = len(report["confusion"] or []), mapping(spec.get("card")).get("classes")
    is_named = isinstance(names, list) and len(names) == count
    return [str(label) for label in (names if is_named else range(count))][:MOST_LABELS] if count <= MOST_LABELS else []


def _confusion(report: Mapping, spec: Mapping) -> Iterator[tuple[str, list[tuple[int, int, bool]]]]:
    """Yield for each class how many of its rows were taken for which; nothing where they are too many to look at."""
    for label, (name, row) in enumerate(zip(_labels(report, spec), report["confusion"] or [], strict=False)):
        most = max(sum(row), 1)
        yield (
            name,
            [
                (rows, (rows > 0) + (rows / most > DEPTHS) if other != label else 0, other == label)
                for other, rows in enumerate(row)
            ],
        )


def _card(spec: Mapping) -> Iterator[tuple[str, str]]:
    card = mapping(spec.get("card"))
    for key, name in CARD.items():
        if key in card:
            yield name, ", ".join(map(plain, card[key])) if isinstance(card[key], list) else plain(card[key])
    for key, value in mapping(card.get("data")).items():
        yield f"data: {key}", plain(value)


def _script(one: Version, site: Site | None) -> Iterator[str]:
    """Yield commands to paste, each of which stops the next."""
    release = one.release
    name, folder = versions.asset(release.model, release.version), f"{release.model}-{release.version}"
    served = f"serving/{release.model}/{versions.to_integer(release.version)}"
    tag = shlex.quote(release.tag)
    yield (
        f"gh release download {tag} --repo {site.slug} --dir {folder} &&"
        if site
        else f"cp -r releases/{tag} {folder} &&"
    )
    yield f"(cd {folder} && echo '{release.sha256}  {name}' | sha256sum --check) &&"
    yield f"mkdir -p {served} && tar xf {folder}/{name} -C {served} &&"
    yield f"tox run -e {engines.verb(release.runtime)} -- --path serving"


class Row(NamedTuple):
    """A row of versions side by side; `kind` says of whole digests what they are of."""

    name: str
    cells: Sequence
    kind: Literal["", "commit", "fingerprint", "data"] = ""


def side_by_side(model: Model, known: Known) -> Sheet:
    """Return the page of all versions, on which any two can be picked."""
    those = model.versions[::-1]
    first = [
        Row("verdict", [one.release.verdict for one in those]),
        Row("released", [wording.minute(one.released.moment.time) for one in those]),
        Row("released by", [one.released.moment.person.name for one in those]),
        Row("pinned now in", [", ".join(stay.environment for stay in one.pinned) or "nowhere" for one in those]),
    ]
    sizes = [Row("artifact, bytes", [f"{one.release.size:,}" for one in those]),
             Row("runtime", [one.release.runtime for one in those])]  # fmt: skip
    metrics = [Row(tabular.named(name), [_figure(one, name) for one in those]) for name in model.metrics]
    origin = [
        Row("commit", [one.release.commit for one in those], "commit"),
        Row("fingerprint", [one.release.fingerprint for one in those], "fingerprint"),
        Row("data", [[*one.data] for one in those], "data"),
        Row("rows", [counted(one) for one in those]),
        Row("inputs", [_tensors(one, "inputs") for one in those]),
        Row("outputs", [_tensors(one, "outputs") for one in those]),
    ]
    groups = [
        ("version", first), ("metrics", metrics), ("artifact", sizes), ("where it comes from", [row for row in origin if any(row[1])]),
        ("spec", list(_fields(those))), ("files", list(_files(those))),
    ]  # fmt: skip
    values = {
        "groups": [group for group in groups if group[1]], "all_known": all(one.report for one in those), "how": known.how
    }  # fmt: skip
    return Sheet(
        f"models/{model.name}/compare.html", "compare.html", {"up": "../../", "model": model, "those": those, **values}
    )


def _figure(one: Version, name: str) -> str:
    if not is_number(one.release.metrics.get(name)):
        return ""
    value = reached(one, name)
    shown, bounds = tabular.ends(value.value, None if value.low is None else (value.low, value.high))
    return f"{shown} ({bounds})" if bounds else shown


def counted(one: Version) -> str:
    """Return how many rows a version was trained and judged on, nothing where its report is not known."""
    rows = (one.report or {}).get("rows")
    return f"{rows['train']:,} to train, {rows['holdout']:,} held out" if rows else ""


def _tensors(one: Version, which: str) -> str:
    return ", ".join(f"{each['name']} {each['dtype']} {each['shape']}" for each in (one.report or {}).get(which, ()))


def _fields(those: Sequence[Version]) -> Iterator[Row]:
    """Yield the fields of the specs that are not the same in all versions."""
    specs = [one.origin.spec for one in those]
    keys = [
        key
        for key in dict.fromkeys(key for one in specs for key in one)
        if any(is_unlike(one, specs[0], key) for one in specs)
    ]
    leaves = [dict(_leaves({key: one[key] for key in keys if key in one})) for one in specs]
    for name in sorted({name for one in leaves for name in one} - {"version"}):
        if len({one.get(name) for one in leaves}) > 1:
            yield Row(name, [DIGEST.sub(r"\1", one.get(name, "")) for one in leaves])


def _leaves(value: Mapping, above: str = "") -> Iterator[tuple[str, str]]:
    for key, child in value.items():
        name = f"{above}.{key}" if above else str(key)
        if isinstance(child, Mapping) and child:
            yield from _leaves(child, name)
        else:
            yield name, plain(child)


def _files(those: Sequence[Version]) -> Iterator[Row]:
    """Yield the files beside the specs that are not the same in all versions, by the beginning of their object's name."""
    names = sorted({name for one in those for name in one.origin.files} - {"model.yaml"})
    for name in names:
        found = [one.origin.files.get(name, "")[:7] for one in those]
        if len({*found}) > 1:
            yield Row(name, found)


def reached(version: Version, metric: str) -> Value:
    """Return what a version reached in a metric, with its bounds where its report is known."""
    value, report = version.release.metrics[metric], version.report or {}
    evidence = (report.get("evidence") or {}).get(metric)
    low, high = intervals.bounds(evidence, value) if evidence and evidence["kind"] != "exact" else (None, None)
    return Value(version.name, value, low, high, version.state == "withdrawn")


def named(source: Mapping) -> str:
    """Return what a spec calls a source: a package with its member, an address or a path."""
    where = worded(source.get("package")) or worded(source.get("url")) or worded(source.get("path"))
    return f"{where}: {source['member']}" if where and worded(source.get("member")) else where


def plain(value: object) -> str:
    """Return a value of a spec as text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
