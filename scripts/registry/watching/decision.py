"""Whether a version that is tried does well: what follows for it from what a server counted. Pure.

While it is tried it is looked at any number of times, so it is put back only where that is sure for all looks together;
at the end the gate's verdicts are passed on it. `cannot tell` is never a pass, but for one that answers everything anyway:
a service that few ask could never have another version.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from registry.environments.reconcile import Trial
from registry.environments.terms import Health, Limits, Rollout
from registry.evidence import claims, intervals
from registry.evidence.claims import CANNOT_TELL, FAIL, PASS, Claim
from registry.formats.markdown import duration
from registry.watching.tally import Figures

WAIT, WIDEN, SETTLE, ABORT = "wait", "widen", "settle", "abort"
SLOW = 0.01  # of the requests may take longer than what 99 of 100 take
LEVEL = intervals.LEVEL / 2  # looks go on after the first that may pass: with 1.96 in place of 1.64 for all of them
WORSE = (2, 4, 8)  # times the odds at the limit


@dataclass(frozen=True)
class Step:
    """What to do with a version that is tried, and why."""

    does: str
    told: str


@dataclass(frozen=True)
class Asked:
    """That of some requests no larger share is beyond a limit: how many are, surely and at most, of how many.

    What is only guarded against need not be shown.
    """

    what: str
    limit: float
    least: float
    most: float
    rows: float
    told: str
    is_guard: bool = False

    def claim(self, count: float) -> Claim:
        """Return the claim, of so many beyond the limit."""
        evidence = {"kind": "share", "count": count, "rows": self.rows}
        return Claim(count / self.rows, self.limit, False, evidence, LEVEL)

    @property
    def needed(self) -> float | None:
        """How many requests would tell, if as many of them stay beyond the limit: Wilson's interval, solved for rows."""
        share = self.most / self.rows if self.rows else 0.0
        far = abs(self.limit - share)
        if not far or (self.rows and self.least / self.rows <= self.limit < share):
            return None
        return claims.rounded_up(intervals.z(LEVEL) ** 2 * self.limit * (1 - self.limit) / far**2)


def decide(
    trial: Trial, spent: float, rollout: Rollout | None, health: Health, found: Figures | None, settled: Figures | None
) -> Step:
    """Return what is to be done with a version that is tried for so many seconds.

    `found` is what was counted of it since it began, `settled` what ever was of the settled version; None where that could
    not be read. Between `for` and twice that it goes on where nothing can be told, and is put back then.
    """
    seconds, limits = terms(trial, rollout, health)
    asked = list(_asked(limits, found, settled))
    told = f"{trial}, for {duration(spent)} of {duration(seconds)}: {_figures(asked, found)}"
    if over := [one for one in asked if _is_exceeded(one, len(asked))]:
        return Step(ABORT, _exceeded(over))
    if spent < seconds:
        return Step(WAIT, told)
    results = list(zip(asked, verdicts(asked), strict=True))
    if over := [one for one, verdict in results if verdict == FAIL]:
        return Step(ABORT, _exceeded(over))
    unknown = [one for one, verdict in results if verdict == CANNOT_TELL]
    if not unknown or (trial.share == 1 and found):
        return Step(WIDEN if trial.share < 1 and health.watch else SETTLE, told)
    doubt = "; ".join(map(_doubt, unknown)) if found else "nothing could be read of it"
    if trial.share == 1 or spent >= 2 * seconds:
        return Step(ABORT, f"cannot tell after {duration(spent)}: {doubt}")
    return Step(WAIT, f"{told}; cannot tell yet: {doubt}")


def terms(trial: Trial, rollout: Rollout | None, health: Health) -> tuple[int, Limits]:
    """Return for how many seconds a version is tried as it is now, and within which limits; in the shadow the comparison
    alone counts. Where nothing says any more that it is tried, it has been for long enough."""
    if trial.share == 1:
        return health.watch, health.limits if health.watch else Limits()
    if rollout is None:
        return 0, Limits()
    return rollout.seconds, Limits(disagreement=rollout.limits.disagreement) if trial.share == 0 else rollout.limits


def verdicts(asked: Sequence[Asked]) -> list[str]:
    """Return what can be told of each limit, as the gate does: that it is kept, is not, or neither."""
    known = [one for one in asked if one.rows]
    found = dict(zip(map(id, known), claims.verdicts([one.claim(one.least) for one in known]), strict=True))
    return [_verdict(one, found.get(id(one), CANNOT_TELL)) for one in asked]


def _verdict(one: Asked, verdict: str) -> str:
    if verdict == FAIL:
        return FAIL
    return PASS if one.is_guard or (verdict == PASS and one.claim(one.most).is_sure) else CANNOT_TELL


def _is_exceeded(one: Asked, of: int) -> bool:
    """Say whether a limit is surely exceeded, however often that is asked, and with so many limits, at LEVEL together.

    The likelihood of shares beyond the limit, against that of the limit, is with a chance of one in so many ever so many
    times as large where the limit is kept: J. Ville, Étude critique de la notion de collectif (1939); H. Robbins,
    Statistical methods related to the law of the iterated logarithm, Annals of Mathematical Statistics 41 (1970).
    """
    if not 0 < one.limit < 1:
        return one.least > one.rows * one.limit
    return sum(_likelihood(one, times) for times in WORSE) / len(WORSE) >= of / intervals.LEVEL


def _likelihood(one: Asked, times: float) -> float:
    odds = times * one.limit / (1 - one.limit)
    worse = odds / (1 + odds)
    found = one.least * math.log(worse / one.limit) + (one.rows - one.least) * math.log((1 - worse) / (1 - one.limit))
    return math.exp(min(found, 500))


def _asked(limits: Limits, found: Figures | None, settled: Figures | None) -> Iterator[Asked]:
    known = found or Figures()
    if limits.errors is not None:
        yield _share("errors", limits.errors, known.failed, known.requests, "failed")
        yield from _refused(limits.errors, known, settled)
    if limits.p99_ms is not None:
        yield _slow(limits.p99_ms, known)
    if limits.disagreement is not None:
        yield _share("disagreement", limits.disagreement, known.differing, known.compared, "were answered otherwise")


def _share(what: str, limit: float, count: float | None, rows: float | None, verb: str, **more: bool) -> Asked:
    count, rows = (0, 0) if count is None or rows is None else (count, rows)
    return Asked(what, limit, count, count, rows, f"{_percent(count, rows)}{verb}; {limit * 100:.3g}% may", **more)


def _refused(limit: float, found: Figures, settled: Figures | None) -> Iterator[Asked]:
    """Clients err with every version, so what a version refuses is held against what the settled one does."""
    if not (found.requests and settled and settled.requests):
        return
    evidence = {"kind": "share", "count": settled.refused, "rows": settled.requests}
    _, usual = intervals.bounds(evidence, settled.refused / settled.requests)
    if limit + usual < 1:
        yield _share("errors", limit + usual, found.refused, found.requests, "were refused", is_guard=True)


def _slow(limit: float, found: Figures) -> Asked:
    """A limit between two buckets is surely exceeded by what is beyond the upper, and surely kept by what is in the lower."""
    buckets = found.buckets or ((math.inf, 0),)
    total = buckets[-1][1]
    above = min((count for edge, count in buckets if edge * 1000 >= limit), default=total)
    below = max((count for edge, count in buckets if edge * 1000 <= limit), default=0)
    told = f"{_percent(total - below, total)}took longer than {limit:g} ms; 1% may"
    return Asked("p99_ms", SLOW, total - above, total - below, total, told)


def _percent(count: float, rows: float) -> str:
    return f"{count / rows * 100:.3g}% of {rows:,.0f} requests " if rows else "no request "


def _figures(asked: Sequence[Asked], found: Figures | None) -> str:
    together = [] if found is None or found.is_apart else ["its server counts all versions together"]
    return ", ".join([*(one.told.partition(";")[0] for one in asked), *together]) or "nothing is asked of it"


def _exceeded(over: Sequence[Asked]) -> str:
    return "; ".join(f"{one.what}: {one.told}" for one in over)


def _doubt(one: Asked) -> str:
    if one.needed is None:
        return f"{one.what}: {one.told}, and no number of requests tells"
    return f"{one.what}: {one.told}, and about {one.needed:,.0f} requests would tell"
