"""Is it good enough? Metrics held against thresholds. Pure."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from registry import versions
from registry.formats.markdown import number
from registry.specs import sources
from registry.specs.thresholds import SHARED, digits, metrics

PASS, FAIL, CANNOT_TELL = "pass", "fail", "cannot tell"
FEWEST_ROWS = 30
LEAVE_OUT = "leave max_drop out of this version's thresholds, and write it again for the next"


@dataclass(frozen=True)
class Judgement:
    """One threshold held against one value: where it stands in the spec, what was asked, found, and concluded."""

    place: tuple[str, ...]
    name: str
    asked: str
    value: float | None
    verdict: str
    reason: str


def judge(report: Mapping, thresholds: Mapping, task: str) -> list[Judgement]:
    """Hold a report's metrics against thresholds, one judgement for each limit.

    `report` needs `metrics` (name -> number), `slices` (label -> metrics), `rows`, `data` and `incumbent` (None when
    there is none yet, else a mapping whose `metrics` are None when it could not be scored). Then `max_drop` is dropped
    where the version's MAJOR has risen and `inputs` or `outputs` are not the incumbent's. Both are compared on the
    incumbent's `rows`, which it was not trained on, with the `candidate`'s metrics there; where those are not known
    (None) the incumbent has an advantage, so that only a pass is one. Older reports have neither.
    """
    judgements = [_rows(report["rows"]["holdout"])]
    for metric, threshold in sorted((name, one) for name, one in thresholds.items() if name != SHARED):
        name, value, why = _value(report, metric, threshold)
        limits = [(kind, threshold[kind]) for kind in ("min", "max") if kind in threshold]
        judgements += [_limit(metric, name, value, kind, limit, why) for kind, limit in limits]
        if "max_drop" in threshold and report["incumbent"]:
            judgements.append(_compare(report, metric, threshold["max_drop"], metrics(task).get(metric, True)))
    return judgements + _shared(report, thresholds.get(SHARED))


def overall(judgements: list[Judgement]) -> str:
    """Return the verdict: fail if anything fails, pass only if everything passes."""
    found = {one.verdict for one in judgements}
    return FAIL if FAIL in found else PASS if found == {PASS} else CANNOT_TELL


def shown(name: str, value: float | None, asked: str) -> str:
    """Return a judged value as people read it: on the side of what was asked (`at most 20`) on which it lies."""
    return number(value, float(asked.split()[2]), digits=digits(name))


def _rows(rows: int) -> Judgement:
    enough = rows >= FEWEST_ROWS
    reason = f"{rows} held-out rows" + ("" if enough else f" are too few to judge; hold out {FEWEST_ROWS} or more")
    place = ("data", "holdout")
    return Judgement(place, "held-out rows", f"at least {FEWEST_ROWS}", rows, PASS if enough else CANNOT_TELL, reason)


def _shared(report: Mapping, threshold: Mapping | None) -> list[Judgement]:
    """Hold the held-out rows that equal one to train with against a limit: none may where they are a file of their own.

    A share has no limit but one that is written: its equal rows have different ids or groups, as data.py says.
    """
    is_apart = sources.is_apart(report.get("data", {}))
    if threshold is None and not is_apart:
        return []
    place, limit = (("thresholds", SHARED, "max"), threshold["max"]) if threshold else (sources.HOLDOUT, 0)
    count, held_out, asked = report["rows"].get("shared"), report["rows"]["holdout"], f"at most {limit:g}"
    if count is None:
        reason = f"it is not known how many held-out rows equal one to train with; it must be {asked}"
        return [Judgement(place, "shared rows", asked, None, CANNOT_TELL, reason)]
    value = count / held_out
    reason = f"{count:,} of {held_out:,} held-out rows equal one to train with, which is {number(value, limit)}"
    reason = f"{reason}; it must be {asked}"
    if value > limit:
        mend = "take them out of either file" if is_apart else "give equal rows the same group"
        reason = f"{reason}: {mend}, or allow more by thresholds.{SHARED} where they are different cases"
    return [Judgement(place, "shared rows", asked, value, FAIL if value > limit else PASS, reason)]


def _value(report: Mapping, metric: str, threshold: Mapping) -> tuple[str, float | None, str]:
    """Return what a threshold is held against: its name, its value, and why it has none."""
    if "slice" not in threshold:
        return metric, report["metrics"].get(metric), ""
    values = {label: part.get(metric) for label, part in report["slices"].items()}
    unknown = [label for label, value in values.items() if not _is_number(value)]
    if unknown:
        advice = "" if sources.is_apart(report.get("data", {})) else "write a larger data.holdout, or "
        why = f", since no held-out row has that label ({advice}bring more rows of it)"
        return f"{metric} of label {unknown[0]}", None, why
    if not values:
        return f"{metric} of the worst label", None, ""
    worst = min(values, key=values.get)
    return f"{metric} of the worst label ({worst})", values[worst], ""


def _limit(metric: str, name: str, value: float | None, kind: str, limit: float, why: str) -> Judgement:
    place = ("thresholds", metric, kind)
    asked = f"at least {limit:g}" if kind == "min" else f"at most {limit:g}"
    if not _is_number(value):
        return Judgement(place, name, asked, None, CANNOT_TELL, f"{name} has no value{why}; it must be {asked}")
    good = _rounded(value) >= limit if kind == "min" else _rounded(value) <= limit
    reason = f"{name} is {number(_rounded(value), limit, digits=digits(metric))}; it must be {asked}"
    return Judgement(place, name, asked, value, PASS if good else FAIL, reason)


def _compare(report: Mapping, metric: str, limit: float, more_is_better: bool) -> Judgement:
    place = ("thresholds", metric, "max_drop")
    version = report["incumbent"]["version"]
    asked = f"at most {limit:g} worse than {version}"
    incumbent, held_out = report["incumbent"], report["rows"]["holdout"]
    rows = incumbent.get("rows", held_out)
    if rows is not None and rows < min(FEWEST_ROWS, held_out):
        text = f"it was trained on all but {rows} of the {held_out} held-out rows, and it takes {FEWEST_ROWS} to tell"
        reason = f"{metric} can't be compared with {version}: {text}; {LEAVE_OUT}"
        return Judgement(place, metric, asked, None, CANNOT_TELL, reason)
    new = (incumbent.get("candidate") or report["metrics"]).get(metric)
    old = (incumbent["metrics"] or {}).get(metric)
    if not (_is_number(new) and _is_number(old)):
        return _uncompared(report, place, asked, new)
    good = _rounded(old - new if more_is_better else new - old) <= limit
    worst = _rounded(old - limit if more_is_better else old + limit)
    shown = number(new, old, worst, digits=digits(metric)), number(old, new, digits=digits(metric))
    where = "" if rows in (None, held_out) else f" on the {rows} held-out rows that it was not trained on"
    reason = f"{metric} is {shown[0]} against {shown[1]} of {version}{where}; it may be {asked}"
    if rows is None:
        reason += f", and its release does not say whether {version} was trained on these rows"
    if rows is None and not good:
        return Judgement(place, metric, asked, new, CANNOT_TELL, f"{reason}; {LEAVE_OUT}")
    return Judgement(place, metric, asked, new, PASS if good else FAIL, reason)


def _uncompared(report: Mapping, place: tuple[str, ...], asked: str, new: object) -> Judgement:
    """Return what follows for a metric that the incumbent, or the candidate itself, has no value of."""
    version, differ = report["incumbent"]["version"], _differing(report)
    text, major = f"{place[1]} can't be compared with {version}", versions.parse(version).major
    reason = report["incumbent"].get("reason") or "a value is missing"
    if report["incumbent"]["metrics"] is not None or not _is_number(new):
        return Judgement(place, place[1], asked, None, CANNOT_TELL, f"{text}: {reason}")
    if not differ:
        advice = f"see that {version} can be fetched and run here, or leave max_drop out of this version's thresholds"
        return Judgement(place, place[1], asked, None, CANNOT_TELL, f"{text}: {reason}; {advice}")
    if versions.parse(report["version"]).major <= major:
        advice = f"raise version to {major + 1}.0.0, which asks clients to change: max_drop is dropped then"
        return Judgement(place, place[1], asked, None, CANNOT_TELL, f"{text}, whose {differ} differ; {advice}")
    text = (
        f"max_drop of {place[1]} is dropped: {report['version']} is a new MAJOR, whose {differ} differ from {version}"
    )
    return Judgement(place, place[1], f"{asked} (dropped)", new, PASS, text)


def _differing(report: Mapping) -> str:
    """Return which of inputs and outputs are not the incumbent's; nothing where that is not known."""
    then = {name: report["incumbent"].get(name) for name in ("inputs", "outputs")}
    return " and ".join(name for name, those in then.items() if those is not None and those != report[name])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _rounded(value: float) -> float:
    """0.96 is 0.01 worse than 0.97, although the difference of the two floats is a little more."""
    return round(value, 12)
