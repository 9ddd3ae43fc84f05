"""What a spec may ask of a model: the thresholds that make sense for the metrics of its task. Pure."""

import math
from collections.abc import Collection, Iterator, Mapping

from registry.errors import did_you_mean
from registry.tasks import measures
from registry.tasks.measures import COSTS, FOLDS, Metric

SHARED = "shared"  # no metric of the model: the share of the held-out rows that equal one to train with
LEAKAGE = "leakage"  # the same of rows that nearly do
OF_ROWS = (SHARED, LEAKAGE)
LIMITS = ("min", "max", "max_drop")
WORST = "worst"

Place = tuple[str | int, ...]


def each(thresholds: Mapping) -> Iterator[tuple[Place, str, Mapping]]:
    """Yield the thresholds of metrics, sorted: where each stands in the spec, its metric, and what it asks."""
    for metric in sorted(thresholds.keys() - {*OF_ROWS}):
        found = thresholds[metric]
        if isinstance(found, Mapping):
            yield ("thresholds", metric), metric, found
        else:
            yield from ((("thresholds", metric, number), metric, one) for number, one in enumerate(found))


def named(place: Place) -> str:
    """Return what `accept` calls a limit by its place: accuracy.max_drop, or accuracy.1.min in a list."""
    return ".".join(map(str, place[1:]))


def limits(thresholds: Mapping) -> list[str]:
    """Return the names of all limits of metrics."""
    return [named((*place, kind)) for place, _, one in each(thresholds) for kind in LIMITS if kind in one]


def accepted(spec: Mapping) -> list[dict]:
    """Return the doubts that a spec accepts for its own version: what stands there for another one is void."""
    found = spec.get("accept", [])
    return [one for one in ([found] if isinstance(found, Mapping) else found) if one["version"] == spec["version"]]


def fault(task: str, metric: str, threshold: Mapping, evaluation: Mapping) -> str | None:
    """Say what is wrong with a threshold for a task, or None."""
    if metric in OF_ROWS:
        if task == "ranking":
            return "is of rows that equal some to train with, which a ranking never asks for; leave it out"
        return _rows_fault(threshold)
    known = measures.known(task, evaluation.get("metrics"))
    if metric not in known:
        of_rows = OF_ROWS if task != "ranking" else ()
        return f"is no metric of {task}; {did_you_mean(metric, {*known, *of_rows})}"
    if threshold.get("min", -math.inf) > threshold.get("max", math.inf):
        return f"min {threshold['min']} is above max {threshold['max']}; nothing can reach both"
    found = _share_fault(threshold) if known[metric].is_share else None
    found = found or _range_fault(known[metric], threshold) or _slice_fault(task, metric, threshold, evaluation)
    return found or _folds_fault(known[metric], metric, threshold, evaluation)


def backwards(task: str, metric: str, asked: Collection[Mapping], evaluation: Mapping) -> str | None:
    """Say that all that is asked of a metric keeps what is too good out, and nothing what is bad; or None.

    How far one that is innate should go, a team may want to limit on either side.
    """
    known = measures.known(task, evaluation.get("metrics")).get(metric)
    if known is None or known.is_innate:
        return None
    kind, other, better = ("min", "max", "higher") if known.more_is_better else ("max", "min", "lower")
    if any(one in threshold for threshold in asked for one in (kind, "max_drop")):
        return None
    limit = next(threshold[other] for threshold in asked)
    return f"is better the {better}, so the worse a model is, the surer it keeps {other} {limit:g}; write `{kind}: {limit:g}`"


def columns(entry: object) -> tuple[str, ...]:
    """Return the columns of an entry of evaluation.slices: `label`, `[label, source]` or `{age: [20, 30]}`."""
    return tuple(
        step if isinstance(step, str) else next(iter(step)) for step in (entry if isinstance(entry, list) else [entry])
    )


def slices_fault(entry: object, task: str) -> str | None:
    """Say why an entry of evaluation.slices parts nothing, or None."""
    names = columns(entry)
    if "label" in names and task in measures.METRICS and task != "classification":
        return f"asks for label, and a {task} has no classes; leave it out"
    if len(set(names)) < len(names):
        return "names a column twice; cross different ones"
    for step in entry if isinstance(entry, list) else [entry]:
        name, edges = (step, []) if isinstance(step, str) else next(iter(step.items()))
        if edges and name == "label":
            return "has bins for label, whose values are classes; write label without bins"
        if edges != sorted(edges):
            return f"has bins that don't rise; write {sorted(edges)}"
    return None


def _slice_fault(task: str, metric: str, threshold: Mapping, evaluation: Mapping) -> str | None:
    """Say why a threshold has no slice to judge, or None."""
    if "slice" not in threshold:
        return (
            "has min_rows, which is for slices; write `slice` too, or leave it out" if "min_rows" in threshold else None
        )
    known, wanted = [set(columns(one)) for one in evaluation["slices"]], threshold["slice"]
    if metric in COSTS or metric in evaluation.get("metrics", {}) or FOLDS in measures.of(task)[metric].needs:
        return "has no slices; leave `slice` out, or judge a slice of another metric"
    if not known:
        such = "write `slices: [label]` there" if task == "classification" else "name a column of load() there"
        return f"judges a slice, but evaluation.slices is empty; {such}"
    if wanted != WORST and set(wanted) not in known:
        names = ", ".join(wanted)
        return f"judges a slice by {names}, but evaluation.slices has none; write `slices: [{_entry(wanted)}]` there"
    of_classes = all("label" in one for one in known) if wanted == WORST else "label" in wanted
    if of_classes and metric not in measures.BY_CLASS:
        return f"has no slices by label; leave `slice` out, or judge a slice of {', '.join(measures.BY_CLASS)}"
    return None


def _entry(wanted: Collection[str]) -> str:
    return ", ".join(wanted) if len(wanted) == 1 else f"[{', '.join(wanted)}]"


def _folds_fault(known: Metric, metric: str, threshold: Mapping, evaluation: Mapping) -> str | None:
    """Say why a threshold can't judge folds, or must."""
    if "folds" not in threshold:
        needs = "is of folds; write `folds: mean` or `folds: worst` too, and no max_drop"
        return needs if FOLDS in known.needs else None
    if metric in COSTS:
        return "has no folds; leave `folds` out"
    if both := [name for name in ("slice", "max_drop") if name in threshold]:
        return f"can't have both folds and {both[0]}; write two thresholds as a list"
    return None if evaluation["folds"] else "judges folds, but evaluation.folds is 0; write `folds: 5` there"


def _rows_fault(threshold: Mapping) -> str | None:
    if not isinstance(threshold, Mapping) or threshold.keys() != {"max"}:
        return "is of the rows, not of the model, and should be small; write max alone, such as {max: 0.01}"
    return _share_fault(threshold)


def _share_fault(threshold: Mapping) -> str | None:
    """Say which limit of a share is none, or None."""
    for kind in LIMITS:
        limit = threshold.get(kind, 0)
        if not 0 <= limit <= 1 or (kind, limit) == ("max_drop", 1):
            advice = f"{limit / 100:g} for {limit:g} %" if limit >= 1 else "a number from 0 to 1"
            return f"lies between 0 and 1, and {kind} {limit:g} does not fit that; write {advice}"
    return None


def _range_fault(known: Metric, threshold: Mapping) -> str | None:
    """Say which limit every model or no model would keep, or None."""
    low, high = known.low, known.high
    if threshold.get("min", math.inf) <= low:
        advice = f"write a number above {low:g}, or leave it out"
        return f"is never below {low:g}, so every model keeps min {threshold['min']:g}; {advice}"
    if threshold.get("max", -math.inf) >= high:
        advice = f"write a number below {high:g}, or leave it out"
        return f"is never above {high:g}, so every model keeps max {threshold['max']:g}; {advice}"
    if threshold.get("max", math.inf) < low:
        text = f"is never below {low:g}, so no model keeps max {threshold['max']:g}"
        return f"{text}; write a number above {low:g}"
    if threshold.get("min", -math.inf) > high:
        text = f"is never above {high:g}, so no model keeps min {threshold['min']:g}"
        return f"{text}; write a number below {high:g}"
    return None
