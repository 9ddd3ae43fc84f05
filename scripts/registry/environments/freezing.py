"""Freeze windows: when no version may go forward in an environment, and until when.

A window lasts from its first to its last moment by its zone's clock. Where that clock shows a time twice, or never, the
longer window counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from functools import cache
from heapq import merge
from itertools import count, islice
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from registry.errors import Problem, did_you_mean, one_line
from registry.formats.reader import Document

FIELD = "freeze"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK = timedelta(days=7)
ENDLESS = 60 * WEEK  # for as long as that a clock that is put forward, or back, leaves no moment free either
MOST = 10_000  # times that windows last, which are looked at: more than as many windows as there may be have in ENDLESS
LONGEST = 200  # characters of a reason

Window = Mapping[str, str]  # from and to, or weekly; zone, reason


class Freeze(NamedTuple):
    """Windows that follow upon each other without a gap: until when, as the last of them has it, and why."""

    until: datetime
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"frozen until {self.until:%Y-%m-%d %H:%M} {self.until.tzinfo} ({'; '.join(map(told, self.reasons))})"


class _Span(NamedTuple):
    """From when to when a window lasts once, in UTC, and its end by its zone's clock."""

    start: datetime
    end: datetime
    until: datetime
    reason: str


def find(windows: Sequence[Window], now: float) -> Freeze | None:
    """Return the freeze that a moment, in seconds, lies in, or None."""
    moment, until, reasons = datetime.fromtimestamp(now, UTC), None, {}
    spans = islice(merge(*(_spans(one, moment) for one in windows), key=attrgetter("start")), MOST)
    last, ahead = None, next(spans, None)
    while True:
        while ahead and ahead.start <= moment:
            last, ahead = max(last or ahead, ahead, key=attrgetter("end")), next(spans, None)
        if last is None or last.end <= moment:
            return Freeze(until, tuple(reasons)) if until else None
        moment, until, reasons[last.reason] = last.end, last.until, None


def told(reason: str) -> str:
    """Return a reason, which somebody wrote, on one line."""
    return one_line(reason, LONGEST)


def notes(name: str, windows: Sequence[Window], overrides: Mapping[str, str], now: float) -> list[str]:
    """Return what to know of an environment: that it is frozen, and why models are moved there all the same."""
    freeze = find(windows, now)
    moved = [
        f"{model} may move there in a freeze: {told(reason)}" for model, reason in sorted(overrides.items()) if reason
    ]
    return [*([f"{name} is {freeze}"] if freeze else []), *moved]


def stamp(moment: datetime) -> str:
    """Return a time as documents have it: 2026-12-20T00:00:00Z."""
    return f"{moment.astimezone(UTC).isoformat()[:19]}Z"


def _spans(window: Window, moment: datetime) -> Iterator[_Span]:
    """Yield when a window lasts that may hold a moment, or any later one: in order, and those of a week for ever."""
    zone = ZoneInfo(window.get("zone", "UTC"))
    if "weekly" not in window:
        yield _span(
            datetime.fromisoformat(window["from"]), datetime.fromisoformat(window["to"]), zone, window["reason"]
        )
        return
    day, begin, length = _week(window["weekly"])
    today = moment.astimezone(zone).date()
    start = datetime.combine(today - timedelta((today.weekday() - day) % 7) - WEEK, begin)
    for weeks in count():
        yield _span(start + weeks * WEEK, start + weeks * WEEK + length, zone, window["reason"])


def _span(start: datetime, end: datetime, zone: ZoneInfo, reason: str) -> _Span:
    """Return a span by a zone's clock, in the longer of the ways in which it can be read."""
    starts, ends = ([one.replace(tzinfo=zone, fold=fold) for fold in (0, 1)] for one in (start, end))
    until = max(ends, key=datetime.timestamp)
    return _Span(min(starts, key=datetime.timestamp).astimezone(UTC), until.astimezone(UTC), until, reason)


def _week(text: str) -> tuple[int, time, timedelta]:
    """Return the day and the time at which a weekly window begins, and for how long it lasts by the clock."""
    (day, begin), (last, end) = (one.split() for one in text.split(" - "))
    start, stop = (
        datetime.combine(date(2024, 1, 1 + DAYS.index(name)), time.fromisoformat(clock))
        for name, clock in ((day, begin), (last, end))
    )
    return start.weekday(), start.time(), stop - start if stop > start else stop - start + WEEK


def problems(document: Document, now: float) -> list[Problem]:
    """Return what the schema can't say of an environment's windows; `now` is from when on they must end some time."""
    windows = document.data.get(FIELD, [])
    found = [
        document.problem(text, FIELD, place, *at) for place, one in enumerate(windows) for at, text in _faults(one)
    ]
    weekly = [one for one in windows if "weekly" in one]
    freeze = None if found else find(weekly, now)
    if freeze and freeze.until.timestamp() - now >= ENDLESS.total_seconds():
        text = "never ends: its weekly windows leave no moment free; make one shorter"
        found.append(document.problem(text, FIELD, windows.index(weekly[0]), "weekly"))
    return found


def _faults(window: Window) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what is wrong with a window, each after the field where that stands."""
    if (zone := window.get("zone", "UTC")) not in zones():
        yield ("zone",), f"{zone} is no time zone; {did_you_mean(zone, zones())}"
    there = [name for name in ("from", "to") if name in window]
    if "weekly" in window:
        if there:
            yield (there[0],), "goes with no weekly; write from and to, or weekly, in windows of their own"
    elif len(there) < 2:
        yield (), "must have both from and to, or weekly; write one of them"
    else:
        yield from _order(window)


def _order(window: Window) -> Iterator[tuple[tuple[str, ...], str]]:
    times = {name: _time(window[name]) for name in ("from", "to")}
    for name in (name for name, found in times.items() if found is None):
        yield (name,), f"{window[name]} is no time that there is; write one such as 2026-12-20T00:00"
    if None not in times.values() and times["to"] <= times["from"]:
        yield ("to",), f"{window['to']} is not after {window['from']}, so it ends before it begins; write a later time"


def _time(text: str) -> datetime | None:
    """Return a time that every zone has, which those of the first and the last year are not."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if MINYEAR < found.year < MAXYEAR else None


@cache
def zones() -> set[str]:
    """Return the time zones that are known here."""
    return available_timezones()
