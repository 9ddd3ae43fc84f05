"""A latency is told in two digits wherever people read it, and in more where a limit is near."""

from pathlib import Path

import pytest
import samples
from registries import candidate, git, template, verb

from registry.formats import markdown
from registry.judging import verdicts
from registry.showing import sections, summary

TWO = {0.06937: "0.069", 0.3123: "0.31", 1.96: "2", 12.34: "12", 99.6: "100", 123.4: "123", 1234.5: "1,234", 0.0: "0"}


@pytest.mark.parametrize("value", TWO)
def test_two_digits_are_enough_and_nothing_gets_an_exponent(value: float) -> None:
    assert markdown.number(value, digits=2) == TWO[value]


@pytest.mark.parametrize(("value", "limit", "shown"), [
    (20.04, 20, "20.04"), (19.996, 20, "19.996"), (20.4, 20, "20.4"), (21.4, 21.2, "21.4"), (20, 20, "20"),
    (18.61, 20, "19"), (0.06937, 0.07, "0.069"), (0.06961, 0.07, "0.0696"),
])  # fmt: skip
def test_a_near_miss_is_told_apart(value: float, limit: float, shown: str) -> None:
    report = samples.report(metrics={"latency_ms": value}, thresholds={"latency_ms": {"max": limit}})
    (_, one) = report["judgements"]
    assert verdicts.shown(one) == shown
    assert one["reason"] == f"latency_ms is {shown}; it must be at most {limit:g}"
    (row,) = summary.summarize(report).rows
    assert (row.metric, row.new, row.asked) == ("latency, ms", shown, [f"≤ {limit:g}"])


def test_a_latency_that_changed_is_told_in_as_few() -> None:
    report = samples.report(
        metrics={"latency_ms": 0.06937}, thresholds={"latency_ms": {"max_drop": 0.5}},
        incumbent={"version": "1.0.0", "metrics": {"latency_ms": 0.04712}, "reason": None},
    )  # fmt: skip
    (_, one) = report["judgements"]
    assert one["reason"] == "latency_ms is 0.069 against 0.047 of 1.0.0; it may be at most 0.5 worse than 1.0.0"
    table = sections.metrics(summary.summarize(report))
    assert "| **✓** latency, ms | 0.069 | 0.047<br>+0.022 | ≤ 0.5 worse |" in table


def test_verbs_tell_a_latency_so(tmp_path: Path) -> None:
    root = template(tmp_path)
    candidate(root, metrics={"accuracy": 0.95, "latency_ms": 0.06937, "size_mb": 0.1})
    verb(root, "publish", "digits")
    said = verb(root, "judge", "digits")
    (line,) = (line for line in said.splitlines() if "latency, ms" in line)
    assert line.split() == ["✓", "latency,", "ms", "0.069", "≤", "20"]
    assert "latency_ms is 0.069; it must be at most 20" in git(root, "tag", "--format=%(contents)", "--list")
