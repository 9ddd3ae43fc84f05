"""Charts as one picture for files: SVG that can be read on white and on black. The one door to matplotlib."""

import io
import logging
import math
import warnings
from collections.abc import Sequence

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it tells of its caches

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from registry.formats.charts import BLUE, GREY, RED, Chart
from registry.formats.markdown import one_line

MOST, LONGEST = 30, 40
MOST_MARKS = 8  # of a scale of factors
WIDTH, ROW, PANEL = 7, 0.24, 3  # inches
SAME = {"svg.hashsalt": "registry", "svg.fonttype": "none", "text.parse_math": False, "font.size": 9}
NOTHING_ELSE = {"Date": None, "Creator": None}  # that would differ each time, or with each version of matplotlib
BESIDE = {"loc": "upper left", "bbox_to_anchor": (1, 1), "frameon": False}
TEXT = "#747d87"  # as far from white as from GitHub's black
LOOK = {name: TEXT for name in ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")}


def svg(title: str, charts: Sequence[Chart]) -> str:
    """Return a picture of charts below one another; of the same charts it is the same text."""
    heights = [_height(chart) for chart in charts]
    with matplotlib.rc_context(SAME | LOOK), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # boxes stand for letters that no font has
        figure = Figure(figsize=(WIDTH, sum(heights) + 0.4), layout="constrained")
        figure.suptitle(one_line(title, 100))
        panels = figure.subplots(len(charts), squeeze=False, height_ratios=heights)[:, 0]
        for axes, chart in zip(panels, charts, strict=True):
            _draw(axes, chart)
        made = io.StringIO()
        figure.savefig(made, format="svg", transparent=True, metadata=NOTHING_ELSE | {"Title": one_line(title, 100)})
    return made.getvalue()


def _height(chart: Chart) -> float:
    return PANEL if chart.is_ordered else 1 + ROW * max(3, min(MOST, len(chart.labels)))


def _draw(axes: Axes, chart: Chart) -> None:
    most = len(chart.labels) if chart.is_ordered else MOST
    axes.set_title(one_line(chart.heading(most), 100), loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_facecolor("none")
    (_scattered if chart.places else _along if chart.is_ordered else _across)(axes, chart, most)
    handles, names = axes.get_legend_handles_labels()
    order = sorted(range(len(names)), key=lambda place: names[place] != chart.subject)
    axes.legend([handles[one] for one in order], [names[one] for one in order], **BESIDE)


def _across(axes: Axes, chart: Chart, most: int) -> None:
    """A forest plot: things without an order below one another, the worst first."""
    values = chart.values[:most]
    places = range(len(values))
    axes.errorbar(
        values,
        places,
        xerr=_errors(chart, most),
        fmt="o",
        color=BLUE,
        ecolor=BLUE,
        capsize=2,
        markersize=4,
        label=chart.subject,
    )
    if chart.beside:
        axes.plot(
            chart.beside[1][:most], places, "D", color=GREY, fillstyle="none", markersize=5, label=chart.beside[0]
        )
    if chart.level:
        axes.axvline(chart.level[1], color=RED, linewidth=1, label=chart.level[0])
    axes.set_xlim(*chart.axis(most))
    axes.set_yticks(places, [one_line(label, LONGEST) for label in chart.labels[:most]])
    axes.set_ylim(len(values) - 0.5, -0.5)


def _along(axes: Axes, chart: Chart, most: int) -> None:
    places = range(len(chart.values))
    if chart.is_signed:
        low, high = zip(*chart.bounds, strict=True)
        axes.fill_between(places, low, high, color=BLUE, alpha=0.25, linewidth=0, label="90 % of the rows")
        axes.plot(places, chart.values, color=BLUE, marker="o", markersize=4, label=chart.subject)
    else:
        axes.bar(
            places,
            chart.values,
            yerr=_errors(chart, most),
            color=BLUE,
            alpha=0.4,
            ecolor=BLUE,
            capsize=2,
            label=chart.subject,
        )
    if chart.beside:
        axes.plot(places, chart.beside[1], color=GREY, marker="D", markersize=4, label=chart.beside[0])
    if chart.level:
        axes.axhline(chart.level[1], color=RED, linewidth=1, label=chart.level[0])
    axes.set_ylim(*chart.axis(most))
    axes.set_xticks(places, [one_line(label, LONGEST) for label in chart.labels])


def _scattered(axes: Axes, chart: Chart, most: int) -> None:
    look = {"color": BLUE, "ecolor": BLUE, "elinewidth": 0.5, "markersize": 4, "label": chart.subject}
    axes.errorbar(chart.places, chart.values, yerr=_errors(chart, most), fmt="o", **look)
    if chart.beside:
        axes.plot(chart.places, chart.beside[1], color=GREY, drawstyle="steps-post", label=chart.beside[0])
    if chart.level:
        axes.axhline(chart.level[1], color=RED, linewidth=1, label=chart.level[0])
    if chart.is_log:
        axes.set_xscale("log")
        axes.minorticks_off()
        ticks = _factors(min(chart.places), max(chart.places))
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_ylim(*chart.axis(most))


def _factors(low: float, high: float) -> list[float]:
    """Return the marks of a scale of factors: 1, 2 and 5 of each power of ten, or only powers where these are many."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    marks = [(power, times * 10.0**power) for power in powers for times in (1, 2, 5)]
    inside = [(power, mark) for power, mark in marks if low <= mark <= high]
    few = inside if len(inside) <= MOST_MARKS else [(power, mark) for power, mark in inside if mark == 10.0**power]
    return [mark for _, mark in few] or [low, high]


def _errors(chart: Chart, most: int) -> list[list[float]] | None:
    """Return how far the bounds lie from the values, as matplotlib wants it; those that leave one out, not at all."""
    if not chart.bounds:
        return None
    bottom, top = chart.axis(most)
    those = list(zip(chart.values, chart.bounds, strict=True))[:most]
    below = [
        max(0.0, value - max(low, bottom)) for value, (low, _) in those
    ]  # rounding, or a bootstrap, may leave it out
    return [below, [max(0.0, min(high, top) - value) for value, (_, high) in those]]
