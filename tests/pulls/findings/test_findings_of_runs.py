"""The one comment on a pull request: whose it is, which run it is about, and which jobs failed."""

from pathlib import Path

import pytest
import report
import samples
import teams
from hub import Hub
from hub.caller import Caller
from registries import commit, git
from talking import fails, succeeds
from telling import comment, described, reports, run_of, specified

from registry.pulls import comments


@pytest.fixture(scope="module")
def start(start: Path) -> Path:
    described(start, samples.report())
    return start


def test_one_comment_is_made_and_then_edited(root: Path, hub: Hub) -> None:
    pull = teams.pull(root, hub)
    said = reports(root, hub, run_of(hub, pull, samples.report()))
    assert said.startswith(f"{hub.server_url}/octo/models/pull/1#issuecomment-")
    assert "> **digits 1.1.0 passes" in comment(hub)
    assert "then opens a PR to pin it in staging" in comment(hub)
    writes = len(hub.calls.writes)
    worse = samples.report(metrics={"accuracy": 0.5, "latency_ms": 0.3, "size_mb": 1.8})
    failed = run_of(hub, pull, worse, conclusion="failure")
    reports(root, hub, failed)
    assert "> **digits 1.1.0 fails" in comment(hub)
    assert len(hub.calls.writes) == writes + 1
    reports(root, hub, failed)
    assert len(hub.calls.writes) == writes + 1


def test_a_laptop_s_comment_is_edited_too(root: Path, hub: Hub) -> None:
    pull = teams.pull(root, hub)
    run = run_of(hub, pull, samples.report())
    git(root, "checkout", "--quiet", "main")
    for _ in range(2):
        succeeds(root, hub, report, "--run", str(run["id"]))
    assert "> **digits 1.1.0 passes" in comment(hub)


def test_a_person_who_writes_the_marker_is_not_taken_for_the_registry(root: Path, hub: Hub) -> None:
    pull = teams.pull(root, hub)
    mallory = Caller(hub, hub.user("mallory"))
    theirs = mallory.post("/issues/1/comments", body=f"{comments.MARKER}\nall is well")
    reports(root, hub, run_of(hub, pull, samples.report()))
    assert hub.repository.comments[theirs["id"]]["body"].endswith("all is well")
    del hub.repository.comments[theirs["id"]]
    assert "> **digits 1.1.0 passes" in comment(hub)


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
    assert "> **2 jobs failed**" in said
    assert "The gate holds this pull request back. Each job's log says what to mend:" in said
    assert "build (digits)" in said.replace("\\", "")


def test_a_gate_that_alone_failed_holds_a_passing_model_back(root: Path, hub: Hub) -> None:
    pull = teams.pull(root, hub)
    jobs = {"plan": "success", "build (digits)": "success", "gate": "failure"}
    reports(root, hub, run_of(hub, pull, samples.report(), jobs=jobs, conclusion="failure"))
    said = comment(hub)
    assert said.startswith("> [!CAUTION]\n> **1 job failed**\n>\n> **digits 1.1.0 passes**: ")
    assert "This can't be merged: the gate fails, and nothing is published." in said


FAILING = samples.report(metrics={"accuracy": 0.5})
JUDGED = {
    "a report tells it": (("success",), [FAILING], set()),
    "a report and a build tell it": (("success", "failure"), [FAILING], {"build (m1 n1, ubuntu-latest)"}),
    "a build that trained another model tells it": (("success", "failure"), [samples.report(), samples.report("n1")],
                                                    {"build (m1 n1, ubuntu-latest)"}),
    "one of a job's models could not be judged": (("success", "success"), [FAILING, samples.report("m1")], {"assess"}),
    "a build tells it": (("success", "failure"), [samples.report()], {"build (m1 n1, ubuntu-latest)"}),
    "no build was good": (("failure", "failure"), [], {"build (digits, ubuntu-latest)", "build (m1 n1, ubuntu-latest)"}),
    "one could not be judged": (("success",), [], {"assess"}),
    "one of two could not be judged": (("success", "success"), [FAILING], {"assess"}),
    "all are good and it failed": (("success",), [samples.report()], {"assess"}),
}  # fmt: skip


@pytest.mark.parametrize("case", JUDGED)
def test_a_judge_that_failed_is_told_unless_all_is_told_of_each_model(root: Path, hub: Hub, case: str) -> None:
    builds, reported, told = JUDGED[case]
    specified(root, hub, *reported)
    jobs = dict(zip(("build (digits, ubuntu-latest)", "build (m1 n1, ubuntu-latest)"), builds, strict=False))
    jobs |= {"assess": "failure", "gate": "failure"}
    reports(root, hub, run_of(hub, teams.pull(root, hub), *reported, jobs=jobs, conclusion="failure"))
    said = comment(hub).replace("\\", "")
    assert {job for job in jobs if f"[{job}]" in said} == told
    assert ("failed" in said.splitlines()[1]) is bool(told)


@pytest.mark.parametrize("conclusion", ["startup_failure", "cancelled", "timed_out", "stale"])
def test_a_run_that_never_came_to_its_jobs_is_no_good_news(root: Path, hub: Hub, conclusion: str) -> None:
    pull = teams.pull(root, hub)
    reports(root, hub, run_of(hub, pull, jobs={}, conclusion=conclusion))
    said = comment(hub)
    assert said.startswith("> [!CAUTION]\n> **1 job failed**\n")
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


def test_trouble_with_the_server_is_no_finding(root: Path, hub: Hub) -> None:
    pull = teams.pull(root, hub)
    run = run_of(hub, pull, samples.report())
    hub.faults.add("500", times=99, when=lambda call: call.path.endswith("/zip"))
    git(root, "checkout", "--quiet", "main")
    assert "500 internal server error" in fails(root, hub, report, "--run", str(run["id"]))
    assert not hub.repository.comments
