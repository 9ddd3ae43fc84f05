"""What must be so whatever is asked: rows enough and unknown to training, a baseline beaten, checks, a sound gate. Pure."""

from collections.abc import Iterator, Mapping
from functools import partial

from registry.evidence import claims, intervals
from registry.evidence.claims import CANNOT_TELL, FAIL, PASS, Claim
from registry.formats.markdown import decimals, fixed, number, one_line
from registry.judging import questions
from registry.judging.questions import Case, Judgement, Question
from registry.judging.subjects import FEWEST_ROWS
from registry.specs import sources
from registry.specs.thresholds import LEAKAGE, SHARED
from registry.tasks import measures

ALL = ("thresholds",)
BASELINE, CHECKS, PROOF = "baseline", "checks", "the gate itself"
LEAST = 1e-9  # of what a baseline reaches, or of 1: no better is not better


def rows(report: Mapping) -> Iterator[Judgement]:
    """Yield that there are held-out rows enough."""
    count, units = report["rows"]["holdout"], measures.units(report["task"])
    enough = count >= FEWEST_ROWS
    reason = f"{count} held-out {units}" + ("" if enough else f" are too few to judge; hold out {FEWEST_ROWS} or more")
    verdict = PASS if enough else CANNOT_TELL
    yield Judgement(
        ("data", "holdout"), f"held-out {units}", f"at least {FEWEST_ROWS}", count, verdict, reason, FEWEST_ROWS
    )


def known(report: Mapping, thresholds: Mapping) -> Iterator[Judgement]:
    """Yield limits for held-out rows that equal, or nearly equal, one to train with.

    None may be equal where the rows are a file of their own. A share has no limit but one that is written: its equal rows
    have different ids or groups, as data.py says.
    """
    is_apart = sources.is_apart(report.get("data", {}))
    if SHARED in thresholds or is_apart:
        place, limit = _limit(thresholds, SHARED) if SHARED in thresholds else (sources.HOLDOUT, 0)
        mend = "take them out of either file" if is_apart else "give equal rows the same group"
        mend = f"{mend}, or allow more by thresholds.{SHARED} where they are different cases"
        yield _known(report, place, "shared rows", limit, "equal", report["rows"].get("shared"), mend)
    if LEAKAGE in thresholds:
        mend = f"take them out, or allow more by thresholds.{LEAKAGE} where they are different cases"
        place, limit = _limit(thresholds, LEAKAGE)
        yield _known(report, place, "leakage", limit, "nearly equal", report["rows"].get("near"), mend)


def _limit(thresholds: Mapping, name: str) -> tuple[questions.Place, float]:
    return ("thresholds", name, "max"), thresholds[name]["max"]


def _known(
    report: Mapping, place: questions.Place, name: str, limit: float, how: str, count: int | None, mend: str
) -> Judgement:
    held_out, asked = report["rows"]["holdout"], f"at most {limit:g}"
    if count is None:
        of_others = ", which is told of pixels, and of rows of nothing but text: leave it out" * (name == LEAKAGE)
        reason = f"it is not known how many held-out rows {how} one to train with; it must be {asked}{of_others}"
        return Judgement(place, name, asked, None, CANNOT_TELL, reason, limit)
    share = count / held_out
    reason = f"{count:,} of {held_out:,} held-out rows {how} one to train with, which is {number(share, limit)}"
    reason = f"{reason}; it must be {asked}{f': {mend}' * (share > limit)}"
    return Judgement(place, name, asked, share, FAIL if share > limit else PASS, reason, limit)


def baseline(report: Mapping) -> Iterator[Question | Judgement]:
    """Yield that the candidate must be better than what takes no model, in one of the metrics that are asked.

    One is enough, so each is held to its part of the LEVEL that all of them together may miss (the inequality of
    C. E. Bonferroni, 1936).
    """
    known, measured = report.get("baseline") or {"metrics": {}}, measures.of_report(report)
    compared = {name for name, one in measured.items() if not one.is_innate and known["metrics"].get(name) is not None}
    those = [name for name in report["thresholds"] if name in compared] or sorted(compared)[:1]
    found = {}
    for name in those:
        evidence, new, old = known["evidence"].get(name), report["metrics"].get(name), known["metrics"][name]
        if evidence and claims.is_number(new):
            more_is_better = measured[name].more_is_better
            least = LEAST * (min(abs(old), 1) or 1)
            limit = least if more_is_better else -least
            level = intervals.LEVEL / len(those)
            found[name] = Claim(claims.rounded(new - old, limit), limit, more_is_better, evidence, level)
    if not found:
        reason = "nothing could be compared with a baseline, so it is not known whether a constant would do as well"
        yield Judgement(ALL, BASELINE, "better than a constant", None, CANNOT_TELL, reason)
        return
    best = max(found, key=lambda name: (found[name].is_sure, found[name].doubt, -found[name].badness))
    yield Question([Case(found[best], partial(_beaten, report, best, found[best]))])


def _beaten(report: Mapping, metric: str, claim: Claim, verdict: str) -> Judgement:
    known = report["baseline"]
    who = {
        "majority": f"always answering {one_line(known['answer'] or '')}",
        "mean": "always answering the same",
        "most popular": "listing the most popular",
        "random clusters": "clusters of the same sizes at random",
    }.get(known["kind"], "answering the last value, or always the same")
    new, old = report["metrics"][metric], known["metrics"][metric]
    low, high = claim.bounds
    places = decimals((high - low) / 2)
    reason = (
        f"{measures.titled(report, metric)} is {fixed(new, places)} against {fixed(old, places)} of {who}, a change of "
    )
    reason = f"{reason}{questions.value(claim, metric)}; it must be better"
    reason += questions.settling(claim, metric, measures.units(report["task"])) if verdict == CANNOT_TELL else ""
    return Judgement(
        ALL, BASELINE, f"better than {who}", new, verdict, reason, change=claim.value, **questions.bounds(claim)
    )


def clusters(report: Mapping) -> Iterator[Judgement]:
    """Yield that there are clusters: one alone tells nothing apart."""
    if found := report.get("clusters"):
        count = sum(size > 0 for size in found["sizes"])
        reason = f"{count} of {len(found['sizes'])} clusters have held-out rows"
        if count < 2:
            reason = "all held-out rows lie in one cluster, which tells nothing apart"
        verdict = PASS if count >= 2 else FAIL
        yield Judgement(ALL, "clusters", "at least 2", count, verdict, reason, 2)


def checks(report: Mapping) -> Iterator[Judgement]:
    """Yield that each check of the model's checks.py passes; one that did not come to its end is never a pass."""
    for one in report.get("checks", ()):
        verdict = {"passed": PASS, "failed": FAIL}.get(one["outcome"], CANNOT_TELL)
        reason = f"{one['name']} {one['outcome']}{': ' * bool(one['reason'])}{one['reason'] or ''}"
        yield Judgement((CHECKS, one["name"]), one["name"], "passes", None, verdict, reason)


def proof(report: Mapping) -> Iterator[Judgement]:
    """Yield that the gate refused, in this very build, candidates that were planted just beyond each limit."""
    found = report.get("proof") or {"refused": 0, "reason": "no planted candidate was held against it"}
    reason = f"refused all of {found['refused']} planted candidates"
    reason = (
        f"the gate is broken: {found['reason']}; trust no verdict of it" if found["reason"] else f"the gate {reason}"
    )
    verdict = CANNOT_TELL if found["reason"] else PASS
    yield Judgement(ALL, PROOF, "refuses planted candidates", None, verdict, reason)
