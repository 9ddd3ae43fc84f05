"""Charts as values, whoever draws them, and as GitHub's Mermaid does. Pure."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from registry.formats.markdown import fence, one_line, text

MOST, LONGEST = 12, 24  # bars that are told apart on a phone, and characters of a label
WIDTH, HEIGHT, ROW = 360, 250, 26  # of what a phone shows without making it smaller
# of an axis, and how far apart Mermaid puts the marks on it: beside it there is room for eleven, above it for eight
UPRIGHT, LYING = {1.5: 0.2, 2: 0.2, 3.5: 0.5, 5: 0.5, 7.5: 1, 10: 1}, {1.5: 0.2, 3.5: 0.5, 7.5: 1}
BLUE, RED, GREY = "#218bff", "#cf222e", "#8c959f"  # seen on white and on black
SMALL = ", ".join(f'"{axis}": {{"labelFontSize": 11}}' for axis in ("xAxis", "yAxis"))
PALE = f"{BLUE}66"  # where one lies over another it is darker


@dataclass(frozen=True)
class Chart:
    """What one picture shows: a value for each label, with its bounds where it has some.

    `beside` are other values to compare with, in a line where the labels have an order (`is_ordered`); `level` is one that
    all are held against; both have a name. What can be less than nothing is drawn in lines (`is_signed`), since bars begin
    at the bottom. `reach` is the least and the most that the values can be. `total` counts those that are left out, too,
    and `first` says which those are that are shown. What is counted begins at 0 (`is_counted`). `subject` is what the
    values are of. With `places`, one a value, each is a dot there, along a scale of factors if `is_log`.
    """

    title: str
    labels: Sequence[str]
    values: Sequence[float]
    bounds: Sequence[tuple[float, float]] = ()
    beside: tuple[str, Sequence[float]] | None = None
    level: tuple[str, float] | None = None
    is_ordered: bool = False
    is_signed: bool = False
    is_counted: bool = False
    reach: tuple[float, float] = (-math.inf, math.inf)
    total: int = 0
    first: str = "worst"
    subject: str = "the new version"
    places: Sequence[float] = ()
    is_log: bool = False

    def heading(self, most: int) -> str:
        """Return the title of a picture that has room for so many."""
        total, shown = max(self.total, len(self.labels)), min(most, len(self.labels))
        return self.title if shown == total else f"{self.title}, the {shown} {self.first} of {total:,}"

    @property
    def key(self) -> str:
        """What its colours mean, in a line."""
        sure = " (faint where that is not sure)" if self.bounds else ""
        bars = "lines: the mean, and where 90 % of the rows lie" if self.is_signed else f"bars: {self.subject}{sure}"
        line = f"; grey line: {self.beside[0]}" if self.beside and self.is_ordered else ""
        level = f"; red line: {self.level[0]}" if self.level else ""
        return f"{bars}{line}{level}"

    def axis(self, most: int) -> tuple[float, float]:
        """Return where an axis begins and ends: near the values, and never beyond what they can reach."""
        found = [
            *self.values[:most],
            *(self.beside[1][:most] if self.beside else ()),
            *([self.level[1]] if self.level else []),
            *([0] if self.is_counted else []),
        ]
        found += [end for both in self.bounds[:most] for end in both if math.isfinite(end)]
        return _around(min(found), max(found), *self.reach, UPRIGHT if self.is_ordered else LYING)


def _around(low: float, high: float, least: float, most: float, spans: Mapping[float, float]) -> tuple[float, float]:
    room = (high - low) * 0.05 or abs(high) * 0.05 or 0.5
    low, high = max(least, low - room), min(most, high + room)
    for size in range(math.floor(math.log10(high - low)) - 1, 310):
        for times, step in spans.items():
            span, mark = times * 10.0**size, step * 10.0**size
            top = min(most, math.ceil(high / mark - 1e-9) * mark)
            if low == least and high <= least + span:
                return least, min(most, least + span)
            if top - span <= low + span * 1e-9:
                bottom = max(least, top - span)
                return bottom, min(most, bottom + span)
    return low, high


def mermaid(chart: Chart) -> str:
    """Return a chart as a Mermaid block: things without an order lie below one another, and no line joins them."""
    most = len(chart.labels) if chart.is_ordered else MOST
    labels = ", ".join(f'"{_literal(label, LONGEST)}"' for label in chart.labels[:most])
    bottom, top = chart.axis(most)
    drawn = [(kind, [min(max(value, bottom), top) for value in values[:most]], colour)
             for kind, values, colour in _series(chart)]  # fmt: skip
    lines = [
        _settings(chart, min(most, len(chart.labels)), [colour for *_, colour in drawn]),
        f"xychart-beta{'' if chart.is_ordered else ' horizontal'}",
        f'  title "{_literal(chart.heading(most))}"',
        f"  x-axis [{labels}]",
        f"  y-axis {_decimal(bottom)} --> {_decimal(top)}",
        *(f"  {kind} [{', '.join(map(_decimal, values))}]" for kind, values, _ in drawn),
    ]
    return fence("\n".join(lines), "mermaid")


def _series(chart: Chart) -> Iterator[tuple[str, Sequence[float], str]]:
    """Yield what is drawn, in its order: each lies over those before."""
    kind = "line" if chart.is_signed else "bar"
    outer, inner = (GREY, BLUE) if chart.is_signed else (PALE, PALE if chart.bounds else BLUE)
    if chart.bounds:
        yield kind, [high for _, high in chart.bounds], outer
    yield kind, chart.values, inner
    if chart.bounds:
        yield kind, [low for low, _ in chart.bounds], outer
    if chart.beside and chart.is_ordered:
        yield "line", chart.beside[1], GREY
    if chart.level:
        yield "line", [chart.level[1]] * len(chart.labels), RED


def _settings(chart: Chart, shown: int, colours: Sequence[str]) -> str:
    height = HEIGHT if chart.is_ordered else 70 + ROW * max(shown, 3)
    size = f'"width": {WIDTH}, "height": {height}, "titleFontSize": 14, {SMALL}'
    look = f'"backgroundColor": "transparent", "plotColorPalette": "{",".join(colours)}"'
    return f'%%{{init: {{"xyChart": {{{size}}}, "themeVariables": {{"xyChart": {{{look}}}}}}}}}%%'


def _decimal(value: float) -> str:
    """Mermaid knows no exponents."""
    return f"{Decimal(f'{value:.4g}'):f}"


def _literal(value: object, most: int = 60) -> str:
    """Return a label reduced to what Mermaid's grammar takes literally."""
    plain = "".join(one if one.isalnum() or one in " _.,:+=()/-" else "·" for one in one_line(value, most))
    return plain or "-"


def told(chart: Chart) -> str:
    """Return what a chart's colours mean, as Markdown."""
    return text(f"{chart.key[0].upper()}{chart.key[1:]}.")
