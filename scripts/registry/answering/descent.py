"""Why a version is pinned: the chain from the pin back to the requirement, each link with where it is known from."""

from collections.abc import Iterator
from typing import NamedTuple

from registry.answering import known, phrases, portrait, reached
from registry.answering.beside import Beside
from registry.answering.known import Known
from registry.answering.phrases import Row
from registry.answering.reviews import Merged
from registry.answering.unlike import Unlike
from registry.chronicle import wording
from registry.chronicle.events import Event, Moment
from registry.chronicle.lanes import Stay
from registry.chronicle.record import Chronicle
from registry.environments import freezing, manifests
from registry.releases.ledger import Release
from registry.showing import summary

GIT, GITHUB, REPORT = "Git", "GitHub", reached.REPORT


class Descent(NamedTuple):
    """A model in an environment: what was done to its pin last, the stay before, and what is known of the version.

    `stay` is the present one, None where nothing is pinned any more. `it` is None where the version is no release of main.
    `fault` says what is the matter with the pin, if anything is. `changes` are those since the release before; `pinned` and
    `made` are the pull requests that brought the pin and the version, as far as GitHub tells.
    """

    last: Event
    stay: Stay | None
    before: Stay | None
    it: Known | None
    fault: str
    changes: Unlike | None
    pinned: Merged | None
    made: Merged | None


def lane(chronicle: Chronicle, model: str, environment: str) -> tuple[Event, Stay | None, Stay | None] | None:
    """Return what was done last to a model's pin in an environment, its stay and the one before; None where nothing was."""
    mine = [one for one in chronicle.events if (one.environment, one.model) == (environment, model)]
    if not mine:
        return None
    stays = [one for one in chronicle.stays if (one.environment, one.model) == (environment, model)]
    stay = chronicle.pinned.get((environment, model))
    before = stays[:-1] if stay else stays
    return mine[-1], stay, before[-1] if before else None


def other_bytes(last: Event, release: Release) -> str:
    """Return what is the matter with a pin that names another digest than its release has; nothing of one that does not."""
    if last.sha256 == release.sha256:
        return ""
    place = manifests.pin_place(last.environment, last.model)
    return f"{place}: names other bytes than {release.tag} has, of SHA-256 {last.sha256}; no deploy takes them"


def links(found: Descent, beside: Beside) -> Iterator[Row]:
    """Yield the chain as rows: what, what is known of it, and where from."""
    last, it = found.last, found.it
    yield "pin", f"{last.kind} {phrases.when(last)}, {phrases.commit(last.moment)}", GIT
    if last.reason:
        yield "override", f"moved in a freeze: {freezing.told(last.reason)}", GIT
    yield from _behind(found.pinned, last.moment, beside)
    yield "before", _before(found), GIT
    if it is None:
        yield "release", "is no release of main", GIT
        return
    yield "release", f"{it.release.tag}, {phrases.event(it.released)}", f"{GIT}, tag"
    if it.withdrawn:
        yield "withdrawn", f"{phrases.event(it.withdrawn)}: {it.release.withdrawn}", f"{GIT}, tag"
    yield from _verdict(it)
    for _, words in phrases.changes(it.before, found.changes):
        yield "changed", words, GIT
    yield "brought by", phrases.commit(it.origin), GIT
    yield from _behind(found.made, it.origin, beside)
    for _, source in phrases.data(it.sources):
        yield "data", source, GIT if it.report is None else REPORT
    yield "made from", f"commit {it.release.commit}, fingerprint {it.release.fingerprint[:12]}", f"{GIT}, tag"
    for one in phrases.requirement(it.spec):
        yield "requirement", one["asked"], f"{it.spec.file}:{one['line']}"
    if not known.told(it.spec):
        yield "requirement", phrases.UNREADABLE, GIT


def _behind(merged: Merged | None, moment: Moment, beside: Beside) -> Iterator[Row]:
    """Yield who stands behind a commit."""
    source = GITHUB if beside.is_asked else GIT
    yield "pull request", phrases.pull(merged, moment.pull, beside.is_asked), source
    yield "approved by", phrases.approved(merged, beside.is_asked), GITHUB if beside.is_asked else "-"


def _before(found: Descent) -> str:
    if found.before is None:
        return "nothing was pinned here"
    return (
        f"{found.before.version}, pinned from {phrases.when(found.before.since)} to {phrases.when(found.before.until)}"
    )


def _verdict(it: Known) -> Iterator[Row]:
    if it.report is None:
        figures = "; ".join(f"{name} {value}" for name, value in reached.lines(it))
        yield "verdict", f"{it.release.verdict}: {figures}", f"{GIT}, tag"
        return
    seen = summary.summarize(it.report)
    yield "verdict", seen.headline, REPORT
    for row in seen.rows:
        figure = f"{row.new} ({row.bounds})" if row.bounds else row.new
        yield "verdict", f"{row.mark} {row.metric} {figure}, asked: {', '.join(row.asked) or '-'}", REPORT


def document(found: Descent, beside: Beside) -> dict:
    """Return the chain as documents have it."""
    last, it = found.last, found.it
    return {
        "model": last.model,
        "environment": last.environment,
        "version": found.stay and found.stay.version,
        "pin": wording.document(last),
        "is_github_asked": beside.is_asked,
        "pull": found.pinned and found.pinned._asdict(),
        "before": found.before and portrait.stay(found.before),
        "fault": found.fault or None,
        "release": portrait.of_version(it, found.changes, found.made, beside) if it else None,
    }
