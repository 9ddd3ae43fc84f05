"""Lanes: which version was pinned where from when to when. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from registry.chronicle.events import Event


class Stay(NamedTuple):
    """A version pinned in an environment: the event that brought it, and the one that ended it, None while it stands."""

    environment: str
    model: str
    version: str
    sha256: str
    since: Event
    until: Event | None


def stays(events: Iterable[Event]) -> list[Stay]:
    """Return the stays that events tell of, in the order in which they began."""
    found: list[Stay] = []
    here: dict[tuple[str, str], int] = {}
    for event in events:
        if event.environment is None:
            continue
        lane = event.environment, event.model
        if lane in here:
            at = here.pop(lane)
            found[at] = found[at]._replace(until=event)
        if event.kind != "removed":
            here[lane] = len(found)
            found.append(Stay(*lane, event.version, event.sha256, event, None))
    return found
