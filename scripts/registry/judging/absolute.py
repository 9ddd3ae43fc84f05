"""Limits of a metric: at least so much, at most so much. Pure."""

from functools import partial

from registry.evidence import claims
from registry.evidence.claims import CANNOT_TELL, Claim
from registry.judging import questions
from registry.judging.questions import Case, Judgement, Question
from registry.judging.subjects import Subject, Threshold


def question(threshold: Threshold, kind: str) -> Question:
    """Return what a threshold asks by its `min` or its `max`."""
    each = [_case(threshold, kind, one) for one in threshold.subjects()]
    if found := [one for one in each if one is not None]:
        return Question(found)
    why = (
        f"no slice has {threshold.fewest} held-out {threshold.units}"
        if each
        else f"no held-out row is in it{threshold.others}"
    )
    return Question([_unknown(threshold, kind, threshold.name, f" has no value, since {why}")])


def _case(threshold: Threshold, kind: str, subject: Subject) -> Case | Judgement | None:
    """Return the claim that one subject keeps the limit, or why that can't be told, or None where it is not judged."""
    if subject.rows is not None and 0 < subject.rows < threshold.fewest:
        why = f" can't be judged, since {subject.rows} held-out {threshold.units} are too few (min_rows is {threshold.fewest})"
        return None if subject.is_optional else _unknown(threshold, kind, subject.name, why)
    if not claims.is_number(subject.value):
        return _unknown(threshold, kind, subject.name, f" has no value{subject.unknown}")
    evidence = None if threshold.is_by_estimate else subject.evidence
    if evidence is None and not threshold.is_by_estimate:
        return _unknown(threshold, kind, subject.name, " has no interval; `by: estimate` would do without")
    claim = Claim(subject.value, threshold.asked[kind], kind == "min", evidence)
    return Case(claim, partial(_told, threshold, kind, subject, claim))


def _asked(threshold: Threshold, kind: str) -> str:
    return f"{'at least' if kind == 'min' else 'at most'} {threshold.asked[kind]:g}"


def _unknown(threshold: Threshold, kind: str, name: str, why: str) -> Judgement:
    asked = _asked(threshold, kind)
    reason = f"{name}{why}; it must be {asked}"
    return Judgement((*threshold.place, kind), name, asked, None, CANNOT_TELL, reason, threshold.asked[kind])


def _told(threshold: Threshold, kind: str, subject: Subject, claim: Claim, verdict: str) -> Judgement:
    asked, by = _asked(threshold, kind), threshold.asked.get("by")
    where = f" on {subject.rows:,} {threshold.units}" if subject.rows is not None and claim.is_uncertain else ""
    settling = questions.settling(claim, threshold.metric, threshold.units) if verdict == CANNOT_TELL else ""
    shown = f"{questions.value(claim, threshold.metric)}{' by estimate' * (by is not None)}"
    reason = f"{subject.name} is {shown}{where}; it must be {asked}{settling}"
    return Judgement(
        (*threshold.place, kind), subject.name.rstrip(","), asked, subject.value, verdict, reason, claim.limit,
        by=by, **questions.bounds(claim),
    )  # fmt: skip
