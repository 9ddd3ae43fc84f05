"""The moment that `--at` asks for: a time, or a commit of main."""

import re
import time
from argparse import ArgumentParser
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from registry import git
from registry.chronicle.passage import Passage
from registry.errors import one_line, refuse

OPTION = "--at"
DAY = 24 * 3600
LAST = 253_402_300_799  # the last second that has a year of four digits
DATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
WHAT = "a date (2026-03-03, which means its end), a time (2026-03-03T14:00, of UTC unless it says +01:00), or a commit"
HOW = f"write {WHAT}"


class Instant(NamedTuple):
    """Where main was then, as a place in its passage, and the last second that counts, if any but the next commit ends it."""

    place: int
    second: int | None


def add_option(parser: ArgumentParser) -> None:
    """Add `--at`."""
    parser.add_argument(OPTION, metavar="TIME|COMMIT", help=f"as it was then: {WHAT} of main")


def find(passage: Passage, asked: str | None) -> Instant:
    """Return the moment that was asked for, now by default; raise RegistryError where main knows none such."""
    last = len(passage.moments) - 1
    if asked is None:
        return Instant(last, None)
    if not passage.moments:
        raise refuse(OPTION, "nothing is committed on main yet; leave it out")
    if DATED.match(asked):
        return _at_time(passage, asked)
    return Instant(_at_commit(passage, asked), None)


def stamp(second: int) -> str:
    """Return a time as documents have it: 2026-03-03T14:00:00Z."""
    number, rest = divmod(min(second, LAST), DAY)
    return f"{_day(number)}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}Z"


@cache
def _day(number: int) -> str:
    """Return a day by its number since 1970."""
    return datetime.fromtimestamp(number * DAY, UTC).date().isoformat()


def _at_time(passage: Passage, asked: str) -> Instant:
    first, second = _seconds(asked)
    now = int(time.time())
    if first > now:
        raise refuse(OPTION, f"{one_line(asked)} is still to come; name a time that has been")
    if second >= now:
        return Instant(len(passage.moments) - 1, None)
    if (place := passage.by(second)) < 0:
        begun = passage.moments[0]
        told = f"main begins at {stamp(begun.time)} with {begun.commit[:12]}"
        raise refuse(OPTION, f"{one_line(asked)} is before the first commit: {told}; name a later time")
    return Instant(place, second)


def _seconds(asked: str) -> tuple[int, int]:
    """Return the first and the last second of a day, or one second twice."""
    try:
        found = datetime.fromisoformat(asked)
    except ValueError as error:
        raise refuse(OPTION, f"{one_line(asked)} is no time; {HOW}") from error
    second = int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    return second, second + (DAY - 1 if DATED.fullmatch(asked) else 0)


def _at_commit(passage: Passage, asked: str) -> int:
    commit = git.resolve(passage.root, asked)
    if commit is None:
        if git.is_ambiguous(passage.root, asked):
            raise refuse(OPTION, f"{asked} is how several commits begin; write more of the one that you mean")
        raise refuse(OPTION, f"{one_line(asked)} is neither a commit here nor a time; {HOW}")
    place = passage.arrivals([commit]).get(commit)
    if place is None:
        raise refuse(OPTION, f"{one_line(asked)} ({commit[:12]}) never reached main; name a commit of main, or a time")
    return place
