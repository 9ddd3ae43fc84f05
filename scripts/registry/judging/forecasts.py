"""Which limits so many held-out rows can't decide, told before anything is trained: from the last report. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from registry.evidence import claims, intervals
from registry.evidence.claims import is_number
from registry.formats.markdown import number
from registry.judging import comparisons
from registry.judging.questions import Place
from registry.judging.subjects import Subject, Threshold
from registry.specs import thresholds as asking
from registry.tasks import measures


@dataclass(frozen=True)
class Forecast:
    """A limit that the held-out rows can't decide: where it stands in the spec, and what would."""

    place: Place
    text: str


def undecided(report: Mapping, thresholds: Mapping, task: str) -> list[Forecast]:
    """Return the limits that rows like those of a report would leave undecided for a version like its own.

    Of `max_drop` that is a version as good as the one before, of the others one that reaches the same value. Nothing is
    known of older reports.
    """
    if "evidence" not in report:
        return []
    found = []
    for place, metric, one in asking.each(thresholds):
        threshold = Threshold(report, task, place, metric, one)
        if metric not in measures.COSTS and not threshold.is_by_estimate and "folds" not in one:
            found += [Forecast((*place, kind), text) for kind, text in _each(threshold)]
    return found


def _each(threshold: Threshold) -> Iterator[tuple[str, str]]:
    for kind in ("min", "max"):
        if kind in threshold.asked:
            told = [_reach(threshold, one, threshold.asked[kind]) for one in threshold.subjects()]
            yield from ((kind, text) for text in list(filter(None, told))[:1])
    if comparisons.KIND in threshold.asked:
        told = [_drop(threshold, one, threshold.asked[comparisons.KIND]) for one in threshold.subjects()]
        yield from ((comparisons.KIND, text) for text in list(filter(None, told))[:1])


def _reach(threshold: Threshold, subject: Subject, limit: float) -> str | None:
    """Say how many rows it takes to tell a value like this from a limit, where these are too few."""
    evidence = subject.evidence
    if not evidence or "rows" not in evidence or not is_number(subject.value):
        return None
    rows = measures.reachable(threshold.metric, claims.needed(evidence, subject.value, abs(subject.value - limit)))
    if rows is not None and rows <= evidence["rows"]:
        return None
    shown = number(subject.value, limit, digits=measures.digits(threshold.metric))
    takes = f"no number of {threshold.units}" if rows is None else f"about {rows:,} {threshold.units}"
    return f"{subject.name} like the last one, {shown}, is told from {limit:g} by {takes}, and there are {evidence['rows']:,}"


def _drop(threshold: Threshold, subject: Subject, limit: float) -> str | None:
    """Say how many rows it takes to tell a version as good as the last from one that is so much worse."""
    evidence = _difference(threshold, subject)
    if evidence is None:
        return None
    rows = measures.reachable(threshold.metric, claims.needed(evidence, 0, limit))
    if rows is not None and rows <= evidence["rows"]:
        return None
    sees = 2 * intervals.z(claims.POWER) * intervals.error(evidence, 0)
    units = threshold.units
    takes = f"is told by no number of {units}" if rows is None else f"needs about {rows:,} {units}"
    drops = f"{number(sees * 100, digits=2)} points" if threshold.metric in measures.SHARES else number(sees, digits=2)
    return f"{limit:g} {takes}; these {evidence['rows']:,} can see drops of {drops} in {subject.name}"


def _difference(threshold: Threshold, subject: Subject) -> Mapping | None:
    """Return evidence of a difference from the incumbent; of a share without one, as if both erred independently."""
    evidence = (subject.incumbent or {}).get("evidence", {}).get(threshold.metric)
    if evidence is None and subject.evidence and subject.evidence["kind"] == "share":
        count, rows = subject.evidence["count"], subject.evidence["rows"]
        apart = round(count * (rows - count) / rows)
        return {"kind": "paired", "better": apart, "worse": apart, "rows": rows}
    return evidence if evidence and "rows" in evidence else None
