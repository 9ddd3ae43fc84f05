"""Answers in words, on a line each; what strangers wrote stays on its line."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from registry import console
from registry.answering import known
from registry.answering.reviews import Merged
from registry.answering.unlike import Unlike
from registry.chronicle import wording
from registry.chronicle.events import Event, Moment
from registry.chronicle.lanes import Stay
from registry.errors import one_line
from registry.formats.markdown import listed
from registry.formats.reader import Document
from registry.releases.ledger import Release
from registry.showing import sections
from registry.specs import sources, thresholds
from registry.specs.sources import Place
from registry.tasks import measures

LONG, MOST = 1000, 10  # characters, differences
LIMITS = {"min": "at least {}", "max": "at most {}", "max_drop": "at most {} worse than the version before"}
NO_REPORT = "a tag tells no intervals, and not how a version was made: its release.json does, which is not here"
UNREADABLE = "its spec can't be read"
UNKNOWN = "not known from Git"
Row = tuple[str, ...]


def facts(rows: Iterable[Row], *heads: str) -> None:
    """Print rows, each with what it is about in the first cell, which is told once where several are about the same."""
    told, last = [], ""
    for about, *rest in rows:
        told.append(("" if about == last else about, *rest))
        last = about
    table(heads, told)


def table(heads: Sequence[str], rows: Sequence[Row], colours: Sequence[str] = ()) -> None:
    """Print a table, each cell as it can stand there; line feeds break it only where a terminal is narrow."""
    console.table(heads, [[safe(cell) for cell in row] for row in rows], colours)


def safe(text: str) -> str:
    """Return a text of any length as a terminal can show it, line by line."""
    return "\n".join(one_line(line, LONG) for line in text.split("\n"))


def event(one: Event) -> str:
    """Return when and by whom something was done: `2026-03-03 14:00 UTC by Anna, 9c1ef0a3b2d4`."""
    return f"{when(one)} by {wording.author(one.moment)}"


def when(one: Event) -> str:
    """Return when something was done."""
    return f"{wording.minute(one.moment.time)} UTC"


def commit(one: Moment) -> str:
    """Return a commit, who made it and what it says."""
    return f"{wording.short(one)} by {wording.who(one.person)}: “{one_line(one.subject)}”"


def paragraph(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


def stay(one: Stay, release: Release) -> str:
    """Return from when to when a version was pinned in an environment, and whether by another digest than its release's."""
    other = "" if one.sha256 == release.sha256 else f", of other bytes: SHA-256 {one.sha256}"
    if one.until is None:
        pull = f", #{one.since.moment.pull}" if one.since.moment.pull else ""
        return f"{one.environment} since {event(one.since)}{pull}{other}"
    return f"{one.environment} from {when(one.since)} to {when(one.until)}{other}"


def data(found: Mapping[Place, Mapping], digits: int | None = None) -> Iterator[tuple[str, str]]:
    """Yield where files come from, each with its place in the spec, and its digest or so many digits of that."""
    for place, source in found.items():
        origin = source.get("path") or source.get("url") or source.get("package")
        member = f", {source['member']}" if "member" in source else ""
        yield ".".join(place), f"{origin}{member}, SHA-256 {source['sha256'][:digits]}"


def asked(threshold: Mapping) -> str:
    """Return what a threshold asks in words: `at least 0.9 and at most 0.03 worse than the version before`."""
    limits = [words.format(f"{threshold[name]:g}") for name, words in LIMITS.items() if name in threshold]
    return f"{listed(limits)}{_of(threshold)}{', by estimate' * ('by' in threshold)}"


def _of(threshold: Mapping) -> str:
    if (wanted := threshold.get("slice")) is not None:
        told = ", ".join(f"{name} {value}" for name, value in wanted.items()) if isinstance(wanted, Mapping) else ""
        return f", of {told or 'the worst slice'}"
    return f", of the {threshold['folds']} of the folds" if "folds" in threshold else ""


def requirement(spec: Document | None) -> Iterator[dict]:
    """Yield what a spec asks of its model: where that stands and on which line of which file, and what is asked."""
    found = known.told(spec).get("thresholds", {})
    rows = ((("thresholds", name), name, found[name]) for name in thresholds.OF_ROWS if name in found)
    for place, name, one in (*thresholds.each(found), *rows):
        yield {"place": ".".join(map(str, place)), "asked": f"{name} {asked(one)}", "line": spec.line(*place)}


def pull(merged: Merged | None, told: int | None, is_asked: bool) -> str:
    """Return which pull request brought something: as GitHub knows it where it was asked, else as the commit tells."""
    if merged:
        who = f"opened by {_account(merged.author)}, merged by {_account(merged.merger)}"
        return f"#{merged.number} “{merged.title}”, {who}"
    if is_asked:
        return f"none, as far as GitHub knows{f'; its commit tells of #{told}' if told else ''}"
    return f"#{told}, as its commit tells" if told else "none, as far as its commit tells"


def approved(merged: Merged | None, is_asked: bool) -> str:
    """Return who approved a pull request."""
    if merged is None:
        return "nobody" if is_asked else UNKNOWN
    return listed(merged.approvers) or "nobody, of its last commit"


def _account(login: str | None) -> str:
    return login or "an account that is gone"


def changes(before: Release | None, found: Unlike | None) -> Iterator[Row]:
    """Yield in what a version differs from the release before it."""
    if before is None or found is None:
        yield "changed", "it is the first release"
        return
    rows = [f"{name} {old} → {new}" if old else f"{name} {new}" for name, old, new in found.rows()]
    yield from (("changed", one) for one in rows[:MOST])
    if len(rows) > MOST:
        yield "changed", f"{len(rows) - MOST:,} more, which `compare` shows"
    if not rows:
        yield "changed", f"nothing in spec and code since {before.version}"


def tensors(those: Sequence[Mapping]) -> str:
    """Return inputs or outputs as people read them."""
    return sections.tensors(those).replace("`", "")


def rows(report: Mapping) -> str:
    """Return how many rows a version was trained and judged on."""
    return sections.of_rows(
        **report["rows"], units=measures.units(report["task"]), is_apart=sources.is_apart(report["data"])
    )


def training(found: Mapping) -> str:
    """Return the arguments of train()."""
    return ", ".join(f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in found.items())
