"""Limits of how much worse than the incumbent a candidate may be, on rows that neither was trained on. Pure."""

from collections.abc import Mapping
from functools import partial

from registry import versions
from registry.evidence import claims
from registry.evidence.claims import CANNOT_TELL, PASS, Claim, is_number
from registry.formats.markdown import decimals, fixed, number
from registry.judging import questions
from registry.judging.questions import Case, Judgement, Question
from registry.judging.subjects import FEWEST_ROWS, Subject, Threshold
from registry.tasks import measures

KIND = "max_drop"
LEAVE_OUT = "leave max_drop out of this version's thresholds, and write it again for the next"


def question(threshold: Threshold) -> Question:
    """Return what a threshold asks by its `max_drop`; the report has an incumbent.

    It is dropped where the version's MAJOR has risen and `inputs` or `outputs` are not the incumbent's. Where it is not
    known which rows the incumbent was trained on, that has an advantage, so that only a pass is one.
    """
    found = [one for each in threshold.subjects() if (one := _case(threshold, each)) is not None]
    if found:
        return Question(found)
    return Question([_unknown(threshold, threshold.name, f"no slice has {threshold.fewest} {threshold.units}")])


def _case(threshold: Threshold, subject: Subject) -> Case | Judgement | None:
    report, incumbent = threshold.report, subject.incumbent or {}
    held_out, is_cost = report["rows"]["holdout"], threshold.metric in measures.COSTS  # which no row has a say in
    rows, of_all = (held_out if is_cost else one.get("rows", held_out) for one in (incumbent, report["incumbent"]))
    if subject.rows is not None and (rows or 0) < threshold.fewest:
        few = f"{rows or 0} {threshold.units} are too few (min_rows is {threshold.fewest})"
        return None if subject.is_optional else _unknown(threshold, subject.name, few)
    if subject.rows is None and rows is not None and rows < min(FEWEST_ROWS, held_out):
        text = f"it was trained on all but {rows} of the {held_out} held-out {threshold.units}, and it takes {FEWEST_ROWS} to tell"
        return _unknown(threshold, subject.name, f"{text}; {LEAVE_OUT}")
    new, old = _values(threshold, subject)
    if not (is_number(new) and is_number(old)):
        return _uncompared(threshold, subject, new)
    evidence = None if threshold.is_by_estimate else incumbent["evidence"].get(threshold.metric)
    if evidence is None and not threshold.is_by_estimate:
        return _unknown(threshold, subject.name, "the difference has no interval; `by: estimate` would do without")
    limit, more = threshold.asked[KIND], threshold.more_is_better
    claim = Claim(claims.rounded(new - old, limit), -limit if more else limit, more, evidence)
    return Case(claim, partial(_told, threshold, subject, claim, new, old, of_all))


def _values(threshold: Threshold, subject: Subject) -> tuple[object, object]:
    """Return what the candidate and the incumbent reached on the same rows."""
    incumbent = subject.incumbent or {}
    new = (incumbent.get("candidate") or {threshold.metric: subject.value}).get(threshold.metric)
    return new, (incumbent.get("metrics") or {}).get(threshold.metric)


def _told(
    threshold: Threshold, subject: Subject, claim: Claim, new: float, old: float, rows: int | None, verdict: str
) -> Judgement:
    report, by = threshold.report, threshold.asked.get("by")
    asked, version = _asked(threshold), report["incumbent"]["version"]
    where = (
        ""
        if rows in (None, report["rows"]["holdout"])
        else f" on the {rows} held-out {threshold.units} that it was not trained on"
    )
    shown = _shown(claim, threshold, new, old)
    reason = f"{subject.name} is {shown[0]} against {shown[1]} of {version}{where}{shown[2]}{' by estimate' * (by is not None)}"
    reason = f"{reason}; it may be {asked}"
    if verdict == CANNOT_TELL:
        reason += questions.settling(claim, threshold.metric, threshold.units)
    if rows is None:
        reason += f", and its release does not say whether {version} was trained on these rows"
    if rows is None and verdict != PASS:
        verdict, reason = CANNOT_TELL, f"{reason}; {LEAVE_OUT}"
    return Judgement(
        (*threshold.place, KIND), subject.name, asked, new, verdict, reason, claim.limit,
        change=claim.value, by=by, **questions.bounds(claim),
    )  # fmt: skip


def _shown(claim: Claim, threshold: Threshold, new: float, old: float) -> tuple[str, str, str]:
    """Return both values, and the change between them with its bounds, in digits that tell it from its limit."""
    digits = measures.digits(threshold.metric)
    if not claim.is_uncertain:
        worst = claims.rounded(old + claim.limit, claim.limit)
        return number(new, old, worst, digits=digits), number(old, new, digits=digits), ""
    low, high = claim.bounds
    places = decimals((high - low) / 2)
    change = questions.value(claim, threshold.metric)
    return fixed(new, places), fixed(old, places), f", a change of {change}"


def _asked(threshold: Threshold) -> str:
    return f"at most {threshold.asked[KIND]:g} worse than {threshold.report['incumbent']['version']}"


def _unknown(threshold: Threshold, name: str, why: str, between: str = ": ") -> Judgement:
    version = threshold.report["incumbent"]["version"]
    reason = f"{name} can't be compared with {version}{between}{why}"
    return Judgement((*threshold.place, KIND), name, _asked(threshold), None, CANNOT_TELL, reason)


def _uncompared(threshold: Threshold, subject: Subject, new: object) -> Judgement:
    """Return what follows for a metric that the incumbent, or the candidate itself, has no value of."""
    report = threshold.report
    version, differ = report["incumbent"]["version"], _differing(report)
    reason, major = report["incumbent"].get("reason") or "a value is missing", versions.parse(version).major
    if report["incumbent"]["metrics"] is not None or not is_number(new):
        return _unknown(threshold, subject.name, reason)
    if not differ:
        advice = f"see that {version} can be fetched and run here, or leave max_drop out of this version's thresholds"
        return _unknown(threshold, subject.name, f"{reason}; {advice}")
    if versions.parse(report["version"]).major <= major:
        advice = f"raise version to {major + 1}.0.0, which asks clients to change: max_drop is dropped then"
        return _unknown(threshold, subject.name, advice, f", whose {differ} differ; ")
    told = f"max_drop of {subject.name} is dropped: {report['version']} is a new MAJOR, whose {differ} differ from {version}"
    return Judgement((*threshold.place, KIND), subject.name, f"{_asked(threshold)} (dropped)", new, PASS, told)


def _differing(report: Mapping) -> str:
    """Return which of inputs and outputs are not the incumbent's; nothing where that is not known."""
    then = {name: report["incumbent"].get(name) for name in ("inputs", "outputs")}
    return " and ".join(name for name, those in then.items() if those is not None and those != report[name])
