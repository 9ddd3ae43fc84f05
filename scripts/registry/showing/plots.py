"""The pictures that a report can give, as charts: slices, folds, calibration, residuals. Pure."""

import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from registry.evidence import intervals, slices
from registry.evidence.claims import is_number
from registry.evidence.slices import LABEL, Slice
from registry.formats.charts import Chart
from registry.showing import asides
from registry.tasks import measures

MOST, MOST_BINS, MOST_CHARTS = 30, 12, 6  # more are not told apart
BIN = re.compile(r"below \S+|\S+ to \S+|\S+ and above|missing")
LARGEST = 1e9  # Mermaid writes each digit


def charts(report: Mapping) -> list[Chart]:
    """Return what can be drawn of a report, what was asked about first."""
    slices = [chart for metric in drawn(report) for chart in _slices(report, metric)]
    return [*slices[:MOST_CHARTS], *asides.charts(report), *_calibration(report), *_residuals(report), *_folds(report)]


def drawn(report: Mapping) -> list[str]:
    """Return the metrics to draw by slice: those that were asked of slices, else the most usual ones that they have."""
    there = {metric for one in slices.of(report) for metric in one.metrics}
    known = [metric for metric in measures.of_report(report) if metric in there]
    asked = [metric for metric in known if any("slice" in one for one in limits(report, metric))]
    return asked or [metric for metric in ("recall", "accuracy", "mae", "ndcg", "silhouette") if metric in known]


def worst_first(report: Mapping, metric: str) -> list[Slice]:
    """Return the slices that have a metric, the worst first."""
    those = [one for one in slices.of(report) if is_number(one.metrics.get(metric))]
    return sorted(those, key=partial(_badness, report, metric))


def limits(report: Mapping, metric: str) -> Sequence[Mapping]:
    """Return the thresholds of a metric, of which there may be one or a list."""
    found = report["thresholds"].get(metric, [])
    return [found] if isinstance(found, Mapping) else found


def _slices(report: Mapping, metric: str) -> Iterator[Chart]:
    """Yield a chart for each column, or crossing of columns: bins of numbers in their order, others worst first."""
    groups: dict[tuple[str, ...], list[Slice]] = {}
    for one in slices.of(report):
        if _is_drawn(one.metrics.get(metric)):
            groups.setdefault(tuple(one.values), []).append(one)
    for columns, those in groups.items():
        is_ordered = columns != (LABEL,) and 1 < len(those) <= MOST_BINS and all(map(_is_bin, those))
        shown = those if is_ordered else sorted(those, key=partial(_badness, report, metric))[:MOST]
        old = [((one.incumbent or {}).get("metrics") or {}).get(metric) for one in shown]
        yield Chart(
            f"{measures.titled(report, metric)} by {', '.join(columns)}", [", ".join(one.values.values()) for one in shown],
            [one.metrics[metric] for one in shown], _bounds(shown, metric),
            beside=(report["incumbent"]["version"], old) if report["incumbent"] and all(map(_is_drawn, old)) else None,
            level=_level(report, metric, "slice"), is_ordered=is_ordered, reach=_reach(report, metric), total=len(those),
        )  # fmt: skip


def _is_drawn(value: object) -> bool:
    return is_number(value) and abs(value) <= LARGEST


def _is_bin(one: Slice) -> bool:
    return all(BIN.fullmatch(value) for value in one.values.values())


def _badness(report: Mapping, metric: str, one: Slice) -> float:
    return one.metrics[metric] * (1 if measures.of_report(report)[metric].more_is_better else -1)


def _bounds(those: Sequence[Slice], metric: str) -> list[tuple[float, float]]:
    """Return the bounds of each slice; none where one has none."""
    if not all(metric in one.evidence for one in those):
        return []
    return [intervals.bounds(one.evidence[metric], one.metrics[metric]) for one in those]


def _level(report: Mapping, metric: str, which: str) -> tuple[str, float] | None:
    """Return the first limit that is asked of a metric's slices, or folds."""
    asked = (one for one in limits(report, metric) if which in one)
    kinds = {"min": "at least", "max": "at most"}
    return next(
        ((f"{told} {one[kind]:g}", one[kind]) for one in asked for kind, told in kinds.items() if kind in one), None
    )


def _folds(report: Mapping) -> Iterator[Chart]:
    found = report["cross_validation"] or {}
    asked = [metric for metric in found if _level(report, metric, "folds")]
    known = [metric for metric in measures.of_report(report) if metric in found]
    for metric in asked or ([metric for metric in known if metric in report["thresholds"]] or known)[:1]:
        values = found[metric]["values"]
        if values and all(map(_is_drawn, values)):
            labels = [f"fold {number}" for number in range(1, len(values) + 1)]
            level = _level(report, metric, "folds") or ("their mean", statistics.fmean(values))
            yield Chart(
                f"{measures.titled(report, metric)} by fold", labels, values, level=level, reach=_reach(report, metric),
                first="first",
            )  # fmt: skip


def _calibration(report: Mapping) -> Iterator[Chart]:
    found = (report.get("calibration") or {"bins": []})["bins"]
    if bins := [one for one in found if one["rows"] and 0 <= one["observed"] <= 1]:
        evidence = [{"kind": "share", "count": one["observed"] * one["rows"], "rows": one["rows"]} for one in bins]
        yield Chart(
            "how often it is right, by how sure it is", [f"{one['predicted']:.2f}" for one in bins],
            [one["observed"] for one in bins],
            [intervals.bounds(how, one["observed"]) for how, one in zip(evidence, bins, strict=True)],
            beside=("what it promises", [one["predicted"] for one in bins]), is_ordered=True, reach=(0, 1),
        )  # fmt: skip


def _residuals(report: Mapping) -> Iterator[Chart]:
    bins = [one for one in (report.get("residuals") or {"bins": []})["bins"] if one["rows"]]
    if bins and all(_is_drawn(one[end]) for one in bins for end in ("low_residual", "high_residual")):
        yield Chart(
            "how far off it is, by what it predicts", [f"{(one['low'] + one['high']) / 2:.3g}" for one in bins],
            [one["mean"] for one in bins], [(one["low_residual"], one["high_residual"]) for one in bins],
            level=("nothing off", 0), is_ordered=True, is_signed=True,
        )  # fmt: skip


def _reach(report: Mapping, metric: str) -> tuple[float, float]:
    """Return the least and the most that a metric can be."""
    known = measures.of_report(report)[metric]
    return known.low, known.high
