"""Events as people read them, a row each, and as documents for programs."""

import shlex
from functools import cache

from registry.chronicle import instant
from registry.chronicle.events import Event, Moment, Person
from registry.chronicle.record import Chronicle
from registry.errors import one_line

HEADS = ("when (UTC)", "model", "what", "where", "by", "commit", "pull request")
ABOUT = tuple(field for field in Event._fields if field != "moment")
SHORT = 12  # digits of a commit
LONGEST = {"who": 30, "why": 60}  # characters


def row(event: Event) -> tuple[str, ...]:
    """Return an event as the cells of a table below `HEADS`; what a stranger wrote stays in its cell."""
    moment = event.moment
    pull = f"#{moment.pull}" if moment.pull else "-"
    return (
        minute(moment.time),
        event.model,
        what(event),
        event.environment or "-",
        who(moment.person),
        short(moment),
        pull,
    )


def sentence(event: Event) -> str:
    """Return an event as a sentence, for where a row has no room."""
    place = f" in {event.environment}" if event.environment else ""
    pull = f", #{event.moment.pull}" if event.moment.pull else ""
    return f"{minute(event.moment.time)} UTC {event.model} {what(event)}{place} by {author(event.moment)}{pull}"


def author(moment: Moment) -> str:
    """Return by whom and with which commit something happened: `Anna, 9c1ef0a3b2d4`."""
    return f"{who(moment.person)}, {short(moment)}"


def minute(second: int) -> str:
    """Return a time of UTC to the minute: 2026-03-03 14:00."""
    return instant.stamp(second)[:16].replace("T", " ")


def what(event: Event) -> str:
    """Return what happened to which version: `moved 1.0.0 → 1.1.0`."""
    override = "override: " if event.reason and event.kind != "withdrawn" else ""
    why = f": {override}{one_line(event.reason, LONGEST['why'])}" if event.reason else ""
    if event.before == event.version:
        return f"{event.kind} {event.version} to other bytes{why}"
    from_before = f"{event.before} → " if event.before else ""
    return f"{event.kind} {from_before}{event.version}{why}"


def who(person: Person) -> str:
    """Return somebody's name, or their address where they have none."""
    return one_line(person.name or person.email, LONGEST["who"]) or "somebody unknown"


def short(moment: Moment) -> str:
    """Return the beginning of a commit's name, as people quote it."""
    return moment.commit[:SHORT]


def document(event: Event) -> dict:
    """Return an event as a document of the schema `history` has it."""
    return moment_document(event.moment) | dict(zip(ABOUT, event[:1] + event[2:], strict=True))


def moment_document(moment: Moment) -> dict:
    """Return a moment as documents have it."""
    return {
        "time": instant.stamp(moment.time),
        "person": _person(moment.person),
        "commit": moment.commit,
        "subject": moment.subject,
        "pull": moment.pull,
        "reverts": moment.reverts,
    }


@cache
def _person(person: Person) -> dict[str, str]:
    return person._asdict()


def asked(chronicle: Chronicle) -> dict | None:
    """Return the moment that was asked for as a document; None for now."""
    return chronicle.at and moment_document(chronicle.at)


def command(verb: str, *words: str, at: str | None) -> str:
    """Return what to paste to be told more, of the same moment."""
    return f"`tox run -e {verb} -- {shlex.join([*words, *([instant.OPTION, at] if at else [])])}`"


def then(chronicle: Chronicle, asked: str) -> str:
    """Return what a page of a moment that was asked for begins with."""
    at = chronicle.at
    return f"as of {one_line(asked)}, when main was at {short(at)}, of {minute(at.time)} UTC"
