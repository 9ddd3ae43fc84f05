"""What a threshold is held against: all held-out rows, slices of them, or the folds. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from registry.errors import did_you_mean
from registry.evidence import slices
from registry.evidence.claims import is_number
from registry.evidence.slices import LABEL, Slice, named
from registry.judging.questions import Place
from registry.specs import sources
from registry.tasks import measures

WORST, ESTIMATE = "worst", "estimate"
FEWEST_ROWS = 30


@dataclass(frozen=True)
class Subject:
    """One value that a threshold is held against: its name, the evidence, and the incumbent on the same rows.

    `rows` is how many it is of, where that is to be held against the fewest; `unknown` why it may have no value.
    `is_optional` says that it is one of many, and left out where its rows are too few.
    """

    name: str
    value: object
    evidence: Mapping | None = None
    incumbent: Mapping | None = None
    rows: int | None = None
    unknown: str = ""
    is_optional: bool = False


@dataclass(frozen=True)
class Threshold:
    """One threshold of a spec, at its place there, and the report that it is held against."""

    report: Mapping
    task: str
    place: Place
    metric: str
    asked: Mapping

    @property
    def more_is_better(self) -> bool:
        """Whether a higher value is a better one."""
        return measures.directions(self.task, self.report.get("own_metrics")).get(self.metric, True)

    @property
    def is_by_estimate(self) -> bool:
        """Whether the value alone counts: the spec asks for that, or the report is older than evidence."""
        return self.asked.get("by") == ESTIMATE or "evidence" not in self.report

    @property
    def fewest(self) -> int:
        """How many rows a slice needs to be judged."""
        return self.asked.get("min_rows", FEWEST_ROWS)

    @property
    def name(self) -> str:
        """What people call its slices as a whole: recall of the worst slice."""
        wanted = self.asked["slice"]
        return f"{self.title} of {'the worst slice' if wanted == WORST else named(wanted)}"

    @property
    def title(self) -> str:
        """What people call its metric."""
        return measures.titled(self.report, self.metric)

    @property
    def units(self) -> str:
        """What it is judged on: rows, or persons."""
        return measures.units(self.task)

    @property
    def others(self) -> str:
        """Advice on a slice that no row is in: those by its columns that have some."""
        wanted = self.asked["slice"]
        known = [one.name for one in slices.of(self.report) if wanted != WORST and one.values.keys() == wanted.keys()]
        return f" ({did_you_mean(named(wanted), known)})" if known else ""

    def subjects(self) -> list[Subject]:
        """Return what the threshold is held against: of `slice: worst` all slices that have the metric."""
        if "folds" in self.asked:
            return [self._folds()]
        if "slice" not in self.asked:
            value, evidence = (self.report.get(name, {}).get(self.metric) for name in ("metrics", "evidence"))
            return [Subject(self.title, value, evidence, self.report["incumbent"], unknown=self._unknown())]
        found = [one for one in slices.of(self.report) if self._is_meant(one)]
        return [self._slice(one) for one in found]

    def _unknown(self) -> str:
        """Say why a metric of clusters has no value, where that is known."""
        clusters, known = self.report.get("clusters"), measures.of(self.task).get(self.metric)
        if not clusters or known is None:
            return ""
        if measures.LABELS in known.needs and not clusters["labelled"]:
            return ", since load() returns no labels"
        return (
            "" if clusters["sampled"] or known.needs else ", since the inputs hold no numbers, so no row lies anywhere"
        )

    def _is_meant(self, one: Slice) -> bool:
        wanted = self.asked["slice"]
        if wanted == WORST:
            return self.metric in one.metrics or (one.is_class and self.metric in measures.BY_CLASS)
        return one.values == slices.texts(wanted)

    def _slice(self, one: Slice) -> Subject:
        has_value = is_number(value := one.metrics.get(self.metric))
        kind = "label" if one.is_class else "slice"
        shown = f"the worst {kind} ({one.values[LABEL] if one.is_class else one.name})"
        name = shown if self.asked["slice"] == WORST and has_value else one.name
        advice = "" if sources.is_apart(self.report.get("data", {})) else "write a larger data.holdout, or "
        unknown = f", since no held-out row has that label ({advice}bring more rows of it)" if one.is_class else ""
        return Subject(
            f"{self.title} of {name}", value, one.evidence.get(self.metric), one.incumbent, one.rows, unknown,
            is_optional=self.asked["slice"] == WORST and not one.is_class,
        )  # fmt: skip

    def _folds(self) -> Subject:
        """Return what the folds reached: the worst of them, as it is, or their mean; nothing tells how that varies if all agree."""
        found = (self.report["cross_validation"] or {}).get(self.metric, {"values": [], "mean": None, "std": None})
        values = found["values"]
        if self.asked["folds"] != WORST:
            by_time = "time" in self.report.get("data", {}).get("split", {})
            known = {"kind": "folds", "std": found["std"], "count": len(values), "by_time": by_time}
            evidence = known if found["std"] else None
            return Subject(f"{self.title}, the mean of {len(values)} folds,", found["mean"], evidence)
        known = values and all(map(is_number, values))
        worst = (min if self.more_is_better else max)(values) if known else None
        return Subject(f"{self.title} of the worst of {len(values)} folds", worst, {"kind": "exact"})
