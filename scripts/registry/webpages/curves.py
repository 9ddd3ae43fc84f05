"""Where what is drawn lies: a metric over versions, and stays over time, in the units of an SVG. Pure."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from registry.chronicle.lanes import Stay
from registry.formats.markdown import number

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 360, 150, 52, 12, 12, 26
REACH = 3  # spans of the values: a limit that is farther away would leave these no room
LEAST, ROOM = 0.1, 0.08  # of a value, which the axis spans at least; of that span, above and below it
LINE = 12  # the height of what stands beside the axis
NAME = 44  # the room of a version's name
LANE, LETTER, EDGE = 24, 8, 10


class Value(NamedTuple):
    """What a version reached in a metric, with its bounds where these are known."""

    version: str
    value: float
    low: float | None = None
    high: float | None = None
    is_withdrawn: bool = False


class Dot(NamedTuple):
    """A value as drawn."""

    about: Value
    x: float
    y: float
    top: float
    bottom: float


class Rule(NamedTuple):
    """A line across, with what it says."""

    text: str
    y: float


class Curve(NamedTuple):
    """A metric over versions, oldest first: dots, the line through them, marks of the axis, and what is asked.

    `limits` are those that lie near enough to be drawn.
    """

    metric: str
    dots: Sequence[Dot]
    line: str
    marks: Sequence[Rule]
    limits: Sequence[Rule]
    asked: Sequence[str]
    names: Sequence[tuple[str, float]]


class Bar(NamedTuple):
    """A stay as drawn; `text` is empty where it has no room."""

    stay: Stay
    x: float
    width: float
    text: str


class Lanes(NamedTuple):
    """Stays over time, one lane a model: bars by lane, the marks of the axis, and how high all of it is."""

    lanes: Sequence[tuple[str, float, Sequence[Bar]]]
    marks: Sequence[tuple[int, float]]
    height: float
    width: float
    left: float


def curve(metric: str, values: Sequence[Value], limits: Sequence[tuple[str, float]]) -> Curve:
    """Return a metric over versions; `limits` are what is asked, each with how it is told."""
    ends = [end for one in values for end in (one.value, one.low, one.high) if end is not None and math.isfinite(end)]
    far = REACH * ((max(ends) - min(ends)) or abs(max(ends)) or 1)
    near = [one for one in limits if min(ends) - far <= one[1] <= max(ends) + far]
    ends += [limit for _, limit in near]
    least, most = min(ends), max(ends)
    span = max(most - least, LEAST * max(abs(least), abs(most))) or 1
    low, high = ((least + most + sign * span * (1 + 2 * ROOM)) / 2 for sign in (-1, 1))

    def down(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP), 1)

    step = (WIDTH - LEFT - RIGHT) / max(len(values), 1)
    dots = [
        Dot(one, round(LEFT + step * (place + 0.5), 1), down(one.value), down(_or(one.high, one.value)),
            down(_or(one.low, one.value)))
        for place, one in enumerate(values)
    ]  # fmt: skip
    marks = [Rule(number(one, digits=3), down(one)) for one in (most, least)]
    every = math.ceil(len(dots) * NAME / (WIDTH - LEFT - RIGHT)) or 1
    names = [(dot.about.version, dot.x) for dot in dots[::-1][::every]][::-1]
    return Curve(
        metric, dots, " ".join(f"{dot.x},{dot.y}" for dot in dots),
        marks if marks[1].y - marks[0].y >= LINE else marks[:1],
        [Rule(text, down(limit)) for text, limit in near], [text for text, _ in limits], names,
    )  # fmt: skip


def lanes(
    those: Iterable[tuple[str, Sequence[Stay]]], begin: int, end: int, width: int = 1020, left: int = 170
) -> Lanes:
    """Return stays between two seconds, one lane for each name."""
    span = max(end - begin, 1)

    def across(second: int) -> float:
        return round(left + (min(max(second, begin), end) - begin) / span * (width - left - EDGE), 1)

    found = [
        (name, 4 + place * LANE, [_bar(one, across(one.since.moment.time), across(_ended(one, end))) for one in stays])
        for place, (name, stays) in enumerate(those)
    ]
    marks = [(begin + span * part // 4, across(begin + span * part // 4)) for part in range(5)]
    return Lanes(found, marks, 4 + len(found) * LANE, width, left)


def _ended(stay: Stay, end: int) -> int:
    return stay.until.moment.time if stay.until else end


def _bar(stay: Stay, start: float, stop: float) -> Bar:
    width = max(round(stop - start, 1), 2)
    return Bar(stay, start, width, stay.version if len(stay.version) * LETTER < width - 4 else "")


def _or(value: float | None, other: float) -> float:
    return other if value is None or not math.isfinite(value) else value
