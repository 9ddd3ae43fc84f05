"""For how long GitHub wants to be left alone, from the headers and words of an answer that says no."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

LONGEST = 365 * 24 * 3600  # seconds; more is a mistake, and no date of this calendar for long
SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)
LIMITED = ("rate limit", "abuse detection")  # the second is an Enterprise server's word for it


def clock(headers: Mapping[str, str], now: float) -> float:
    """Return the server's time, against which its other times hold; `now` where it tells none that can be true."""
    found = _moment(headers.get("Date", ""))
    return now if found is None or abs(found - now) > LONGEST else found


def wait(status: int, headers: Mapping[str, str], said: str, now: float) -> float | None:
    """Return the seconds that a server asks for, None where it asks for none; `now` is its time."""
    if status not in (403, 429) and status < 500:
        return None
    named = _named(headers.get("Retry-After", ""), now)
    if named is None and status < 500:
        named = _limited(status, headers, said, now)
    return None if named is None else min(named, LONGEST)


def until(wait: float, now: float) -> str:
    """Return when a wait ends, with the date where that is not today."""
    start, end = datetime.fromtimestamp(now, UTC), datetime.fromtimestamp(now + wait, UTC)
    return end.strftime("%H:%M:%S UTC" if end.date() == start.date() else "%Y-%m-%d %H:%M:%S UTC")


def _named(text: str, now: float) -> float | None:
    """Read a Retry-After: seconds, or a date."""
    if SECONDS.fullmatch(text):
        return float(text)
    end = _moment(text)
    return None if end is None else max(0.0, end - now)


def _limited(status: int, headers: Mapping[str, str], said: str, now: float) -> float | None:
    """Return how long it takes until the count of calls starts anew; a limit that names no time holds for a minute."""
    reset = headers.get("X-RateLimit-Reset", "")
    if headers.get("X-RateLimit-Remaining") == "0" and SECONDS.fullmatch(reset):
        return max(0.0, float(reset) - now) + 1
    return 60.0 if status == 429 or any(word in said.lower() for word in LIMITED) else None


def _moment(text: str) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        found = parsedate_to_datetime(text)
        return found.replace(tzinfo=found.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None
