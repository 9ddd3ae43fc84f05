"""The axis of a metric over versions: a small change looks small, and what is asked is drawn where it is near."""

import pytest

from registry.webpages import curves
from registry.webpages.curves import Value

DRAWN = curves.HEIGHT - curves.TOP - curves.BOTTOM


@pytest.mark.parametrize(
    "values, limits, least, most, marks",
    [
        ([0.35, 0.351], [("≤ 20", 20)], 0.01, 0.05, ["0.351"]),
        ([1.2, 1.2], [], 0, 0, ["1.2"]),
        ([0, 0], [], 0, 0, ["0"]),
        ([-5, -5.1], [], 0.1, 0.25, ["-5", "-5.1"]),
        ([0.5, 0.9], [], 0.8, 1, ["0.9", "0.5"]),
        ([0.95, 0.97], [("≥ 0.9", 0.9)], 0.1, 0.25, ["0.97", "0.9"]),
    ],
)
def test_an_axis_spans_a_tenth_of_the_value_at_least(values, limits, least, most, marks) -> None:  # fmt: skip
    curve = curves.curve("latency_ms", [Value(f"{place}.0.0", one) for place, one in enumerate(values)], limits)
    first, last = (dot.y for dot in curve.dots)
    assert least <= abs(first - last) / DRAWN <= most
    assert [one.text for one in curve.marks] == marks
    assert [one.text for one in curve.limits] == [text for text, limit in limits if limit < 1]
    assert curve.asked == [text for text, _ in limits]
    assert all(curves.TOP <= dot.y <= curves.HEIGHT - curves.BOTTOM for dot in curve.dots)
