"""Versions that have to run longer where they are before they may go on. Pure."""

from collections.abc import Iterable

from registry.chronicle.record import Chronicle
from registry.environments.manifests import RELEASES, Environment


def until(chronicle: Chronicle, places: Iterable[Environment], now: float) -> dict[tuple[str, str], int]:
    """Return, by environment and model, until when in seconds a pin soaks there for another environment.

    What that one pinned before may always come back to it, and does not soak.
    """
    before = {(stay.environment, stay.model, stay.version) for stay in chronicle.stays}
    found: dict[tuple[str, str], int] = {}
    for place in places:
        for (source, model), stay in chronicle.pinned.items() if place.soak else ():
            end = min(stay.since.moment.time, int(now)) + place.soak
            if source == place.takes_from != RELEASES and end > now and (place.name, model, stay.version) not in before:
                found[source, model] = max(end, found.get((source, model), 0))
    return found
