"""Is it good enough? A report's metrics held against thresholds, as sure as their evidence is. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from registry.evidence.claims import CANNOT_TELL, FAIL, PASS
from registry.formats.markdown import number
from registry.judging import absolute, comparisons, conditions, questions
from registry.judging.questions import Judgement, Question
from registry.judging.subjects import Threshold
from registry.specs import thresholds as asking
from registry.tasks import measures


def judge(report: Mapping, thresholds: Mapping, task: str) -> list[Judgement]:
    """Hold a report's metrics against thresholds, one judgement for each limit, and one for each condition.

    `report` needs `metrics` (name -> number), `slices`, `rows`, `data` and `incumbent` (None when there is none yet, else
    a mapping whose `metrics` are None when it could not be scored). One with `evidence` is judged by that; one without,
    which is older, by its values alone, and it knows neither baseline nor checks.
    """
    asked = [
        *conditions.rows(report | {"task": task}),
        *_questions(report, thresholds, task),
        *conditions.known(report, thresholds),
    ]
    if "evidence" in report:
        conditional = conditions.baseline, conditions.clusters, conditions.checks, conditions.proof
        asked += [
            one for condition in conditional for one in condition(report | {"thresholds": thresholds, "task": task})
        ]
    return [_accepted(report, one) for one in questions.answers(asked)]


def _questions(report: Mapping, thresholds: Mapping, task: str) -> Iterator[Question]:
    """Yield what is asked of each metric, limit by limit, in the order of the metrics' names."""
    for place, metric, one in asking.each(thresholds):
        threshold = Threshold(report, task, place, metric, one)
        yield from (absolute.question(threshold, kind) for kind in ("min", "max") if kind in one)
        if comparisons.KIND in one and report["incumbent"]:
            yield comparisons.question(threshold)


def _accepted(report: Mapping, judgement: Judgement) -> Judgement:
    """Return a judgement with whom accepted it: a `cannot tell` alone can be, and nothing but a threshold."""
    section, *_ = judgement.place
    taken = [one for one in report.get("accept", ()) if one["threshold"] == asking.named(judgement.place)]
    if section != "thresholds" or not taken or judgement.verdict == PASS:
        return judgement
    if judgement.verdict == FAIL:
        return replace(judgement, reason=f"{judgement.reason}; accept takes what can't be told, never a fail")
    return replace(judgement, accepted={name: taken[0][name] for name in ("reason", "by")})


def overall(judgements: Sequence[Judgement]) -> str:
    """Return the verdict: fail if anything fails, pass only if everything passes or was accepted."""
    found = {one.counts_as for one in judgements}
    return FAIL if FAIL in found else PASS if found == {PASS} else CANNOT_TELL


def shown(one: Mapping) -> str:
    """Return the value of a judgement as people read it: on the side of what was asked on which it lies."""
    metric = one["place"][1] if len(one["place"]) > 1 else ""
    near = [] if one.get("limit") is None or one.get("change") is not None else [one["limit"]]
    return number(one["value"], *near, digits=measures.digits(str(metric)))
