"""Promotions as pull requests: what they say, opened once and brought up to date."""

from pathlib import Path

import promote
import pytest
import teams
from hub import Hub
from hub.caller import Caller
from promoting import BRANCH, FIRST, PIN, proposes, the_pull, workflow
from registries import commit, git
from talking import fails


def test_a_release_is_proposed_with_plan_effect_undo_and_button(root: Path, hub: Hub) -> None:
    said = proposes(root, hub)
    address = f"{hub.server_url}/octo/models/pull/1"
    assert said == f"digits@v1.0.0 to staging: opened: {address}\n"
    pull = the_pull(hub)
    assert (pull["title"], pull["state"], pull["head"]["ref"]) == (FIRST, "open", BRANCH)
    body = pull["body"]
    assert "Merging this deploys to staging:\n\n```diff\n@@ staging @@\n+ digits   1.0.0\n```" in body
    assert f"- [`digits@v1.0.0`]({hub.server_url}/octo/models/releases/tag/digits@v1.0.0) was made from [`" in body
    assert "Press Revert on this pull request once it is merged" in body
    assert "press “Approve workflows to run” below" in body
    head = pull["head"]["sha"]
    assert head in hub.repository.verified
    repository = hub.repository.git
    assert repository.lines("rev-list", f"main..{head}") == [head]
    assert repository.text("log", "-1", "--format=%s", head) == FIRST
    assert repository.text("show", f"{head}:{PIN}").startswith("version: 1.0.0\nsha256: ")


@pytest.mark.parametrize("who", ["registry[bot]", "registry-robot"], ids=["an App", "a person"])
def test_with_a_token_of_its_own_a_pull_request_needs_no_button(root: Path, hub: Hub, who: str) -> None:
    make = hub.app if who.endswith("[bot]") else lambda granted, login: hub.user(login, granted)
    token = make({"contents": "write", "pull_requests": "write", "actions": "write"}, login=who)
    proposes(root, hub, **workflow(hub), REGISTRY_TOKEN=token)
    assert "Approve workflows" not in the_pull(hub)["body"]
    assert the_pull(hub)["user"] == who
    assert [one.starts for one in hub.repository.events if one.name == "pull_request"] == ["yes"]


def test_the_same_again_writes_nothing(root: Path, hub: Hub) -> None:
    proposes(root, hub)
    writes = len(hub.calls.writes)
    assert "digits@v1.0.0 to staging: open already: " in proposes(root, hub)
    assert len(hub.calls.writes) == writes


def test_a_newer_version_brings_the_open_one_up_to_date(root: Path, hub: Hub) -> None:
    proposes(root, hub)
    teams.release(root, hub, "1.1.0")
    assert "digits@v1.1.0 to staging: brought up to date: " in proposes(root, hub)
    pull = the_pull(hub)
    assert pull["title"] == "promote digits@v1.1.0 to staging"
    head = hub.repository.git.resolve(f"refs/heads/{BRANCH}")
    assert hub.repository.git.lines("rev-list", f"main..{head}") == [head]
    assert hub.repository.git.text("show", f"{head}:{PIN}").startswith("version: 1.1.0\n")
    assert "open already" in proposes(root, hub)


def test_a_pull_request_whose_main_moved_is_as_it_was(root: Path, hub: Hub) -> None:
    proposes(root, hub)
    (root / "README.md").write_text("words\n")
    commit(root)
    hub.take(root)
    assert "open already" in proposes(root, hub)


def test_a_branch_left_over_from_a_merge_is_used_again(root: Path, hub: Hub, octo: Caller) -> None:
    proposes(root, hub)
    octo.put("/pulls/1/merge", merge_method="squash")
    teams.update(root, hub)
    assert "nothing to do" in proposes(root, hub)
    teams.release(root, hub, "1.1.0")
    assert "digits@v1.1.0 to staging: opened: " in proposes(root, hub)
    pull = hub.repository.pulls[2]
    assert hub.repository.git.lines("rev-list", f"main..{pull['head']['sha']}") == [pull["head"]["sha"]]
    assert "\n- digits   1.0.0\n+ digits   1.1.0\n" in pull["body"]
    assert "or run the workflow `promote` with the version 1.0.0" in pull["body"]


def test_a_default_branch_of_another_name_is_where_it_goes(root: Path, hub: Hub) -> None:
    hub.repository.git.set_ref("refs/heads/trunk", git(root, "rev-parse", "main").strip())
    hub.repository.git.delete_ref("refs/heads/main")
    hub.repository.default_branch = "trunk"
    proposes(root, hub)
    assert the_pull(hub)["base"]["ref"] == "trunk"


def test_a_token_that_may_not_write_is_told_which_permission_is_missing(root: Path, hub: Hub) -> None:
    token = hub.workflow({"contents": "read", "pull_requests": "write"})
    said = fails(root, hub, promote, "--pull-request", GITHUB_TOKEN=token, GITHUB_ACTIONS="true")
    assert "the token may not do this; give the job, or the token, the permission contents: write" in said
