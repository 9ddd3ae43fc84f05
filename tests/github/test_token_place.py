"""Where REGISTRY_TOKEN may lie: in an environment that only the default branch's workflows are told the secrets of."""

from pathlib import Path

import pytest
from doctoring import PLACE, all_on, environment, fails, found, states, succeeds
from hub import Hub

CUSTOM = {"protected_branches": False, "custom_branch_policies": True}
WARNED = "so a workflow of any branch reads it; keep it in the environment registry, and delete it there"


@pytest.mark.parametrize("branches", [(), ("dev",), ("main", "dev"), ("main*",)])
def test_an_environment_of_other_branches_is_off(root: Path, hub: Hub, branches: tuple) -> None:
    environment(hub, *branches)
    assert found(hub, root)[PLACE] == "off"


@pytest.mark.parametrize("policy", [None, {"protected_branches": True, "custom_branch_policies": False}])
def test_one_that_a_run_made_is_limited_and_what_somebody_asked_for_stays(
    root: Path, hub: Hub, sent: list, policy: dict | None
) -> None:
    all_on(hub)
    rules = {"wait_timer": 30, "reviewers": [{"type": "User", "id": 1}]}
    environment(hub, deployment_branch_policy=policy, **rules)
    assert states(succeeds(root, hub, "--fix"))[PLACE] == "on"
    (put, post) = sent
    assert put[:2] == ("PUT", "/environments/registry")
    assert (put[2]["wait_timer"], len(put[2]["reviewers"]), put[2]["deployment_branch_policy"]) == (30, 1, CUSTOM)
    assert post == ("POST", "/environments/registry/deployment-branch-policies", {"name": "main", "type": "branch"})


def test_a_tag_that_is_called_as_the_branch_is_no_branch(root: Path, hub: Hub) -> None:
    environment(hub, "main")
    hub.repository.environments["registry"]["branches"]["main"]["type"] = "tag"
    assert found(hub, root)[PLACE] == "off"


def test_branches_that_somebody_added_are_left_to_a_person(root: Path, hub: Hub, sent: list) -> None:
    all_on(hub)
    environment(hub, "main", "dev")
    said = fails(root, hub, "--fix")
    assert f"{PLACE}: is off: " in said
    assert sent == []


def test_the_default_branch_is_the_one_that_is_told(root: Path, hub: Hub) -> None:
    hub.take(root, "trunk")
    hub.repository.default_branch = "trunk"
    succeeds(root, hub, "--fix")
    assert [*hub.repository.environments["registry"]["branches"]] == ["trunk"]


def test_a_token_among_the_secrets_that_any_branch_reads_is_warned_of(root: Path, hub: Hub) -> None:
    all_on(hub)
    hub.repository.secrets = ["OTHER"]
    assert "is a secret of" not in succeeds(root, hub)
    hub.repository.secrets.append("REGISTRY_TOKEN")
    hub.repository.organization_secrets = ["REGISTRY_TOKEN"]
    said = succeeds(root, hub, "--fix")
    for holder in ("the repository", "the organization"):
        assert f"REGISTRY_TOKEN: is a secret of {holder}, {WARNED}\n" in said


def test_who_may_not_see_secrets_is_told_that_nobody_looked(root: Path, hub: Hub) -> None:
    token = hub.user("admin", {"administration": "write", "contents": "write"})
    said = succeeds(root, hub, "--fix", GITHUB_TOKEN=token)
    assert ("REGISTRY_TOKEN: may be a secret of the repository, which a workflow of any branch reads; give the token"
            " Secrets: read to see it\n") in said  # fmt: skip
