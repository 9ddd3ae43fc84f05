"""Freeze windows: which moments lie in one, until when, and what is wrong with some."""

import itertools
from datetime import UTC, datetime

import pytest

from registry.environments import freezing
from registry.formats import documents, reader

WEEKEND = {"weekly": "fri 16:00 - mon 08:00", "zone": "Europe/Berlin", "reason": "nobody is there"}
HOLIDAYS = {"from": "2026-12-20T00:00", "to": "2027-01-06", "zone": "Europe/Berlin", "reason": "holidays"}
HEAD = "description: d\ntakes_from: releases\ntarget: {type: directory, path: /srv/models}\nfreeze:\n"
NOW = datetime(2026, 11, 29, tzinfo=UTC).timestamp()


def once(start: str, end: str, zone: str = "UTC", reason: str = "r") -> dict[str, str]:
    return {"from": start, "to": end, "zone": zone, "reason": reason}


def weekly(text: str, zone: str = "UTC") -> dict[str, str]:
    return {"weekly": text, "zone": zone, "reason": "r"}


@pytest.mark.parametrize(("window", "moment", "until"), [
    (WEEKEND, "2026-11-27T14:59:59", None),  # Berlin is an hour ahead in winter
    (WEEKEND, "2026-11-27T15:00:00", "2026-11-30 08:00 Europe/Berlin"),
    (WEEKEND, "2026-11-29T00:00:00", "2026-11-30 08:00 Europe/Berlin"),  # it wraps the week
    (WEEKEND, "2026-11-30T06:59:59", "2026-11-30 08:00 Europe/Berlin"),
    (WEEKEND, "2026-11-30T07:00:00", None),
    (WEEKEND, "2026-07-03T14:00:00", "2026-07-06 08:00 Europe/Berlin"),  # and two in summer
    (WEEKEND, "2026-07-03T13:59:59", None),
    (WEEKEND, "2026-10-26T06:59:59", "2026-10-26 08:00 Europe/Berlin"),  # the clock went back in between
    (WEEKEND, "2026-10-26T07:00:00", None),
    (HOLIDAYS, "2026-12-19T23:00:00", "2027-01-06 00:00 Europe/Berlin"),
    (HOLIDAYS, "2026-12-19T22:59:59", None),
    (HOLIDAYS, "2027-01-05T23:00:00", None),
    (weekly("mon 10:00 - mon 08:00"), "2026-11-30T09:00:00", None),  # all week but two hours
    (weekly("mon 10:00 - mon 08:00"), "2026-11-30T07:59:00", "2026-11-30 08:00 UTC"),
    (weekly("mon 10:00 - mon 08:00"), "2026-11-30T10:00:00", "2026-12-07 08:00 UTC"),
    (weekly("wed 00:00 - wed 00:01"), "2026-12-02T00:00:30", "2026-12-02 00:01 UTC"),
    (weekly("sun 20:00 - mon 04:00", "Pacific/Auckland"), "2026-11-29T07:00:00", "2026-11-30 04:00 Pacific/Auckland"),
    # A time that the clock shows twice, or never: the longer window counts.
    (once("2026-10-25T01:00", "2026-10-25T02:30", "Europe/Berlin"), "2026-10-25T01:29:59", "2026-10-25 02:30 Europe/Berlin"),
    (once("2026-10-25T01:00", "2026-10-25T02:30", "Europe/Berlin"), "2026-10-25T01:30:00", None),
    (once("2026-10-25T02:30", "2026-10-25T04:00", "Europe/Berlin"), "2026-10-25T00:30:00", "2026-10-25 04:00 Europe/Berlin"),
    (once("2026-03-29T02:30", "2026-03-29T04:00", "Europe/Berlin"), "2026-03-29T00:30:00", "2026-03-29 04:00 Europe/Berlin"),
    (once("2026-03-29T01:00", "2026-03-29T02:30", "Europe/Berlin"), "2026-03-29T01:29:59", "2026-03-29 02:30 Europe/Berlin"),
])  # fmt: skip
def test_a_moment_lies_in_a_window_by_the_clock_of_its_zone(window: dict, moment: str, until: str | None) -> None:
    found = freezing.find([window], datetime.fromisoformat(f"{moment}+00:00").timestamp())
    assert (found and f"{found.until:%Y-%m-%d %H:%M} {found.until.tzinfo}") == until


def test_windows_that_overlap_or_follow_upon_each_other_are_one_freeze_with_the_reasons_of_all() -> None:
    windows = [
        once("2026-12-01", "2026-12-05", reason="audit"), once("2026-12-03", "2026-12-04", reason="within it"),
        once("2026-12-05", "2026-12-06", reason="move"), once("2026-12-04T12:00", "2026-12-05T12:00", reason="overlaps"),
    ]  # fmt: skip
    for order in windows, windows[::-1]:
        moment = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
        assert str(freezing.find(order, moment)) == "frozen until 2026-12-06 00:00 UTC (audit; move)"
    assert freezing.find(windows, datetime(2026, 12, 6, tzinfo=UTC).timestamp()) is None
    assert freezing.find([], NOW) is None


def test_a_reason_of_several_lines_is_told_on_one() -> None:
    windows = [once("2026-12-01", "2026-12-02", reason="a\n::error::b")]
    moment = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
    told = freezing.notes("production", windows, {"digits": "c\nd", "spam": ""}, moment)
    assert told == [
        r"production is frozen until 2026-12-02 00:00 UTC (a\n::error::b)",
        r"digits may move there in a freeze: c\nd",
    ]


def test_a_window_says_nothing_of_its_zone_where_it_means_utc() -> None:
    window = {"from": "2026-12-01", "to": "2026-12-02", "reason": "r"}
    assert str(freezing.find([window], datetime(2026, 12, 1, tzinfo=UTC).timestamp())).startswith(
        "frozen until 2026-12-02 00:00 UTC"
    )


def test_many_short_windows_are_one_freeze_and_one_that_never_ends_is_told() -> None:
    def at(minute: int) -> str:
        day, rest = divmod(minute % 10_080, 1440)
        return f"{freezing.DAYS[day]} {rest // 60:02}:{rest % 60:02}"

    edges = [*range(0, 10_080, 102), 10_080]
    windows = [weekly(f"{at(first)} - {at(end)}", "Europe/Berlin") for first, end in itertools.pairwise(edges)]
    lines = "".join(f"- {{weekly: '{one['weekly']}', zone: Europe/Berlin, reason: r}}\n" for one in windows)
    document = documents.hold(reader.parse("e.yaml", f"{HEAD}{lines}".encode()), "environment")
    (problem,) = freezing.problems(document, NOW)
    assert problem.text == "never ends: its weekly windows leave no moment free; make one shorter"
    years = once("2026-11-28", "2031-01-01", "Europe/Berlin")
    found = freezing.find([weekly("tue 12:00 - thu 08:00"), years], NOW)
    assert f"{found.until:%Y-%m-%d %H:%M}" == "2031-01-02 08:00"


@pytest.mark.parametrize(("windows", "said"), [
    ('- {from: "2026-12-02", to: "2026-12-01T12:00", reason: r}',
     "5: freeze[0].to: 2026-12-01T12:00 is not after 2026-12-02, so it ends before it begins; write a later time"),
    ('- {from: "2026-12-02", to: "2026-12-02", reason: r}',
     "5: freeze[0].to: 2026-12-02 is not after 2026-12-02, so it ends before it begins; write a later time"),
    ('- {from: "2026-02-30", to: "2026-12-02", reason: r}',
     "5: freeze[0].from: 2026-02-30 is no time that there is; write one such as 2026-12-20T00:00"),
    ('- {from: "2026-12-02", to: "9999-12-31T23:59", zone: America/New_York, reason: r}',
     "5: freeze[0].to: 9999-12-31T23:59 is no time that there is; write one such as 2026-12-20T00:00"),
    ('- {from: "2026-12-02T25:00", to: "2026-12-02T26:00", reason: r}',
     "5: freeze[0].from: 2026-12-02T25:00 is no time that there is; write one such as 2026-12-20T00:00\n"
     "5: freeze[0].to: 2026-12-02T26:00 is no time that there is; write one such as 2026-12-20T00:00"),
    ('- {from: "2026-12-02", reason: r}', "5: freeze[0]: must have both from and to, or weekly; write one of them"),
    ("- {reason: r}", "5: freeze[0]: must have both from and to, or weekly; write one of them"),
    ('- {weekly: "mon 08:00 - tue 08:00", to: "2026-12-02", reason: r}',
     "5: freeze[0].to: goes with no weekly; write from and to, or weekly, in windows of their own"),
    ('- {weekly: "mon 08:00 - tue 08:00", zone: Europe/Berlim, reason: r}',
     "5: freeze[0].zone: Europe/Berlim is no time zone; did you mean Europe/Berlin?"),
    ('- {weekly: "mon 08:00 - mon 08:00", reason: r}',
     "5: freeze[0].weekly: never ends: its weekly windows leave no moment free; make one shorter"),
    ('- {from: "2026-12-01", to: "2099-12-02", reason: r}\n- {weekly: "fri 16:00 - mon 08:00", reason: r}\n'
     '- {weekly: "sun 00:00 - fri 18:00", reason: r}',
     "6: freeze[1].weekly: never ends: its weekly windows leave no moment free; make one shorter"),
    ('- {from: "2026-12-01", to: "2099-12-02", reason: r}\n- {weekly: "fri 16:00 - mon 08:00", reason: r}', ""),
    ('- {weekly: "mon 00:00 - sun 23:59", reason: r}', ""),
])  # fmt: skip
def test_what_is_wrong_with_windows_is_said_at_its_place(windows: str, said: str) -> None:
    document = documents.hold(reader.parse("e.yaml", f"{HEAD}{windows}\n".encode()), "environment")
    assert document.problems == []
    found = freezing.problems(document, NOW)
    assert "\n".join(f"{one.line}: {one.field}: {one.text}" for one in found) == said
