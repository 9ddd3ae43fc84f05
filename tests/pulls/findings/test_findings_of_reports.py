"""The comment and the reports of a run: none is believed that does not hold, and many fit."""

import json
from pathlib import Path

import pytest
import samples
import teams
from hub import Hub
from telling import comment, reports, run_of, specified

from registry.pulls import findings

EVIL = "</details><script>@octo #1 ![x](https://evil.example/x.png) [y](https://evil.example) `|` \u202e ```"
HOSTILE = {
    "no zip": b"no zip",
    "no report": {"other.json": b"{}"},
    "a list": {"digits/report.json": b"[1]"},
    "deep": {"digits/report.json": b"[" * 200_000},
    "another model": {"digits/report.json": json.dumps(samples.report("letters")).encode()},
    "a verdict of its own": {"digits/report.json": json.dumps(samples.report(verdict="fail")).encode()},
    "metrics that are none": {"digits/report.json": json.dumps(samples.report() | {"metrics": {"accuracy": "high"}}).encode()},
    "thresholds that are none": {
        "digits/report.json": json.dumps(samples.report() | {"thresholds": {"accuracy": {}}}).encode()},
    "an incumbent that is none": {"digits/report.json": json.dumps(samples.report() | {
        "incumbent": {"version": "1.0.0", "metrics": {"accuracy": "high"}, "reason": None}}).encode()},
    "a name that is none": {"digits/report.json": json.dumps(samples.report(tools={EVIL: "1"})).encode()},
    "a task that is none": {"digits/report.json": json.dumps(samples.report() | {"task": "magic"}).encode()},
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_a_report_that_can_not_be_believed_is_told_as_such(root: Path, hub: Hub, case: str) -> None:
    pull = teams.pull(root, hub)
    run = run_of(hub, pull)
    teams.accept(hub, run, reports=HOSTILE[case])
    reports(root, hub, run)
    said = comment(hub)
    assert "> **1 job failed**" in said
    assert "report of digits" in said or "artifact reports" in said


def test_the_words_of_a_report_are_only_words(root: Path, hub: Hub) -> None:
    specified(root, hub, samples.report())
    pull = teams.pull(root, hub)
    changed = {"since": "digits@v1.0.0", "differences": [{"field": EVIL, "old": EVIL, "new": EVIL}]}
    hostile = samples.report(description=EVIL, owners=[EVIL], changes=changed, tools={"python": EVIL, "machine": EVIL})
    reports(root, hub, run_of(hub, pull, hostile))
    comment(hub)


def test_two_hundred_models_fit_into_one_comment(root: Path, hub: Hub) -> None:
    many = [samples.report(f"model-{number}", description="x" * 900) for number in range(210)]
    specified(root, hub, *many)
    pull = teams.pull(root, hub)
    hub.page_limit = 100
    reports(root, hub, run_of(hub, pull, *many))
    (one,) = hub.repository.comments.values()
    assert 30_000 < len(one["body"]) <= 65_536
    assert "> **210 models: 210 pass**" in one["body"]
    assert "Merging publishes 210 versions from these bytes" in one["body"]


def test_more_than_a_run_of_the_checks_can_hand_in_is_counted(
    root: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "MOST_REPORTS", 2)
    monkeypatch.setattr(findings, "MOST_DOCUMENTS", 1)
    monkeypatch.setattr(findings, "MOST_FILES", 2)
    many = [samples.report(f"model-{number}") for number in range(4)]
    many += [samples.report("model-4", metrics={"accuracy": 0.5, "latency_ms": 0.3, "size_mb": 1.8})]
    specified(root, hub, *many)
    for name in ("production", "qa"):
        (root / f"environments/{name}.yaml").write_text("new\n")
    pull = teams.pull(root, hub)
    reports(root, hub, run_of(hub, pull, *many))
    said = comment(hub)
    assert said.startswith("> [!CAUTION]\n> **2 models: 1 fail, 1 pass; production: is described otherwise**\n")
    assert (
        "**Not read, since there is too much**: 3 of 5 reports (what does not pass is read first), 1 of 2 files of specs, environments or pins and files"
        " behind the first 2, which GitHub does not list." in said
    )
    read = [call.path for call in hub.calls if "/contents/" in call.path]
    assert [path.partition("/contents/")[2] for path in read] == [
        "environments/production.yaml", "models/model-4/model.yaml", "models/model-0/model.yaml",
    ]  # fmt: skip


def test_no_pull_request_uses_up_a_workflow_s_calls() -> None:
    assert findings.MOST_DOCUMENTS + 2 * findings.MOST_REPORTS < 1000  # what GitHub lets GITHUB_TOKEN ask in an hour
