"""Checks that say nothing of what is released now: overtaken by a newer run, of another base, of another incumbent."""

from pathlib import Path

import pytest
import redone
import teams
from hub import Hub
from hub.caller import Caller
from registries import candidate, commit, git
from reviewing import NO_RUN, collects, edit, reviewed

from registry.github import runs

TAKEN = "took the candidate of #1"
LATER = "2999-01-01T00:00:00Z"


@pytest.mark.parametrize("conclusion", ["failure", "cancelled", "timed_out", "startup_failure", None])
def test_a_newer_run_of_the_same_commit_that_did_not_succeed_makes_an_older_one_stale(
    root: Path, hub: Hub, tmp_path: Path, conclusion: str | None
) -> None:
    pull, _ = reviewed(root, hub)
    sha, status = pull["head"]["sha"], "completed" if conclusion else "in_progress"
    newer = hub.add_run(runs.CHECK, "pull_request", sha, "topic", conclusion=conclusion, status=status)
    teams.merge(root, hub, pull)
    how = f"ended with {conclusion}" if conclusion else "has not ended"
    where = f"{hub.server_url}/octo/models/actions/runs/{newer['id']}"
    assert f"{where}, which {how}, is newer than the run that succeeded" in collects(root, hub, tmp_path, trains=True)


def test_a_run_that_succeeded_after_one_that_failed_is_taken(root: Path, hub: Hub, tmp_path: Path) -> None:
    edit(root, "version: 1.0.0", "version: 1.1.0")
    pull = teams.pull(root, hub)
    hub.add_run(runs.CHECK, "pull_request", pull["head"]["sha"], "topic", conclusion="failure")
    teams.checked(root, hub, pull)
    teams.merge(root, hub, pull)
    assert TAKEN in collects(root, hub, tmp_path, trains=False)


@pytest.mark.parametrize(
    "facts",
    [{"event": "push"}, {"branch": "other"}, {"path": ".github/workflows/other.yml"}, {"sha": "0" * 40}],
    ids=["another event", "another branch", "another workflow", "another commit"],
)
def test_a_newer_run_of_something_else_says_nothing(root: Path, hub: Hub, tmp_path: Path, facts: dict) -> None:
    pull, _ = reviewed(root, hub)
    usual = {"path": runs.CHECK, "event": "pull_request", "sha": pull["head"]["sha"], "branch": "topic"}
    hub.add_run(**(usual | facts), conclusion="failure")
    teams.merge(root, hub, pull)
    assert TAKEN in collects(root, hub, tmp_path, trains=False)


def test_what_failed_in_the_merge_queue_is_not_made_good_by_the_checks_before_it(
    root: Path, hub: Hub, tmp_path: Path
) -> None:
    pull, _ = reviewed(root, hub)
    teams.merge(root, hub, pull, "merge")
    queued = git(root, "rev-parse", "HEAD").strip()
    hub.add_run(runs.CHECK, "merge_group", queued, "gh-readonly-queue/main/pr-1-0", conclusion="failure")
    assert NO_RUN in collects(root, hub, tmp_path, trains=True)


def retargeted(root: Path, hub: Hub, octo: Caller) -> tuple[dict, dict]:
    """Let a pull request into a branch of somebody's own be checked, and go to main then."""
    octo.branch("mine", octo.head())
    edit(root, "version: 1.0.0", "version: 1.1.0")
    git(root, "checkout", "--quiet", "-b", "topic")
    commit(root)
    hub.take(root, "topic")
    pull = octo.post("/pulls", title="t", head="topic", base="mine", body="")
    run = teams.checked(root, hub, pull)
    return octo.patch("/pulls/1", base="main"), run


def test_a_pull_request_that_got_another_base_after_its_checks_is_trained_again(
    root: Path, hub: Hub, octo: Caller, tmp_path: Path
) -> None:
    pull, _ = retargeted(root, hub, octo)
    teams.merge(root, hub, pull)
    said = collects(root, hub, tmp_path, trains=True)
    (event,) = hub.repository.issue_events
    assert f"got another base at {event['created_at']}, and none of its checks began after that" in said


def test_checks_that_began_after_the_last_base_are_taken(root: Path, hub: Hub, octo: Caller, tmp_path: Path) -> None:
    pull, run = retargeted(root, hub, octo)
    run["created_at"] = "2001-01-01T00:00:00Z"
    newer = hub.add_run(runs.CHECK, "pull_request", pull["head"]["sha"], "topic", created_at=LATER)
    teams.hand_in(root, hub, newer)
    teams.merge(root, hub, pull)
    assert f"runs/{newer['id']}\n" in collects(root, hub, tmp_path, trains=False)


def test_of_checks_before_and_after_only_those_after_count(root: Path, hub: Hub, octo: Caller, tmp_path: Path) -> None:
    pull, run = retargeted(root, hub, octo)
    run["created_at"] = "2001-01-01T00:00:00Z"
    hub.add_run(runs.CHECK, "pull_request", pull["head"]["sha"], "topic", created_at=LATER)  # it left no candidate
    teams.merge(root, hub, pull)
    assert "left no candidates that its gate accepted" in collects(root, hub, tmp_path, trains=True)


def test_a_base_that_is_written_again_and_other_edits_are_no_other_base(
    root: Path, hub: Hub, octo: Caller, tmp_path: Path
) -> None:
    pull, _ = reviewed(root, hub)
    octo.patch("/pulls/1", base="main", title="another")
    assert octo.get("/issues/1/events") == []
    teams.merge(root, hub, pull)
    assert TAKEN in collects(root, hub, tmp_path, trains=False)


INCUMBENT = {"metrics": {"accuracy": 0.95}, "reason": None}


def judged_against(root: Path, hub: Hub, incumbent: str | None) -> None:
    """Let a pull request that releases 1.2.0 be checked against a version, and merge it."""
    edit(root, "version: 1.1.0", "version: 1.2.0")
    pull = teams.pull(root, hub)
    candidate(root, incumbent=incumbent and INCUMBENT | {"version": incumbent})
    teams.hand_in(root, hub, hub.add_run(runs.CHECK, "pull_request", pull["head"]["sha"], "topic"))
    teams.merge(root, hub, pull)


@pytest.mark.parametrize(
    ("pinned", "incumbent", "reason"),
    [
        (False, "1.1.0", None),
        (False, None, "was compared with nothing, and should be with 1.1.0"),
        (False, "1.0.0", "was compared with 1.0.0, and should be with 1.1.0"),
        (True, "1.0.0", None),
        (True, "1.1.0", "was compared with 1.1.0, and should be with 1.0.0"),
        (True, None, "was compared with nothing, and should be with 1.0.0"),
    ],
)
def test_what_was_not_compared_with_the_incumbent_is_trained_again(
    root: Path, hub: Hub, tmp_path: Path, pinned: bool, incumbent: str | None, reason: str | None
) -> None:

    def release() -> None:
        for version in ("1.0.0", "1.1.0"):
            teams.release(root, hub, version)
        if pinned:
            teams.pin(root, hub, "staging", "1.0.0")

    redone.once(root, hub, release, "two releases", pinned)
    judged_against(root, hub, incumbent)
    assert (reason or TAKEN) in collects(root, hub, tmp_path, trains=reason is not None)


def test_a_first_version_that_was_compared_with_one_that_is_nowhere_is_trained_again(
    root: Path, hub: Hub, tmp_path: Path
) -> None:
    edit(root, "version: 1.0.0", "version: 1.1.0")
    judged_against(root, hub, "1.0.0")
    assert "was compared with 1.0.0, and should be with nothing" in collects(root, hub, tmp_path, trains=True)
