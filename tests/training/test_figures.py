"""The picture in a candidate: the same text for the same report, with nothing in it but what was measured."""

import math
import xml.etree.ElementTree as ElementTree

import hostile
import pytest
import samples

from registry.formats import figure
from registry.formats.charts import Chart
from registry.showing import plots

SVG = "{http://www.w3.org/2000/svg}"


def drawn(report: dict) -> str:
    return figure.svg(f"{report['model']} {report['version']}", plots.charts(report))


@pytest.mark.parametrize("make", [samples.worse, samples.houses, samples.report])
def test_the_same_report_gives_the_same_picture_which_can_be_read_on_white_and_on_black(make) -> None:
    first = drawn(make())
    assert first == drawn(make())
    found = ElementTree.fromstring(first)
    texts = [text for text in found.iter(f"{SVG}text")]
    assert {text.get("style").rpartition("fill: ")[2] for text in texts} == {figure.TEXT}
    titles = {chart.title for chart in plots.charts(make())}
    assert titles <= {text.text for text in texts}
    backgrounds = [path.get("style") for path in found.iter(f"{SVG}path")][:1]
    assert backgrounds == ["fill: none"]
    assert "<dc:date>" not in first


def test_a_forest_has_the_worst_of_many_and_whatever_a_label_is_it_stays_text(recwarn: pytest.WarningsRecorder) -> None:
    values = [value for value in hostile.HOSTILE if value.isprintable()]
    labels = [
        samples._label(f"{values[number % len(values)]}{number}"[:100], 50 + number % 40) for number in range(2000)
    ]
    labels.append(samples._label("日本 $x^2$ <script>", 1))
    found = ElementTree.fromstring(drawn(samples.sure(slices=labels)))
    assert {one.tag.removeprefix(SVG) for one in found.iter() if one.tag.startswith(SVG)} <= {
        "svg", "title", "metadata", "defs", "style", "g", "path", "text", "use", "clipPath", "rect",
    }  # fmt: skip
    shown = [text.text for text in found.iter(f"{SVG}text")]
    assert "recall by label, the 30 worst of 2,001" in shown and "日本 $x^2$ <script>" in shown
    assert [str(one.message) for one in recwarn] == []


@pytest.mark.parametrize("is_ordered", [False, True])
def test_bounds_that_leave_a_value_out_or_have_no_end_are_drawn(is_ordered: bool) -> None:
    bounds = [(0.9, 1 - 1e-16), (0.6, 0.7), (-math.inf, math.inf), (0.5, 0.5)]
    chart = Chart(
        "recall by label", ["a", "b", "c", "d"], [1.0, 0.5, 0.8, 0.5], bounds, is_ordered=is_ordered, reach=(0, 1)
    )
    assert "recall by label" in figure.svg("digits", [chart])


@pytest.mark.parametrize(("places", "marks"), [
    ([0.001, 0.0123, 0.1], ["0.001", "0.002", "0.005", "0.01", "0.02", "0.05", "0.1"]),
    ([1e-5, 0.5, 2.0], ["1e-05", "0.0001", "0.001", "0.01", "0.1", "1"]),
    ([0.0011, 0.0013], ["0.0011", "0.0013"]),
])  # fmt: skip
def test_dots_lie_along_a_scale_of_factors_whose_marks_are_plain_numbers(places: list, marks: list[str]) -> None:
    values = [0.8 + place / 100 for place in range(len(places))]
    chart = Chart("accuracy by rate", [*map(str, places)], values, is_ordered=True, places=places, is_log=True)
    found = ElementTree.fromstring(figure.svg("digits", [chart]))
    texts = [text.text for text in found.iter(f"{SVG}text")]
    assert texts[: len(marks)] == marks and "the new version" in texts
