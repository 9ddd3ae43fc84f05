"""The rows of a report's table: each metric beside the version before and what was asked, worst first. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

from registry.evidence import intervals, slices
from registry.evidence.claims import CANNOT_TELL, FAIL, PASS, is_number
from registry.evidence.slices import LABEL, Slice
from registry.formats.markdown import decimals, fixed, number
from registry.tasks import measures

WORST_FIRST = (FAIL, CANNOT_TELL, PASS)
MARKS = {PASS: "✓", FAIL: "✗", CANNOT_TELL: "?", "": ""}
COLOURS = {PASS: "green", FAIL: "red", CANNOT_TELL: "yellow", "": ""}  # of a terminal
UNITS = {"latency_ms": "latency, ms", "size_mb": "size, MB"}
MOST = 5  # limits of one value
Bounds = tuple[float, float] | None


@dataclass(frozen=True)
class Row:
    """One metric as people read it, in texts that are empty where there is nothing to tell.

    `verdict` is the worst of what was asked; `bounds` are those of the new value, `spread` those of the change. What no
    threshold asks for (`is_asked`) must be so for every model; `is_common` are latency and size, which all tasks have.
    """

    verdict: str
    metric: str
    new: str
    bounds: str = ""
    old: str = ""
    change: str = ""
    spread: str = ""
    asked: Sequence[str] = ()
    is_asked: bool = False
    is_common: bool = False

    @property
    def mark(self) -> str:
        """The verdict in one character, which takes no colour to be read."""
        return MARKS[self.verdict]


@dataclass(frozen=True)
class Value:
    """What both versions reached in one metric, on the same rows where there is a change with bounds."""

    metric: str
    new: float | None
    bounds: Bounds = None
    old: float | None = None
    change: float | None = None
    spread: Bounds = None
    title: str = ""

    def texts(self, more_is_better: bool | None, near: Sequence[float]) -> tuple[str, str, str, str, str]:
        """Return new value, bounds, old value, change and its bounds, in digits that tell the new one from `near`."""
        digits = measures.digits(self.metric)
        new, bounds = ends(self.new, self.bounds, near, digits)
        old = number(self.old, digits=digits)
        if is_number(self.old) and self.bounds:
            old = fixed(self.old, places(self.bounds))
        if not is_number(self.change):
            return new, bounds, old, "-", ""
        change, spread = ends(self.change, self.spread, (), digits)
        if not self.spread and new == old:
            return new, bounds, old, "the same", ""
        return new, bounds, old, f"{'+' * (self.change > 0)}{change}{self._word(more_is_better)}", spread

    def _word(self, more_is_better: bool | None) -> str:
        """Say whether a change is for the better, where that is sure."""
        surely = self.spread is None or self.spread[0] > 0 or self.spread[1] < 0
        if more_is_better is None or not surely or not self.change:
            return ""
        return ", better" if (self.change > 0) == more_is_better else ", worse"


def places(bounds: tuple[float, float]) -> int:
    """Return how many decimals a value with such bounds carries."""
    return decimals((bounds[1] - bounds[0]) / 2)


def ends(value: float | None, bounds: Bounds, near: Sequence[float] = (), digits: int = 4) -> tuple[str, str]:
    """Return a value, and its bounds as `0.940 to 0.966`, with as many digits as these carry."""
    if not (bounds and is_number(value) and all(map(is_number, bounds))):
        return number(value, *near, digits=digits), ""
    shown = [fixed(one, places(bounds), *near) for one in (value, *bounds)]
    return shown[0], f"{shown[1]} to {shown[2]}"


def named(metric: str) -> str:
    """Return a metric with its unit, in words."""
    return UNITS.get(metric, metric)


def before(report: Mapping, earlier: Mapping | None) -> tuple[str | None, Mapping]:
    """Return the version before a report's and its metrics, or None and nothing.

    That is the report's incumbent, scored on the same rows; what it lacks comes from `earlier`, the report of the release
    before, and that stands in for the whole where there is no incumbent.
    """
    incumbent = report.get("incumbent")
    version = (incumbent or earlier or {}).get("version")
    recorded = earlier["metrics"] if earlier and earlier["version"] == version else {}
    return version, {**recorded, **((incumbent or {}).get("metrics") or {})}


def old_version(report: Mapping, earlier: Mapping | None) -> str:
    """Return what the old values are of: `1.1.0`, `1.1.0 on 400 rows new to it`, or `1.1.0 as recorded`."""
    version, incumbent = before(report, earlier)[0], report.get("incumbent") or {}
    if version is None:
        return ""
    fewer = incumbent.get("rows") not in (None, report["rows"]["holdout"])
    where = f" on {incumbent['rows']:,} {measures.units(report['task'])} new to it" if fewer else ""
    return f"{version}{where if incumbent.get('metrics') else ' as recorded'}"


def directed(report: Mapping) -> dict[str, bool | None]:
    """Return the metrics of a report and whether more is better; None for latency, which no two machines share."""
    return {name: one.more_is_better for name, one in measures.of_report(report).items()} | {"latency_ms": None}


def whole(report: Mapping, metric: str, earlier: Mapping | None = None) -> Value:
    """Return what both versions reached in a metric, on all held-out rows."""
    new, incumbent = report["metrics"].get(metric), report.get("incumbent") or {}
    same = (incumbent.get("candidate") or {}).get(metric, new)
    old = before(report, earlier)[1].get(metric)
    change = same - old if is_number(same) and is_number(old) else None
    return Value(
        metric, new, bounds(report, metric, new), old, change, bounds(incumbent, metric, change),
        measures.titled(report, metric),
    )  # fmt: skip


def bounds(scored: Mapping, metric: str, value: float | None) -> Bounds:
    """Return the bounds of a metric by the evidence for it, None where there is none, or nothing uncertain."""
    evidence = scored.get("evidence", {}).get(metric)
    uncertain = evidence and evidence["kind"] != "exact" and is_number(value)
    return intervals.bounds(evidence, value) if uncertain else None


def of_slice(one: Slice, metric: str) -> Value:
    """Return what both versions reached in a metric, on the rows of a slice."""
    incumbent, new = one.incumbent or {}, one.metrics.get(metric)
    old, same = ((incumbent.get(who) or {}).get(metric) for who in ("metrics", "candidate"))
    change = same - old if is_number(same) and is_number(old) else None
    scored = {"evidence": one.evidence}
    return Value(metric, new, bounds(scored, metric, new), old, change, bounds(incumbent, metric, change))


def over_folds(fold: Mapping) -> tuple[str, str]:
    """Return the mean of a metric over the folds and its deviation, with as many digits as that carries."""
    mean, std = fold["mean"], fold["std"]
    if mean is None or not std:
        return number(mean), number(std)
    return fixed(mean, decimals(std)), fixed(std, decimals(std))


def is_asked(judgement: Mapping) -> bool:
    """Say whether a judgement is of a threshold, and not of what must be so whatever is asked."""
    return judgement["place"][0] == "thresholds" and len(judgement["place"]) > 1


def counts_as(judgement: Mapping) -> str:
    """Return the verdict, but that a `cannot tell` which a person accepted passes."""
    return PASS if judgement.get("accepted") else judgement["verdict"]


def asked(report: Mapping, earlier: Mapping | None = None) -> list[Row]:
    """Return a row for each value that a threshold is held against, and each condition that is not kept, worst first."""
    judged = [one for one in report["judgements"] if is_asked(one) or counts_as(one) != PASS]
    directions = directed(report)
    return _rows(judged, lambda name, those: _value(report, name, those, earlier), directions)


def recorded(judgements: Sequence[Mapping]) -> list[Row]:
    """Return a row for each value of a released version that other thresholds are held against, worst first."""
    return _rows(judgements, lambda _, those: _as_judged(those), {})


def _rows(
    judged: Sequence[Mapping], value: Callable[[str, Sequence[Mapping]], Value], directions: Mapping[str, bool | None]
) -> list[Row]:
    """Return a row for each name, whatever was asked of it."""
    groups: dict[str, list[Mapping]] = {}
    for one in judged:
        groups.setdefault(one["name"], []).append(one)
    rows = [_row(name, those, value(name, those), directions) for name, those in groups.items()]
    return sorted(rows, key=lambda row: (WORST_FIRST.index(row.verdict), not row.is_asked, row.is_common))


def _row(name: str, those: Sequence[Mapping], value: Value, directions: Mapping[str, bool | None]) -> Row:
    direction = directions.get(value.metric)
    near = [limit for one in those if is_number(limit := _limit(one, value.old, direction))]
    worst = min((one["verdict"] for one in those), key=WORST_FIRST.index)
    marks = [
        word for word, key in (("by estimate", "by"), ("accepted", "accepted")) if any(one.get(key) for one in those)
    ]
    shown = ", ".join([name.replace(value.metric, named(value.metric), 1), *marks])
    asked = list(dict.fromkeys(_words(one) for one in those))[:MOST]
    is_common = value.metric in measures.COSTS
    return Row(worst, shown, *value.texts(direction, near), asked, any(map(is_asked, those)), is_common)


def _value(report: Mapping, name: str, those: Sequence[Mapping], earlier: Mapping | None) -> Value:
    """Return what was judged under a name, with all that the report knows of it."""
    metric = those[0]["place"][1] if is_asked(those[0]) else name
    if name == measures.titled(report, metric) and metric in report["metrics"]:
        return whole(report, metric, earlier)
    if one := next((one for one in slices.of(report) if _is_called(report, one, metric, name)), None):
        return of_slice(one, metric)
    return _as_judged(those)


def _as_judged(those: Sequence[Mapping]) -> Value:
    """Return what judgements of one value say of it."""
    metric = those[0]["place"][1] if is_asked(those[0]) else those[0]["name"]
    level = next((one for one in those if one.get("change") is None), those[0])
    drop = next((one for one in those if one.get("change") is not None), None)
    bounds = None if level is drop else _both(level)
    if drop is None:
        return Value(metric, level["value"], bounds)
    return Value(metric, level["value"], bounds, drop["value"] - drop["change"], drop["change"], _both(drop))


def _is_called(report: Mapping, one: Slice, metric: str, name: str) -> bool:
    """Say whether a judgement of a metric is of a slice, by its name."""
    worst = f"the worst label ({one.values[LABEL]})" if one.is_class else f"the worst slice ({one.name})"
    title = measures.titled(report, metric)
    return metric in one.metrics and name in (f"{title} of {one.name}", f"{title} of {worst}")


def _both(judgement: Mapping) -> Bounds:
    low, high = judgement.get("low"), judgement.get("high")
    return None if low is None or high is None else (low, high)


def _limit(judgement: Mapping, old: float | None, more_is_better: bool | None) -> float | None:
    """Return what a value just may be; older judgements have their limit in words only: `at most 20`."""
    words = judgement["asked"].split()
    limit = judgement.get("limit", float(words[2]) if words[:1] == ["at"] else None)
    if judgement["place"][-1] != "max_drop" or not (is_number(limit) and is_number(old)):
        return limit if judgement["place"][-1] in ("min", "max") else None
    return round(old - abs(limit) if more_is_better else old + abs(limit), 12)


def _words(judgement: Mapping) -> str:
    """Return what was asked in few words: the version that it may not be worse than stands above its column."""
    text, than, version = judgement["asked"].partition(" than ")
    kept = text if text.endswith(" worse") else f"{text}{than}{version}"
    dropped = " (dropped)" if version.endswith("(dropped)") else ""
    return f"{kept.replace('at least ', '≥ ').replace('at most ', '≤ ')}{dropped}"


def printed(rows: Sequence[Row], before: str = "") -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the head and the cells of a table in a terminal; `before` is the version that the old values are of."""
    with_old = [True, True, True, bool(before), bool(before), True]
    cells = [
        (row.mark, row.metric, _broken(row.new, row.bounds), row.old, _broken(row.change, row.spread), ",\n".join(row.asked))
        for row in rows
    ]  # fmt: skip
    heads = "", "metric", "new" if before else "value", f"old\n({before})", "change", "asked"
    return tuple(compress(heads, with_old)), [tuple(compress(line, with_old)) for line in cells]


def _broken(value: str, bounds: str) -> str:
    return f"{value}\n({bounds})" if bounds else value


def unasked(report: Mapping, earlier: Mapping | None = None) -> list[Row]:
    """Return a row for each metric that nobody asked about."""
    names, directions = {one["name"] for one in report["judgements"]}, directed(report)
    return [
        Row(
            "",
            named(measures.titled(report, metric)),
            *whole(report, metric, earlier).texts(directions.get(metric), ()),
        )
        for metric in report["metrics"]
        if measures.titled(report, metric) not in names
    ]
