"""What a spec may ask of a model: the metrics of each task, and the thresholds that make sense for them. Pure."""

import math
from collections.abc import Collection, Iterator, Mapping

from registry.errors import did_you_mean

# For each task its metrics, and whether more is better.
METRICS = {
    "classification": {
        "accuracy": True, "precision": True, "recall": True, "f1": True, "log_loss": False, "roc_auc": True,
        "pr_auc": True, "brier": False, "ece": False,
    },
    "regression": {"mae": False, "rmse": False, "r2": True},
}  # fmt: skip
COMMON = {"latency_ms": False, "size_mb": False}
OF_CLASSES = ("precision", "recall", "f1")  # what a class has, one against the rest
INNATE = {"ece"}  # a constant is as good at it as any model
DIGITS = {"latency_ms": 2}  # that people read; no machine measures it twice alike
SHARED = "shared"  # no metric of the model: the share of the held-out rows that equal one to train with
LEAKAGE = "leakage"  # the same of rows that nearly do
OF_ROWS = (SHARED, LEAKAGE)
SHARES = {"accuracy", "precision", "recall", "f1", "roc_auc", "pr_auc", "ece", *OF_ROWS}
LIMITS = ("min", "max", "max_drop")
WORST = "worst"

Place = tuple[str | int, ...]


def metrics(task: str) -> dict[str, bool]:
    """Return the metrics of a task: name -> whether more is better."""
    return METRICS[task] | COMMON


def digits(metric: str) -> int:
    """Return how many significant digits of a metric people read, where no more are needed to tell it from another."""
    return DIGITS.get(metric, 4)


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
        return _rows_fault(metric, threshold)
    if metric not in metrics(task):
        return f"is no metric of {task}; {did_you_mean(metric, {*metrics(task), *OF_ROWS})}"
    if threshold.get("min", -math.inf) > threshold.get("max", math.inf):
        return f"min {threshold['min']} is above max {threshold['max']}; nothing can reach both"
    found = _share_fault(metric, threshold) or _range_fault(task, metric, threshold)
    return found or _slice_fault(metric, threshold, evaluation) or _folds_fault(metric, threshold, evaluation)


def columns(entry: object) -> tuple[str, ...]:
    """Return the columns of an entry of evaluation.slices: `label`, `[label, source]` or `{age: [20, 30]}`."""
    return tuple(
        step if isinstance(step, str) else next(iter(step)) for step in (entry if isinstance(entry, list) else [entry])
    )


def slices_fault(entry: object, task: str) -> str | None:
    """Say why an entry of evaluation.slices parts nothing, or None."""
    names = columns(entry)
    if "label" in names and task == "regression":
        return "asks for label, and a regression has no classes; leave it out"
    if len(set(names)) < len(names):
        return "names a column twice; cross different ones"
    for step in entry if isinstance(entry, list) else [entry]:
        name, edges = (step, []) if isinstance(step, str) else next(iter(step.items()))
        if edges and name == "label":
            return "has bins for label, whose values are classes; write label without bins"
        if edges != sorted(edges):
            return f"has bins that don't rise; write {sorted(edges)}"
    return None


def _slice_fault(metric: str, threshold: Mapping, evaluation: Mapping) -> str | None:
    """Say why a threshold has no slice to judge, or None."""
    if "slice" not in threshold:
        return (
            "has min_rows, which is for slices; write `slice` too, or leave it out" if "min_rows" in threshold else None
        )
    known, wanted = [set(columns(one)) for one in evaluation["slices"]], threshold["slice"]
    if metric in COMMON:
        return "has no slices; leave `slice` out, or judge a slice of another metric"
    if not known:
        return "judges a slice, but evaluation.slices is empty; write `slices: [label]` there"
    if wanted != WORST and set(wanted) not in known:
        names = ", ".join(wanted)
        return f"judges a slice by {names}, but evaluation.slices has none; write `slices: [{_entry(wanted)}]` there"
    of_classes = all("label" in one for one in known) if wanted == WORST else "label" in wanted
    if of_classes and metric not in OF_CLASSES:
        return f"has no slices by label; leave `slice` out, or judge a slice of {', '.join(OF_CLASSES)}"
    return None


def _entry(wanted: Collection[str]) -> str:
    return ", ".join(wanted) if len(wanted) == 1 else f"[{', '.join(wanted)}]"


def _folds_fault(metric: str, threshold: Mapping, evaluation: Mapping) -> str | None:
    """Say why a threshold can't judge folds, or None."""
    if "folds" not in threshold:
        return None
    if metric in COMMON:
        return "has no folds; leave `folds` out"
    if both := [name for name in ("slice", "max_drop") if name in threshold]:
        return f"can't have both folds and {both[0]}; write two thresholds as a list"
    return None if evaluation["folds"] else "judges folds, but evaluation.folds is 0; write `folds: 5` there"


def _rows_fault(metric: str, threshold: Mapping) -> str | None:
    if not isinstance(threshold, Mapping) or threshold.keys() != {"max"}:
        return "is of the rows, not of the model, and should be small; write max alone, such as {max: 0.01}"
    return _share_fault(metric, threshold)


def _share_fault(metric: str, threshold: Mapping) -> str | None:
    """Say which limit of a share is none, or None."""
    for kind in LIMITS if metric in SHARES else ():
        limit = threshold.get(kind, 0)
        if not 0 <= limit <= 1 or (kind, limit) == ("max_drop", 1):
            advice = f"{limit / 100:g} for {limit:g} %" if limit >= 1 else "a number from 0 to 1"
            return f"lies between 0 and 1, and {kind} {limit:g} does not fit that; write {advice}"
    return None


def _range_fault(task: str, metric: str, threshold: Mapping) -> str | None:
    """Say which limit every model or no model would keep, or None."""
    if metric != "r2" and threshold.get("min", 1) <= 0:
        return (
            f"is never below 0, so every model keeps min {threshold['min']:g}; write a number above 0, or leave it out"
        )
    if metric in SHARES and threshold.get("max", 0) >= 1:
        return (
            f"is never above 1, so every model keeps max {threshold['max']:g}; write a number below 1, or leave it out"
        )
    if not metrics(task)[metric] and threshold.get("max", 0) < 0:
        return f"is never below 0, so no model keeps max {threshold['max']:g}; write a number above 0"
    if metric == "r2" and threshold.get("min", 0) > 1:
        return f"is never above 1, so no model keeps min {threshold['min']:g}; write a number below 1"
    return None
