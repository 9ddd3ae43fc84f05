"""What an environment asks of a version on its way: how long, how well, by whose leave. Pure."""

import re
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping
from dataclasses import dataclass

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
WITHIN, ERRORS, DISAGREEMENT = "2m", "1%", "2%"


@dataclass(frozen=True)
class Limits:
    """The most that may fail (a share), that 99 of 100 requests may take (milliseconds), that may differ (a share)."""

    errors: float | None = None
    p99_ms: float | None = None
    disagreement: float | None = None


@dataclass(frozen=True)
class Health:
    """Within how many seconds a version must answer, for how many it is watched then, and where figures are read."""

    within: int
    watch: int
    limits: Limits
    metrics: str | None


@dataclass(frozen=True)
class Rollout:
    """On which share of the requests a version is tried, for how many seconds; on none it answers copies of all."""

    share: float
    seconds: int
    limits: Limits


@dataclass(frozen=True)
class Approvals:
    """How many people must approve a promotion, and which may: names and @org/teams, all where there are none."""

    count: int
    people: tuple[str, ...]


def seconds(text: str) -> int:
    """Return how many seconds 90s, 30m, 24h or 7d are."""
    return int(text[:-1]) * UNITS[text[-1]]


def option(units: str, advice: str, least: int = 0) -> Callable[[str], int]:
    """Return what reads an option that is a time in one of some units, such as 45m, as seconds."""
    pattern = re.compile(rf"[0-9]{{1,5}}[{units}]")

    def read(text: str) -> int:
        if not pattern.fullmatch(text) or seconds(text) < least:
            raise ArgumentTypeError(f"{text} is no time; write {advice}")
        return seconds(text)

    return read


def fraction(text: str) -> float:
    """Return a share such as 2.5% as a number from 0 to 1."""
    return float(text[:-1]) / 100


def health(written: Mapping) -> Health:
    """Return what the section `health` says, its defaults filled in."""
    watch = seconds(written["watch"]) if "watch" in written else 0
    asked = {"errors": ERRORS} | written if watch and "p99_ms" not in written else written
    return Health(seconds(written.get("within", WITHIN)), watch, limits(asked), written.get("metrics"))


def rollout(written: Mapping) -> Rollout:
    """Return what the section `rollout` says, its defaults filled in."""
    is_shadow = bool(written.get("shadow"))
    usual = {"disagreement": DISAGREEMENT} if is_shadow else {"errors": ERRORS}
    share = 0.0 if is_shadow else fraction(written["canary"])
    return Rollout(share, seconds(written["for"]), limits(written.get("abort", usual)))


def limits(written: Mapping) -> Limits:
    """Return the limits in a section."""
    shares = (fraction(written[name]) if name in written else None for name in ("errors", "disagreement"))
    errors, disagreement = shares
    return Limits(errors, written.get("p99_ms"), disagreement)


def approvals(written: Mapping) -> Approvals:
    """Return what the section `approvals` says."""
    return Approvals(written["count"], tuple(written.get("from", ())))
