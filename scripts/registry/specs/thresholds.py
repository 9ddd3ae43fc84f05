"""What a spec may ask of a model: the metrics of each task, and the thresholds that make sense for them. Pure."""

import math
from collections.abc import Mapping

from registry.errors import did_you_mean

# For each task its metrics, and whether more is better.
METRICS = {
    "classification": {"accuracy": True, "precision": True, "recall": True, "f1": True, "log_loss": False},
    "regression": {"mae": False, "rmse": False, "r2": True},
}
COMMON = {"latency_ms": False, "size_mb": False}
SLICED = {"precision", "recall", "f1"}
DIGITS = {"latency_ms": 2}  # that people read; no machine measures it twice alike
SHARED = "shared"  # no metric of the model: the share of the held-out rows that equal one to train with
SHARES = {"accuracy", "precision", "recall", "f1", SHARED}


def metrics(task: str) -> dict[str, bool]:
    """Return the metrics of a task: name -> whether more is better."""
    return METRICS[task] | COMMON


def digits(metric: str) -> int:
    """Return how many significant digits of a metric people read, where no more are needed to tell it from another."""
    return DIGITS.get(metric, 4)


def fault(task: str, metric: str, threshold: Mapping, evaluation: Mapping) -> str | None:
    """Say what is wrong with a threshold for a task, or None."""
    if metric == SHARED:
        return _shared_fault(threshold)
    if metric not in metrics(task):
        return f"is no metric of {task}; {did_you_mean(metric, {*metrics(task), SHARED})}"
    if threshold.get("min", -math.inf) > threshold.get("max", math.inf):
        return f"min {threshold['min']} is above max {threshold['max']}; nothing can reach both"
    if found := _share_fault(metric, threshold) or _range_fault(task, metric, threshold):
        return found
    if "slice" in threshold and metric not in SLICED:
        return f"has no slices; leave `slice` out, or judge a slice of {', '.join(sorted(SLICED))}"
    if "slice" in threshold and "label" not in evaluation["slices"]:
        return "judges a slice, but evaluation.slices is empty; write `slices: [label]` there"
    if "slice" in threshold and "max_drop" in threshold:
        return "can't have both slice and max_drop; write min or max for the slice"
    return None


def _shared_fault(threshold: Mapping) -> str | None:
    if threshold.keys() != {"max"}:
        return "is of the rows, not of the model, and should be small; write max alone, such as {max: 0.01}"
    return _share_fault(SHARED, threshold)


def _share_fault(metric: str, threshold: Mapping) -> str | None:
    """Say which limit of a share is none, or None."""
    for kind in ("min", "max", "max_drop") if metric in SHARES else ():
        limit = threshold.get(kind, 0)
        if not 0 <= limit <= 1 or (kind, limit) == ("max_drop", 1):
            advice = f"{limit / 100:g} for {limit:g} %" if limit >= 1 else "a number from 0 to 1"
            return f"lies between 0 and 1, and {kind} {limit:g} does not fit that; write {advice}"
    return None


def _range_fault(task: str, metric: str, threshold: Mapping) -> str | None:
    """Say which limit every model or no model would keep, or None."""
    if not metrics(task)[metric] and threshold.get("max", 0) < 0:
        return f"is never below 0, so no model keeps max {threshold['max']:g}; write a number above 0"
    if metric == "r2" and threshold.get("min", 0) > 1:
        return f"is never above 1, so no model keeps min {threshold['min']:g}; write a number below 1"
    return None
