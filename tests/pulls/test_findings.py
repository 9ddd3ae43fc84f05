"""The comment on a pull request, from what a run of its checks left behind on GitHub."""

import json
import shutil
from pathlib import Path

import changed
import pytest
import rendering
import report
import samples
import teams
import withdraw
from hub import Hub
from hub.caller import Caller
from registries import commit, git
from talking import fails, succeeds

from registry.github import runs
from registry.pulls import comments, findings

PINS = "environments/staging/digits.yaml"


@pytest.fixture
def hub(hub: Hub) -> Hub:
    hub.repository.private = True
    return hub


def run_of(hub: Hub, pull: dict, *reports: dict, **facts: object) -> dict:
    """Put a run of the checks of a pull request there, with reports."""
    run = hub.add_run(runs.CHECK, "pull_request", pull["head"]["sha"], pull["head"]["ref"], **facts)
    for one in reports:
        hub.add_artifact(run, f"report-{one['model']}", {"report.json": json.dumps(one).encode()})
    return run


def reports(root: Path, hub: Hub, run: dict) -> str:
    """Report as the workflow does; main is checked out."""
    git(root, "checkout", "--quiet", "main")
    token = hub.workflow({"actions": "read", "contents": "read", "pull_requests": "write"})
    return succeeds(root, hub, report, "--run", str(run["id"]), GITHUB_TOKEN=token, GITHUB_ACTIONS="true")


def comment(hub: Hub) -> str:
    """Return the one comment, which is safe to show."""
    (one,) = hub.repository.comments.values()
    marker, _, page = one["body"].partition("\n")
    assert marker == comments.MARKER
    rendering.check(page, f"{hub.server_url}/octo/models/")
    return page


def test_one_comment_is_made_and_then_edited(root: Path, hub: Hub) -> None:
    pull = teams.pull(root, hub)
    said = reports(root, hub, run_of(hub, pull, samples.report()))
    assert said.startswith(f"{hub.server_url}/octo/models/pull/1#issuecomment-")
    assert "## digits 1.1.0: pass" in comment(hub)
    assert "then opens a PR to pin it in staging" in comment(hub)
    writes = len(hub.calls.writes)
    worse = samples.report(metrics={"accuracy": 0.5, "latency_ms": 0.3, "size_mb": 1.8})
    failed = run_of(hub, pull, worse, conclusion="failure")
    reports(root, hub, failed)
    assert "## digits 1.1.0: fail" in comment(hub)
    assert len(hub.calls.writes) == writes + 1
    reports(root, hub, failed)
    assert len(hub.calls.writes) == writes + 1


def test_a_laptop_s_comment_is_edited_too(root: Path, hub: Hub) -> None:
    pull = teams.pull(root, hub)
    run = run_of(hub, pull, samples.report())
    git(root, "checkout", "--quiet", "main")
    for _ in range(2):
        succeeds(root, hub, report, "--run", str(run["id"]))
    assert "## digits 1.1.0: pass" in comment(hub)


def test_a_person_who_writes_the_marker_is_not_taken_for_the_registry(root: Path, hub: Hub) -> None:
    pull = teams.pull(root, hub)
    mallory = Caller(hub, hub.user("mallory"))
    theirs = mallory.post("/issues/1/comments", body=f"{comments.MARKER}\nall is well")
    reports(root, hub, run_of(hub, pull, samples.report()))
    assert hub.repository.comments[theirs["id"]]["body"].endswith("all is well")
    del hub.repository.comments[theirs["id"]]
    assert "## digits 1.1.0: pass" in comment(hub)


def test_a_fork_gets_its_comment_and_is_told_that_it_is_trained_again(root: Path, hub: Hub) -> None:
    fork = hub.add("someone/models", parent=hub.repository)
    git(root, "checkout", "--quiet", "-b", "theirs")
    commit(root)
    hub.take(root, "theirs", fork)
    pull = Caller(hub, hub.token).post("/pulls", title="t", head="someone:theirs", base="main", body="")
    reports(root, hub, run_of(hub, pull, samples.report(), head=fork))
    assert "Merging trains it again, since these bytes come from a fork" in comment(hub)


def test_a_pull_request_that_was_closed_meanwhile_is_not_told(root: Path, hub: Hub) -> None:
    pull = teams.pull(root, hub)
    run = run_of(hub, pull, samples.report())
    Caller(hub, hub.token).patch("/pulls/1", state="closed")
    assert "nothing to tell" in reports(root, hub, run)
    assert not hub.repository.comments


def test_a_newer_commit_is_not_told_what_an_older_one_did(root: Path, hub: Hub) -> None:
    pull = teams.pull(root, hub)
    run = run_of(hub, pull, samples.report())
    commit(root)
    hub.take(root, "topic")
    assert f"no open pull request has {pull['head']['sha'][:12]} as its last commit any more" in reports(root, hub, run)
    assert not hub.repository.comments


@pytest.mark.parametrize("facts", [{"path": ".github/workflows/other.yml"}, {"event": "push"}])
def test_a_run_of_anything_else_is_refused(root: Path, hub: Hub, facts: dict) -> None:
    pull = teams.pull(root, hub)
    run = run_of(hub, pull, samples.report()) | facts
    hub.repository.runs[run["id"]] = run
    assert "is no run of .github/workflows/check.yml for a pull request" in fails(
        root, hub, report, "--run", str(run["id"])
    )


def test_a_run_that_is_no_number_is_refused(root: Path, hub: Hub) -> None:
    assert fails(root, hub, report, "--run", "../1").startswith("--run: ../1 is no number; ")


def test_jobs_that_failed_and_left_no_report_are_told(root: Path, hub: Hub) -> None:
    pull = teams.pull(root, hub)
    reports(
        root,
        hub,
        run_of(hub, pull, jobs=dict.fromkeys(("plan", "build (digits)", "gate"), "failure"), conclusion="failure"),
    )
    said = comment(hub)
    assert "## 2 jobs failed" in said
    assert "The gate holds this pull request back. Each job's log says what to mend:" in said
    assert "build (digits)" in said.replace("\\", "")


def test_a_gate_that_alone_failed_holds_a_passing_model_back(root: Path, hub: Hub) -> None:
    pull = teams.pull(root, hub)
    jobs = {"plan": "success", "build (digits)": "success", "gate": "failure"}
    reports(root, hub, run_of(hub, pull, samples.report(), jobs=jobs, conclusion="failure"))
    said = comment(hub)
    assert said.startswith("## digits 1.1.0: pass; 1 job failed\n")
    assert "This can't be merged: the gate fails, and nothing is published." in said


@pytest.mark.parametrize("conclusion", ["startup_failure", "cancelled", "timed_out", "stale"])
def test_a_run_that_never_came_to_its_jobs_is_no_good_news(root: Path, hub: Hub, conclusion: str) -> None:
    pull = teams.pull(root, hub)
    reports(root, hub, run_of(hub, pull, jobs={}, conclusion=conclusion))
    said = comment(hub)
    assert said.startswith("## 1 job failed\n")
    assert conclusion in said.replace("\\", "")


def test_checks_that_wait_for_approval_have_found_nothing_yet(root: Path, hub: Hub) -> None:
    pull = teams.pull(root, hub)
    said = reports(root, hub, run_of(hub, pull, jobs={}, conclusion="action_required"))
    assert said == "the checks wait until somebody approves them; nothing to tell\n"
    assert not hub.repository.comments


def test_of_two_pull_requests_of_one_branch_that_into_main_is_told(root: Path, hub: Hub, octo: Caller) -> None:
    octo.branch("dev", octo.head())
    pull = teams.pull(root, hub)
    octo.post("/pulls", title="t", head="topic", base="dev", body="")
    reports(root, hub, run_of(hub, pull, samples.report()))
    assert [one["issue"] for one in hub.repository.comments.values()] == [1]


EVIL = "</details><script>@octo #1 ![x](https://evil.example/x.png) [y](https://evil.example) `|` \u202e ```"
HOSTILE = {
    "no zip": b"no zip",
    "no report": {"other.json": b"{}"},
    "a list": {"report.json": b"[1]"},
    "deep": {"report.json": b"[" * 200_000},
    "another model": {"report.json": json.dumps(samples.report("letters")).encode()},
    "a verdict of its own": {"report.json": json.dumps(samples.report(verdict="fail")).encode()},
    "metrics that are none": {"report.json": json.dumps(samples.report() | {"metrics": {"accuracy": "high"}}).encode()},
    "thresholds that are none": {
        "report.json": json.dumps(samples.report() | {"thresholds": {"accuracy": {}}}).encode()},
    "an incumbent that is none": {"report.json": json.dumps(samples.report() | {
        "incumbent": {"version": "1.0.0", "metrics": {"accuracy": "high"}, "reason": None}}).encode()},
    "a name that is none": {"report.json": json.dumps(samples.report(tools={EVIL: "1"})).encode()},
    "a task that is none": {"report.json": json.dumps(samples.report() | {"task": "magic"}).encode()},
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_a_report_that_can_not_be_believed_is_told_as_such(root: Path, hub: Hub, case: str) -> None:
    pull = teams.pull(root, hub)
    run = run_of(hub, pull)
    hub.add_artifact(run, "report-digits", HOSTILE[case])
    reports(root, hub, run)
    said = comment(hub)
    assert "## 1 job failed" in said
    assert "report-digits" in said


def test_the_words_of_a_report_are_only_words(root: Path, hub: Hub) -> None:
    pull = teams.pull(root, hub)
    changed = {"since": "digits@v1.0.0", "differences": [{"field": EVIL, "old": EVIL, "new": EVIL}]}
    hostile = samples.report(description=EVIL, owners=[EVIL], changes=changed, tools={"python": EVIL, "machine": EVIL})
    reports(root, hub, run_of(hub, pull, hostile))
    comment(hub)


def test_two_hundred_models_fit_into_one_comment(root: Path, hub: Hub) -> None:
    pull = teams.pull(root, hub)
    many = [samples.report(f"model-{number}", description="x" * 900) for number in range(210)]
    hub.page_limit = 100
    reports(root, hub, run_of(hub, pull, *many))
    (one,) = hub.repository.comments.values()
    assert 30_000 < len(one["body"]) <= 65_536
    assert "## 210 models: 210 pass" in one["body"]
    assert "Merging publishes 210 versions from these bytes" in one["body"]


def test_more_than_a_run_of_the_checks_can_hand_in_is_counted(
    root: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "MOST_REPORTS", 2)
    monkeypatch.setattr(findings, "MOST_DOCUMENTS", 1)
    monkeypatch.setattr(findings, "MOST_FILES", 2)
    for name in ("production", "qa"):
        (root / f"environments/{name}.yaml").write_text("new\n")
    pull = teams.pull(root, hub)
    reports(root, hub, run_of(hub, pull, *[samples.report(f"model-{number}") for number in range(5)]))
    said = comment(hub)
    assert said.startswith("## 2 models: 2 pass; production: is described otherwise\n")
    assert (
        "**Not read, since there is too much**: 3 of 5 reports, 1 of 2 files of specs, environments or pins and files"
        " behind the first 2, which GitHub does not list." in said
    )
    read = [call.path for call in hub.calls if "/contents/" in call.path]
    assert [path.rpartition("/")[2] for path in read] == ["production.yaml"]


def test_a_pull_request_of_as_many_models_as_a_run_builds_is_read_whole_and_none_uses_up_a_workflow_s_calls() -> None:
    assert changed.MOST <= min(findings.MOST_DOCUMENTS, findings.MOST_REPORTS)
    assert findings.MOST_DOCUMENTS + findings.MOST_REPORTS < 1000  # what GitHub lets GITHUB_TOKEN ask in an hour


def released(root: Path, hub: Hub, *versions: str) -> None:
    for version in versions:
        teams.release(root, hub, version)


def edit(root: Path, old: str, new: str) -> None:
    spec = root / "models/digits/model.yaml"
    assert old in spec.read_text("utf-8")
    spec.write_text(spec.read_text("utf-8").replace(old, new), "utf-8")


def test_new_thresholds_are_held_against_the_released_version(root: Path, hub: Hub) -> None:
    released(root, hub, "1.0.0")
    teams.pin(root, hub, "staging")
    edit(root, "min: 0.90", "min: 0.99")
    pull = teams.pull(root, hub)
    reports(root, hub, run_of(hub, pull))
    said = comment(hub)
    assert "## digits 1.0.0: fail by its new thresholds" in said
    assert "`digits@v1.0.0` would no longer be released. It runs in staging." in said


def test_what_main_asks_already_is_no_news(root: Path, hub: Hub) -> None:
    released(root, hub, "1.0.0")
    edit(root, "min: 0.90", "min: 0.99")
    commit(root)
    hub.take(root)
    edit(root, "Reads handwritten", "Recognises handwritten")
    reports(root, hub, run_of(hub, teams.pull(root, hub)))
    assert comment(hub).startswith("## nothing to build or deploy\n")


def test_thresholds_that_are_put_back_are_judged_too(root: Path, hub: Hub) -> None:
    released(root, hub, "1.0.0")
    edit(root, "min: 0.90", "min: 0.99")
    commit(root)
    hub.take(root)
    edit(root, "min: 0.99", "min: 0.90")
    reports(root, hub, run_of(hub, teams.pull(root, hub)))
    assert comment(hub).startswith("## digits 1.0.0: pass by its new thresholds\n")


SPECS = [b"\xff", b"[", b"[]", b"version: [1]\n", b"version: ../../x\nthresholds: 3\n", b"a: &a [*a]\n", b"x" * 300_000]


@pytest.mark.parametrize("raw", SPECS, ids=range(len(SPECS)))
def test_a_spec_that_is_none_is_left_to_the_checks(root: Path, hub: Hub, raw: bytes) -> None:
    released(root, hub, "1.0.0")
    (root / "models/digits/model.yaml").write_bytes(raw)
    pull = teams.pull(root, hub)
    reports(root, hub, run_of(hub, pull, jobs={"plan": "failure"}, conclusion="failure"))
    assert "## 1 job failed" in comment(hub)


def test_thresholds_that_no_spec_can_have_do_not_stop_the_report(root: Path, hub: Hub) -> None:
    released(root, hub, "1.0.0")
    edit(root, "min: 0.90", "min: 90")
    edit(root, "max: 20", "max: -20")
    pull = teams.pull(root, hub)
    reports(root, hub, run_of(hub, pull))
    comment(hub)


def test_pins_that_come_change_and_go_are_told_with_what_they_mean(root: Path, hub: Hub) -> None:
    released(root, hub, "1.0.0", "1.1.0")
    teams.pin(root, hub, "staging")
    pin = (root / PINS).read_text()
    newer = pin.replace("1.0.0", "1.1.0")
    (root / PINS).write_text(newer)
    (root / "environments/production").mkdir(exist_ok=True)
    (root / "environments/production/digits.yaml").write_text(pin)
    (root / "environments/staging/README.txt").write_text("no pin\n")
    pull = teams.pull(root, hub)
    reports(root, hub, run_of(hub, pull))
    said = comment(hub)
    assert "## staging: 1 change; production: 1 change" in said
    assert "  ~ digits   1.0.0 → 1.1.0" in said
    assert "  + digits   1.0.0" in said
    assert "Inputs and outputs stay the same: clients need no change." in said

    git(root, "checkout", "--quiet", "topic")
    (root / PINS).unlink()
    pull = Caller(hub, hub.token).get("/pulls/1")
    commit(root)
    hub.take(root, "topic")
    pull["head"]["sha"] = git(root, "rev-parse", "HEAD").strip()
    reports(root, hub, run_of(hub, pull))
    assert "Requests for digits get no answer in staging any more." in comment(hub)


def test_a_pin_of_a_withdrawn_version_is_warned_of(root: Path, hub: Hub) -> None:
    released(root, hub, "1.0.0", "1.1.0")
    teams.pin(root, hub, "staging")
    succeeds(root, hub, withdraw, "digits", "1.1.0", "--reason", "takes 7 for 1")
    teams.update(root, hub)
    (root / PINS).write_text((root / PINS).read_text().replace("1.0.0", "1.1.0"))
    reports(root, hub, run_of(hub, teams.pull(root, hub)))
    assert "**`digits@v1.1.0` is withdrawn**: takes 7 for 1\n" in comment(hub)


def test_an_environment_that_is_new_gone_or_described_otherwise_is_told(root: Path, hub: Hub) -> None:
    released(root, hub, "1.0.0")
    teams.pin(root, hub, "staging")
    teams.pin(root, hub, "production")
    staging = (root / "environments/staging.yaml").read_text()
    (root / "environments/qa.yaml").write_text(staging.replace("deployments/staging", "deployments/qa"))
    shutil.copytree(root / "environments/staging", root / "environments/qa")
    (root / "environments/staging.yaml").write_text(f"{staging}# and more\n")
    shutil.rmtree(root / "environments/production")
    (root / "environments/production.yaml").unlink()
    reports(root, hub, run_of(hub, teams.pull(root, hub)))
    said = comment(hub)
    assert said.startswith("## staging: is described otherwise; production: is removed; qa: is new, 1 change\n")
    assert "\nqa\n  + digits   1.0.0\n" in said
    assert "get no answer" not in said


def test_the_last_pin_of_an_environment_is_told_to_need_a_second_word(root: Path, hub: Hub) -> None:
    released(root, hub, "1.0.0")
    teams.pin(root, hub, "staging")
    (root / PINS).unlink()
    reports(root, hub, run_of(hub, teams.pull(root, hub)))
    said = comment(hub).replace("\\", "")
    assert (
        "**nothing is left to run here, and the last model is removed only by `tox run -e deploy -- staging --apply"
        " --prune`, or on GitHub by the workflow deploy, by hand, with staging in its field prune**" in said
    )


@pytest.mark.parametrize("raw", [b"[", b"version: 1.1.0\n", b"version: 1.1\nsha256: x\n", b"\xff"], ids=range(4))
def test_a_pin_that_can_not_be_read_is_told_and_is_no_removal(root: Path, hub: Hub, raw: bytes) -> None:
    released(root, hub, "1.0.0")
    teams.pin(root, hub, "staging")
    (root / PINS).write_bytes(raw)
    pull = teams.pull(root, hub)
    reports(root, hub, run_of(hub, pull))
    said = comment(hub)
    assert "## 1 job failed" in said
    assert "get no answer" not in said


def test_trouble_with_the_server_is_no_finding(root: Path, hub: Hub) -> None:
    pull = teams.pull(root, hub)
    run = run_of(hub, pull, samples.report())
    hub.faults.add("500", times=99, when=lambda call: call.path.endswith("/zip"))
    git(root, "checkout", "--quiet", "main")
    assert "500 internal server error" in fails(root, hub, report, "--run", str(run["id"]))
    assert not hub.repository.comments
