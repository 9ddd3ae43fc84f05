"""The pictures of a search: its history, and each argument against the metric. Pure."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from registry.formats import reader
from registry.formats.charts import Chart
from registry.tuning.space import Axis
from registry.tuning.trials import OWN, Found

MOST = 8  # groups that are told apart on a phone
SO_FAR, MEANS, BESTS = "the best so far", "mean over the folds", "the best of each"


def dots(found: Found, axes: Sequence[Axis]) -> Iterator[Chart]:
    """Yield charts with a dot for each trial that ended well: for a picture that has room."""
    those = sorted(found.ranked, key=lambda one: one.number)
    means, numbers = [one.mean for one in those], [one.number for one in those]
    spreads = [(one.mean - one.deviation, one.mean + one.deviation) for one in those]
    more = {"level": _level(found), "is_ordered": True, "subject": MEANS, "reach": found.reach}
    beside = SO_FAR, _so_far(found, means)
    yield Chart(f"{found.metric} by trial", [*map(str, numbers)], means, spreads, beside, places=numbers, **more)
    for axis in axes:
        here = [one for one in those if axis.name in one.arguments]
        values = [one.arguments[axis.name] for one in here]
        if axis.choices:
            yield _chosen(found, axis)
        elif here:
            reached, labels = [one.mean for one in here], [*map(reader.inline, values)]
            yield Chart(f"{found.metric} by {axis.name}", labels, reached, places=values, is_log=axis.is_log, **more)


def bars(found: Found, axes: Sequence[Axis]) -> Iterator[Chart]:
    """Yield the same as charts of few bars, each the best of some trials, for where there is less room."""
    those = sorted(found.ranked, key=lambda one: one.number)
    yield _grouped(found, f"{found.metric} by trial", [(one.number, one.mean) for one in those], is_history=True)
    for axis in axes:
        pairs = [(one.arguments[axis.name], one.mean) for one in those if axis.name in one.arguments]
        if axis.choices:
            yield _chosen(found, axis)
        elif pairs:
            yield _grouped(found, f"{found.metric} by {axis.name}", sorted(pairs))


def _grouped(found: Found, title: str, pairs: Sequence[tuple[float, float]], *, is_history: bool = False) -> Chart:
    """Return a chart of groups of about as many neighbours each."""
    count = min(MOST, len(pairs))
    ends = [round(place * len(pairs) / count) for place in range(count + 1)]
    groups = [pairs[start:end] for start, end in zip(ends, ends[1:], strict=False)]
    labels = [_span(group[0][0], group[-1][0]) for group in groups]
    values = [_better(found, [value for _, value in group]) for group in groups]
    beside = (SO_FAR, _so_far(found, values)) if is_history else None
    return Chart(
        title, labels, values, beside=beside, level=_level(found), is_ordered=True, reach=found.reach, subject=BESTS
    )


def _span(low: float, high: float) -> str:
    return reader.inline(low) if low == high else f"{reader.inline(low)} to {reader.inline(high)}"


def _chosen(found: Found, axis: Axis) -> Chart:
    """Return a chart of the best trial of each choice."""
    best = {}
    for one in found.ranked:
        if axis.name in one.arguments:
            best.setdefault(reader.inline(one.arguments[axis.name]), one.mean)
    title = f"{found.metric} by {axis.name}"
    return Chart(title, [*best], [*best.values()], level=_level(found), reach=found.reach, subject=BESTS)


def _level(found: Found) -> tuple[str, float] | None:
    return (OWN, found.present.mean) if found.present else None


def _better(found: Found, values: Sequence[float]) -> float:
    return max(values) if found.is_rising else min(values)


def _so_far(found: Found, values: Sequence[float]) -> list[float]:
    return [*accumulate(values, max if found.is_rising else min)]
