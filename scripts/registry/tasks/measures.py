"""The one table of metrics: by task, how each is computed, which way is better, between what, and how sure it is. Pure.

A metric is added here, and by the function that its row names; thresholds, schema, pages and messages read this.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

LABELS, CLASSES, FOLDS = "labels", "rows of each class", "folds"  # what a metric needs
SHARE = 0.0, 1.0
# how an interval is made
WILSON = "Wilson's score interval"
SUMS = "a bootstrap of what rows, or persons, add up to"
CALLS = "a bootstrap that computes it again"
REPEATS = "a bootstrap of repeats"


@dataclass(frozen=True)
class Metric:
    """A metric: the `function` below `registry` that computes it, how its interval is made, and what people must know.

    It lies between `low` and `high`. `block` names the sums that it follows from, nothing where it follows from none. One
    that is `innate` says nothing of how good a model is by itself: an answer that takes no model may have the best.
    """

    function: str
    more_is_better: bool
    low: float = 0.0
    high: float = math.inf
    needs: tuple[str, ...] = ()
    block: str = ""
    interval: str = SUMS
    is_innate: bool = False
    digits: int = 4

    @property
    def is_share(self) -> bool:
        """Whether it lies between 0 and 1, and differences are told in points."""
        return (self.low, self.high) == SHARE

    @property
    def is_of_classes(self) -> bool:
        """Whether it rests on the rows of each class."""
        return CLASSES in self.needs


def _share(function: str, more_is_better: bool = True, **more: object) -> Metric:
    return Metric(function, more_is_better, *SHARE, **more)


_BY_CLASS, _OF_LABELS = {"needs": (LABELS, CLASSES)}, {"needs": (LABELS,)}

METRICS: dict[str, dict[str, Metric]] = {
    "classification": {
        "accuracy": _share("scoring.evaluation.accuracy", block="counts", interval=WILSON, **_OF_LABELS),
        "precision": _share("scoring.evaluation.precision", block="counts", **_BY_CLASS),
        "recall": _share("scoring.evaluation.recall", block="counts", **_BY_CLASS),
        "f1": _share("scoring.evaluation.f1", block="counts", **_BY_CLASS),
        "log_loss": Metric("scoring.evaluation.log_loss", False, block="losses", **_OF_LABELS),
        "roc_auc": _share("scoring.evaluation.roc_auc", block="areas", **_BY_CLASS),
        "pr_auc": _share("scoring.evaluation.pr_auc", block="areas", **_BY_CLASS),
        "brier": Metric("scoring.evaluation.brier", False, 0, 2, block="losses", **_OF_LABELS),
        "ece": _share("scoring.evaluation.ece", False, block="bins", is_innate=True, **_OF_LABELS),
    },
    "regression": {
        "mae": Metric("scoring.evaluation.mae", False, block="errors", **_OF_LABELS),
        "rmse": Metric("scoring.evaluation.rmse", False, block="errors", **_OF_LABELS),
        "r2": Metric("scoring.evaluation.r2", True, -math.inf, 1, block="errors", **_OF_LABELS),
    },
    "ranking": {
        "ndcg": _share("tasks.ranking.ndcg", block="hits", **_OF_LABELS),
        "recall": _share("tasks.ranking.recall", block="hits", **_OF_LABELS),
        "mrr": _share("tasks.ranking.mrr", block="hits", **_OF_LABELS),
        "coverage": _share("tasks.ranking.coverage", block="items", is_innate=True),
        "popularity": _share("tasks.ranking.popularity", False, block="hits", is_innate=True),
    },
    "clustering": {
        "silhouette": Metric("tasks.clustering.silhouette", True, -1, 1, block="silhouettes"),
        "davies_bouldin": Metric("tasks.clustering.davies_bouldin", False, interval=CALLS),
        "ari": Metric("tasks.clustering.ari", True, -0.5, 1, block="pairs", **_OF_LABELS),
        "nmi": _share("tasks.clustering.nmi", block="pairs", **_OF_LABELS),
        "stability": Metric("tasks.clustering.ari", True, -0.5, 1, needs=(FOLDS,), interval=""),
    },
}  # fmt: skip
TASKS = tuple(METRICS)
COSTS = {
    # no machine measures it twice alike
    "latency_ms": Metric("scoring.timing.median", False, interval=REPEATS, digits=2),
    "size_mb": Metric("", False, interval=""),
}
BY_CLASS = ("precision", "recall", "f1")  # what a class has by itself, one against the rest
SAMPLED, SAMPLE = ("silhouette", "davies_bouldin"), 3000  # of how many rows alone all pairs are looked at
DIGITS = 4
K = 10  # items of a list that count, where a spec says nothing
SHARES = {name for those in METRICS.values() for name, one in those.items() if one.is_share}  # told in points

Own = Mapping[str, Mapping]  # a team's metrics by their names, as evaluation.metrics has them


def of(task: str, own: Own | None = None) -> dict[str, Metric]:
    """Return the metrics of a task by name, and a team's own."""
    return METRICS[task] | {name: _of_team(name, one) for name, one in (own or {}).items()}


def _of_team(name: str, told: Mapping) -> Metric:
    return Metric(name, told["better"] == "higher", -math.inf, math.inf, interval=CALLS)


def known(task: str, own: Own | None = None) -> dict[str, Metric]:
    """Return all that may be asked of a model of a task: its metrics, a team's own, and what it costs."""
    return of(task, own) | COSTS


def held_out(task: str, is_labelled: bool = True) -> list[str]:
    """Return the names of the metrics that rows have: all but those that need folds, or labels where there are none."""
    lacking = {FOLDS} if is_labelled else {FOLDS, LABELS}
    return [name for name, one in of(task).items() if not lacking & {*one.needs}]


def is_by_folds(task: str) -> bool:
    """Say whether a task has a metric that compares what folds gave."""
    return any(FOLDS in one.needs for one in METRICS[task].values())


def directions(task: str, own: Own | None = None) -> dict[str, bool]:
    """Return for each name that may be asked of a model whether more is better."""
    return {name: one.more_is_better for name, one in known(task, own).items()}


def of_report(report: Mapping) -> dict[str, Metric]:
    """Return all that a report may tell of its model by name; older ones know no metrics of a team's own."""
    return known(report["task"], report.get("own_metrics"))


def titled(report: Mapping, name: str) -> str:
    """Return what people call a metric of a report: ndcg@10, where the first 10 items count."""
    ranking = report.get("ranking")
    return f"{name}@{ranking['k']}" if ranking and name in METRICS["ranking"] else name


def units(task: str) -> str:
    """Return what a model of a task is judged on: each of them is asked once."""
    return "persons" if task == "ranking" else "rows"


def reachable(name: str, rows: int | None) -> int | None:
    """Return so many rows, None where a metric is never of as many: more of them tell no more."""
    return None if name in SAMPLED and (rows or 0) > SAMPLE else rows


def digits(name: str) -> int:
    """Return how many significant digits of a metric people read, where no more are needed to tell it from another."""
    return COSTS[name].digits if name in COSTS else DIGITS
