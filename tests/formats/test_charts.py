"""Charts as GitHub's Mermaid draws them: what is drawn in which order, near what was measured, whatever the labels are."""

import math
import re

import pytest
from drawing import WORDS
from hypothesis import example, given
from hypothesis import strategies as st
from rendering import read

from registry.formats.charts import Chart, mermaid, told

FOREST = Chart(
    "recall by label", ["7", "0"], [0.84, 0.98], [(0.77, 0.89), (0.96, 0.99)], beside=("1.1.0", [0.9, 0.9]),
    level=("at least 0.8", 0.8), reach=(0, 1), total=105,
)  # fmt: skip
AGES = Chart(
    "mae by age", ["below 20", "20 and above"], [2, 3.4], beside=("1.1.0", [2.5, 2.5]), is_ordered=True,
    reach=(0, math.inf),
)  # fmt: skip
SETTINGS = (
    '%%{{init: {{"xyChart": {{"width": 360, "height": {height}, "titleFontSize": 14, "xAxis": {{"labelFontSize": 11}},'
    ' "yAxis": {{"labelFontSize": 11}}}}, "themeVariables": {{"xyChart": {{"backgroundColor": "transparent",'
    ' "plotColorPalette": "{colours}"}}}}}}}}%%'
)


def test_slices_lie_below_one_another_with_their_bounds_and_no_line_joins_them() -> None:
    colours = "#218bff66,#218bff66,#218bff66,#cf222e"
    assert mermaid(FOREST) == (
        f"```mermaid\n{SETTINGS.format(height=148, colours=colours)}\nxychart-beta horizontal\n"
        '  title "recall by label, the 2 worst of 105"\n'
        '  x-axis ["7", "0"]\n'
        "  y-axis 0.65 --> 1\n"
        "  bar [0.89, 0.99]\n  bar [0.84, 0.98]\n  bar [0.77, 0.96]\n"
        "  line [0.8, 0.8]\n```"
    )
    assert told(FOREST) == "Bars: the new version (faint where that is not sure); red line: at least 0.8."


def test_what_has_an_order_stands_side_by_side_and_a_line_is_the_version_before() -> None:
    assert mermaid(AGES).splitlines()[1:] == [
        SETTINGS.format(height=250, colours="#218bff,#8c959f"), "xychart-beta", '  title "mae by age"',
        '  x-axis ["below 20", "20 and above"]', "  y-axis 1.6 --> 3.6", "  bar [2, 3.4]", "  line [2.5, 2.5]", "```",
    ]  # fmt: skip
    assert told(AGES) == "Bars: the new version; grey line: 1.1.0."


def test_what_can_be_less_than_nothing_is_drawn_in_lines() -> None:
    chart = Chart("off by", ["1", "2"], [0.3, -2], [(-2, 3), (-9, 1)], level=("nothing off", 0), is_ordered=True, is_signed=True)  # fmt: skip
    drawn = mermaid(chart).splitlines()[-6:-1]
    assert drawn == ["  y-axis -11 --> 4", *(f"  line [{one}]" for one in ("3, 1", "0.3, -2", "-2, -9", "0, 0"))]
    assert told(chart) == "Lines: the mean, and where 90 % of the rows lie; red line: nothing off."


@pytest.mark.parametrize(("values", "reach", "axis"), [
    ([0.94, 0.96], (0, 1), (0.93, 0.965)), ([1, 1], (0, 1), (0.925, 1)), ([0.01, 1], (0, 1), (0, 1)),
    ([0, 0], (0, math.inf), (0, 0.75)), ([0.00001, 0.00002], (0, math.inf), (0.000007, 0.000022)),
    ([-2, 123456], (-math.inf, math.inf), (-10000, 140000)), ([-0.3, 0.9], (-math.inf, 1), (-0.5, 1)),
    ([5], (-math.inf, math.inf), (4.55, 5.3)),
])  # fmt: skip
def test_an_axis_is_near_the_values_and_ends_where_they_must(values: list[float], reach: tuple, axis: tuple) -> None:
    found = Chart("t", [str(value) for value in values], values, reach=reach).axis(12)
    assert found == pytest.approx(axis)
    assert reach[0] <= found[0] <= min(values) and max(values) <= found[1] <= reach[1]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.booleans())
def test_whatever_is_measured_lies_on_its_axis(values: list[float], is_ordered: bool) -> None:
    chart = Chart("t", ["a"] * len(values), values, [(-math.inf, math.inf)] * len(values), is_ordered=is_ordered, reach=(0, 1))  # fmt: skip
    lines = mermaid(chart).splitlines()
    low, high = map(float, lines[5].removeprefix("  y-axis ").split(" --> "))
    drawn = [float(one) for line in lines[6:-1] for one in line.partition("[")[2].rstrip("]").split(", ")]
    assert 0 <= low < high <= 1
    assert all(low - 1e-4 <= one <= high + 1e-4 for one in drawn)


@given(st.lists(WORDS | st.text(), min_size=1, max_size=5))
@example([""])
@example(['"]; click A "javascript:alert(1)"', "%%{init: {'securityLevel': 'loose'}}%%", "```", "a\nb"])
def test_a_label_is_nothing_but_a_label(labels: list[str]) -> None:
    ((info, chart),) = read(mermaid(Chart(labels[0], labels, [0.5] * len(labels), reach=(0, 1)))).fences
    lines = chart.splitlines()
    assert (info, len(lines)) == ("mermaid", 6)
    assert re.fullmatch(r'  title "[^"\[\]{}`%;<>#&]+"', lines[2])
    assert re.fullmatch(r'  x-axis \[("[^"\[\]{}`%;<>#&]+"(, )?)+\]', lines[3])
    assert lines[3].count('"') == 2 * len(labels)
