"""From pins as files to events: what was pinned, moved, rolled back and removed. Pure."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

from registry import versions
from registry.chronicle.events import Event, Kind, Moment
from registry.environments import manifests
from registry.environments.standing import Lane, Pinned

NAME = versions.NAME.pattern
PLACE = re.compile(rf"{manifests.FOLDER}/({NAME})(?:/({NAME}))?\.yaml")


class Found(NamedTuple):
    """What a pin names, and why it moved in a freeze, if it did."""

    pinned: Pinned
    override: str | None


class Write(NamedTuple):
    """A file below the environments' folder as a commit of main left it; None where it is no file any more."""

    moment: Moment
    path: str
    content: bytes | None


def events(
    writes: Iterable[Write], pinned: Mapping[Lane, Pinned] = MappingProxyType({}), environments: Collection[str] = ()
) -> Iterator[Event]:
    """Yield what became of pins, one commit of main after the other, in each by environment and model.

    A pin counts while its environment is there, and one that can't be read pins nothing. Before there was what is pinned,
    in these environments.
    """
    here = {lane: Found(one, None) for lane, one in pinned.items()}
    files, places = dict(here), {*environments}
    for moment, those in groupby(writes, lambda write: write.moment):
        touched: set[Lane] = set()
        for _, path, content in those:
            match steps(path):
                case [name]:
                    (places.discard if content is None else places.add)(name)
                    touched |= {lane for lane in files if lane[0] == name}
                case [place, model]:
                    _put(files, (place, model), _pinned(content))
                    touched.add((place, model))
        for lane in sorted(touched):
            old, new = here.get(lane), files.get(lane) if lane[0] in places else None
            _put(here, lane, new)
            if (old and old.pinned) != (new and new.pinned):
                yield _event(moment, lane, old, new)


def steps(path: str) -> list[str]:
    """Return the environment that a file describes, or the environment and model that it is the pin of, or nothing."""
    found = PLACE.fullmatch(path)
    return [name for name in found.groups() if name] if found and found[1] != manifests.RELEASES else []


@cache
def _pinned(content: bytes | None) -> Found | None:
    pin = manifests.past_pin("", content)
    return pin and Found(Pinned(pin.version, pin.sha256), pin.override or None)


def _put(those: dict[Lane, Found], lane: Lane, value: Found | None) -> None:
    if value is None:
        those.pop(lane, None)
    else:
        those[lane] = value


def _event(moment: Moment, lane: Lane, old: Found | None, new: Found | None) -> Event:
    place, model = lane
    (version, sha256), reason = (new or old).pinned, new and new.override
    before = old.pinned.version if old and new else None
    return Event(_kind(old, new), moment, model, version, place, before, sha256, reason)


def _kind(old: Found | None, new: Found | None) -> Kind:
    if old is None:
        return "pinned"
    if new is None:
        return "removed"
    is_back = versions.parse(new.pinned.version) < versions.parse(old.pinned.version)
    return "rolled back" if is_back else "moved"
