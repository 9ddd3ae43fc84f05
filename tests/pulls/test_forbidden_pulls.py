"""A repository, new or not, where GitHub Actions may not open pull requests."""

from pathlib import Path

import promote
import pytest
import teams
from hub import Hub
from hub.caller import Caller
from registries import git
from talking import fails, succeeds

from registry import alerts

BRANCH = "promote/staging/digits"
ALLOW = "tick Settings → Actions → General → Allow GitHub Actions to create and approve pull requests"


@pytest.fixture
def hub(hub: Hub, root: Path) -> Hub:
    teams.release(root, hub)
    return hub


@pytest.fixture
def job(hub: Hub, tmp_path: Path) -> dict[str, str]:
    """The environment of a workflow's job `promote`."""
    token = hub.workflow({"actions": "write", "contents": "write", "pull_requests": "write"})
    return {"GITHUB_TOKEN": token, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}


def link(hub: Hub) -> str:
    return f"{hub.server_url}/octo/models/compare/main...{BRANCH}?expand=1"


def test_what_is_due_is_left_to_a_person_with_a_link_and_the_run_is_green(
    root: Path, hub: Hub, job: dict[str, str], tmp_path: Path
) -> None:
    told = f"digits@v1.0.0 to staging: its branch is ready, open the pull request yourself: {link(hub)}\n"
    advice = f"may not open pull requests; {ALLOW}, and run the workflow `release` again, or open each by hand at its link"  # fmt: skip
    said = succeeds(root, hub, promote, "--pull-request", **job)
    assert said == f"{told}GitHub Actions: {advice}\n::warning::GitHub Actions: {advice}\n"
    page = (tmp_path / "summary").read_text("utf-8")
    assert page.startswith(f"- {told}\n> [!WARNING]\n> **Worth knowing; it stops nothing**\n>\n")
    assert f"- <code>GitHub Actions</code>: {alerts.plain(advice)}\n" in page
    assert not hub.repository.pulls
    there = hub.repository.git
    assert there.lines("diff", "--name-only", "main", BRANCH) == ["environments/staging/digits.yaml"]

    hub.repository.permissions["can_approve_pull_request_reviews"] = True
    assert "digits@v1.0.0 to staging: opened: " in succeeds(root, hub, promote, "--pull-request", **job)


def test_what_a_person_opened_at_the_link_is_left_to_that_person(
    root: Path, hub: Hub, octo: Caller, job: dict[str, str]
) -> None:
    succeeds(root, hub, promote, "--pull-request", **job)
    octo.post("/pulls", title="promote digits@v1.0.0 to staging", head=BRANCH, base="main", body="")
    said = succeeds(root, hub, promote, "--pull-request", **job)
    assert "left alone, since somebody edited it" in said and "may not open" not in said
    octo.put("/pulls/1/merge", merge_method="squash")
    teams.update(root, hub)
    assert "nothing to do" in succeeds(root, hub, promote, "--pull-request", **job)


def test_nothing_is_merged_where_it_would_be_automatic(root: Path, hub: Hub, job: dict[str, str]) -> None:
    spec = root / "environments/staging.yaml"
    spec.write_text(f"{spec.read_text()}promote: automatic\n")
    git(root, "commit", "--quiet", "--all", "--message", "automatic")
    hub.take(root)
    assert "open the pull request yourself" in succeeds(root, hub, promote, "--pull-request", **job)
    assert not hub.repository.dispatches


def test_who_asked_for_it_is_refused(root: Path, hub: Hub, job: dict[str, str]) -> None:
    said = fails(root, hub, promote, "--pull-request", "digits", "staging", **job)
    assert f"GitHub Actions: may not open pull requests; {ALLOW}, or open it by hand: {link(hub)}\n1 problem\n" in said


@pytest.mark.parametrize("kind", ["403", "422"])
def test_any_other_refusal_fails_as_before(root: Path, hub: Hub, job: dict[str, str], kind: str) -> None:
    hub.repository.permissions["can_approve_pull_request_reviews"] = True
    hub.faults.add(kind, method="POST", times=9, when=lambda call: call.path.endswith("/pulls"))
    assert f"POST /repos/octo/models/pulls: {kind}" in fails(root, hub, promote, "--pull-request", **job)
