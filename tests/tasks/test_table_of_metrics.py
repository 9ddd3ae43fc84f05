"""One table knows the metrics: schema and pages say of each what it says."""

import json
import math

import handbook
import pytest
from servers import ROOT

from registry.specs import thresholds
from registry.tasks import measures


def rows() -> list[tuple[str, ...]]:
    """Return the rows of the table on the page, without backticks."""
    lines = handbook.read("models/README.md").partition("## Metrics\n")[2].partition("\n## ")[0].splitlines()
    cells = [
        tuple(cell.strip().replace("`", "") for cell in line.strip("|").split("|")) for line in lines if line[:1] == "|"
    ]
    return cells[2:]


def told(task: str, name: str, one: measures.Metric) -> tuple[str, ...]:
    low, high = (f"{end:g}".replace("inf", "∞") for end in (one.low, one.high))
    better = "higher" if one.more_is_better else "lower"
    return task, name, better, f"{low} and {high}", ", ".join(one.needs) or "-", one.interval or "-"


def test_the_page_has_a_row_for_each_metric_and_says_of_it_what_the_table_says() -> None:
    known = [(task, name, one) for task in measures.TASKS for name, one in measures.of(task).items()]
    known += [("all", name, one) for name, one in measures.COSTS.items()]
    assert rows() == [told(*one) for one in known]


def test_the_schema_knows_the_tasks_and_names_the_metrics_of_each() -> None:
    task = json.loads((ROOT / "scripts/schemas/model.json").read_text("utf-8"))["properties"]["task"]
    assert tuple(task["enum"]) == measures.TASKS
    named = " ".join(f"{one}: {', '.join(measures.of(one))}." for one in measures.TASKS)
    assert task["description"] == f"Decides the metrics. {named}"
    report = json.loads((ROOT / "scripts/schemas/report.json").read_text("utf-8"))["properties"]["task"]
    assert tuple(report["enum"]) == measures.TASKS


EVALUATION = {"slices": ["source"], "folds": 5}
EACH = [(task, name) for task in measures.TASKS for name in measures.known(task)]


@pytest.mark.parametrize("task, name", EACH, ids=["-".join(one) for one in EACH])
def test_a_limit_beyond_what_a_metric_can_be_is_told_and_one_within_is_not(task: str, name: str) -> None:
    one = measures.known(task)[name]
    folds = {"folds": "mean"} if measures.FOLDS in one.needs else {}
    inside = 0.5 if one.high > 0.5 else one.low
    assert thresholds.fault(task, name, {"min" if one.more_is_better else "max": inside} | folds, EVALUATION) is None
    for kind, end, sign in ("min", one.low, -1), ("max", one.high, 1):
        if math.isfinite(end):
            assert thresholds.fault(task, name, {kind: end} | folds, EVALUATION).startswith(
                f"is never {'below' if sign < 0 else 'above'} {end:g}, "
            )
    other = next(name for name in measures.of("ranking" if task != "ranking" else "clustering"))
    assert thresholds.fault(task, other, {"min": 0.5}, EVALUATION).startswith(f"is no metric of {task}; ")
