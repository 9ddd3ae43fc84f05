"""What a server counted of a version: figures, and how they grew from one look to the next. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

Buckets = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Figures:
    """What a server counted of a version since it started; None is what it does not tell.

    `failed` are requests answered with 500 and above, `refused` those with 400 to 499; `buckets` how many took at most so
    many seconds, sorted, the last of any time. Of `compared` copies of requests `differing` were answered otherwise than
    by the settled version, each by the share of its rows. `is_apart` is false where all versions are counted together.
    """

    requests: float | None = None
    failed: float | None = None
    refused: float | None = None
    buckets: Buckets = ()
    compared: float | None = None
    differing: float | None = None
    is_apart: bool = True


NOTHING = Figures(0, 0, 0, (), 0, 0)


@dataclass(frozen=True)
class Tally:
    """How much figures grew since the first look at them, and what they were at the last one."""

    last: Figures
    total: Figures = NOTHING

    def looked(self, now: Figures) -> "Tally":
        """Return what is known after another look."""
        return Tally(now, _added(self.total, _growth(self.last, now)))


def of(document: Mapping) -> Tally:
    """Return a tally out of what `dataclasses.asdict` made of it, JSON in between; raise one of several errors for others."""
    return Tally(*(_figures(document[one.name]) for one in fields(Tally)))


def _figures(document: Mapping) -> Figures:
    numbers = {name: None if document[name] is None else float(document[name]) for name in NAMES}
    buckets = tuple((float(edge), float(count)) for edge, count in document["buckets"])
    return Figures(**numbers, buckets=buckets, is_apart=document["is_apart"] is True)


def _growth(before: Figures, now: Figures) -> Figures:
    """Return by how much figures grew. Where one went back the server was started again, and counts from nothing."""
    found = _each(lambda old, new: new - old, before, now)
    went_back = any(one < 0 for one in (*_numbers(found), *(count for _, count in found.buckets)))
    return now if went_back else found


def _added(one: Figures, other: Figures) -> Figures:
    return _each(lambda old, new: old + new, one, other)


def _each(combine, one: Figures, other: Figures) -> Figures:
    """Return both sides' numbers, combined; what the second does not tell stays unknown."""
    numbers = {name: _combined(combine, getattr(one, name), getattr(other, name)) for name in NAMES}
    known = dict(one.buckets)
    buckets = tuple((edge, combine(known.get(edge, 0), count)) for edge, count in other.buckets)
    return Figures(**numbers, buckets=buckets, is_apart=other.is_apart)


def _combined(combine, one: float | None, other: float | None) -> float | None:
    return None if other is None else combine(one or 0, other)


def _numbers(figures: Figures) -> list[float]:
    return [value for name in NAMES if (value := getattr(figures, name)) is not None]


NAMES = [one.name for one in fields(Figures) if one.name not in ("buckets", "is_apart")]
