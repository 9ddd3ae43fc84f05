"""What doctor sets with --fix: what is off and nobody chose so, told before it is done."""

import re
from pathlib import Path

import pytest
from doctoring import (
    ACTIONS,
    BRANCHES,
    CHECK,
    IMMUTABLE,
    NAMES,
    NEXT,
    PLAN,
    TAGS,
    all_on,
    allow,
    check,
    fails,
    found,
    protect,
    rule,
    states,
    succeeds,
)
from hub import Hub
from talking import hub_of

GATE_RULESET = {
    "name": "registry: gate",
    "target": "branch",
    "enforcement": "active",
    "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
    "rules": [
        {
            "type": "pull_request",
            "parameters": {
                "required_approving_review_count": 0,
                "dismiss_stale_reviews_on_push": False,
                "require_code_owner_review": False,
                "require_last_push_approval": False,
                "required_review_thread_resolution": False,
            },
        },
        {
            "type": "required_status_checks",
            "parameters": {
                "strict_required_status_checks_policy": False,
                "required_status_checks": [{"context": "gate", "integration_id": 15368}],
            },
        },
    ],
}

TAG_RULESET = {
    "name": "registry: releases",
    "target": "tag",
    "enforcement": "active",
    "conditions": {"ref_name": {"include": ["refs/tags/*@v*"], "exclude": []}},
    "rules": [{"type": "deletion"}, {"type": "update"}],
}


def test_fix_says_what_it_sets_before_it_does_and_shows_what_came_of_it(root: Path, hub: Hub, sent: list) -> None:
    said = succeeds(root, hub, "--fix")
    assert sent == [
        ("PUT", "/actions/permissions/workflow",
         {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": True}),
        ("POST", "/rulesets", GATE_RULESET),
        ("POST", "/rulesets", TAG_RULESET),
        ("PUT", "/immutable-releases", {}),
        ("PATCH", "", {"delete_branch_on_merge": True}),
        ("PUT", "/environments/registry",
         {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}),
        ("POST", "/environments/registry/deployment-branch-policies", {"name": "main", "type": "branch"}),
    ]  # fmt: skip
    told = dict(re.findall(r"^(.+) \.\.\.\n  sets: (.+)$", said, re.MULTILINE))
    assert list(told) == NAMES[1:]
    assert "nobody pushes to main any more, changes come by pull request" in told[CHECK]
    assert "no approval is asked for, and nobody is exempt" in told[CHECK]
    assert "nobody moves or deletes a tag like *@v*; new ones can be made as before" in told[TAGS]
    assert states(said) == dict.fromkeys(NAMES, "on")
    assert said.endswith("\n6 settings set: all are on\n")
    assert NEXT not in said
    assert found(hub, root) == dict.fromkeys(NAMES, "on")


def test_each_is_told_before_it_is_set(root: Path, hub: Hub, sent: list) -> None:
    hub.faults.add("500", method="PUT", template="/repos/{owner}/{repo}/immutable-releases", times=99)
    said = fails(root, hub, "--fix")
    assert said.index(f"{IMMUTABLE} ...\n  sets: ") < said.index("PUT /repos/octo/models/immutable-releases: 500")
    assert f"{BRANCHES} ..." not in said


def test_where_all_is_on_there_is_nothing_to_set(root: Path, hub: Hub, sent: list) -> None:
    all_on(hub)
    said = succeeds(root, hub)
    assert states(said) == dict.fromkeys(NAMES, "on")
    assert "next: " not in said
    assert succeeds(root, hub, "--fix").endswith("\nnothing to set: all are on\n")
    assert sent == []


def test_what_workflows_may_do_by_default_stays_as_somebody_chose_it(root: Path, hub: Hub, sent: list) -> None:
    all_on(hub)
    hub.repository.permissions = {"default_workflow_permissions": "write", "can_approve_pull_request_reviews": False}
    succeeds(root, hub, "--fix")
    assert sent == [("PUT", "/actions/permissions/workflow",
                     {"default_workflow_permissions": "write", "can_approve_pull_request_reviews": True})]  # fmt: skip


@pytest.mark.parametrize(
    "policy",
    [{}, {"allowed_actions": "all"}, {"allowed_actions": "selected", "sha_pinning_required": True}],
    ids=["nothing said", "all", "selected"],
)
def test_actions_are_turned_on_and_which_are_allowed_stays(root: Path, hub: Hub, sent: list, policy: dict) -> None:
    all_on(hub)
    hub.repository.actions = {"enabled": False} | policy
    hub.repository.selected_actions["github_owned_allowed"] = True
    said = succeeds(root, hub, "--fix")
    assert f"{ACTIONS} ...\n  sets: Actions run in this repository; which of them are allowed stays as it is\n" in said
    assert sent == [("PUT", "/actions/permissions", {"enabled": True} | policy)]
    assert states(said)[ACTIONS] == "on"


@pytest.mark.parametrize("which", ["local_only", "selected"])
def test_which_actions_are_allowed_is_left_to_a_person(root: Path, hub: Hub, sent: list, which: str) -> None:
    all_on(hub)
    allow(hub, which)
    said = succeeds(root, hub)
    assert "off    only some actions may run; allow those created by GitHub\n" in said
    assert "next: " not in said
    said = fails(root, hub, "--fix")
    assert ("Actions: is off: only some actions may run; allow those created by GitHub; by hand: Settings → Actions →"
            " General → Actions permissions\n1 problem\n") in said  # fmt: skip
    assert sent == []


def test_who_may_look_and_not_set_is_told_each_that_was_refused(root: Path, hub: Hub) -> None:
    token = hub.user("auditor", {"administration": "read", "contents": "write"})
    said = fails(root, hub, "--fix", GITHUB_TOKEN=token)
    assert ("Immutable releases: could not be set: PUT /repos/octo/models/immutable-releases: 403 forbidden (Resource"
            " not accessible by personal access token); give the token Administration: write, or set it by hand:"
            " Settings → General → Releases\n") in said  # fmt: skip
    assert states(said) == dict.fromkeys(NAMES, "off") | {ACTIONS: "on"}
    assert said.endswith("\n6 problems\n")


def test_administration_alone_sets_all_but_what_it_can_not_see(root: Path, hub: Hub) -> None:
    token = hub.user("admin", {"administration": "write"})
    said = fails(root, hub, "--fix", GITHUB_TOKEN=token)
    assert states(said) == dict.fromkeys(NAMES, "on") | {BRANCHES: "unknown"}
    assert f"{BRANCHES}: is unknown: the token needs Contents: write to see it; by hand: " in said


def test_what_a_free_plan_does_not_offer_is_told_on_its_own(root: Path, hub: Hub, sent: list) -> None:
    hub.repository.private = hub.repository.free = True
    said = succeeds(root, hub)
    assert states(said) == dict.fromkeys(NAMES, "off") | {ACTIONS: "on", CHECK: "not offered", TAGS: "not offered"}
    assert "not offered  without it what checks refuse can be merged; release stops it\n" in said
    assert "not offered  without it a tag may be moved; deploy notices by the digest\n" in said
    assert PLAN in said
    assert said.endswith(NEXT)
    said = succeeds(root, hub, "--fix")
    assert [path for _, path, _ in sent] == [
        "/actions/permissions/workflow", "/immutable-releases", "", "/environments/registry",
        "/environments/registry/deployment-branch-policies",
    ]  # fmt: skip
    assert said.count(PLAN) == 2
    assert said.endswith("\n4 settings set: all are on but the 2 that are not offered\n")
    said = succeeds(root, hub)
    assert said.count(PLAN) == 1
    assert succeeds(root, hub, "--fix").endswith("\nnothing to set: all are on but the 2 that are not offered\n")


def test_a_ruleset_of_the_same_name_that_is_not_in_force_becomes_what_it_should_be(
    root: Path, hub: Hub, sent: list
) -> None:
    all_on(hub)
    hub.repository.rulesets.clear()
    check(hub, "gate", enforcement="disabled")
    rule(hub, "deletion", include="refs/tags/v*")
    check(hub, enforcement="disabled")
    for number, name in (1, "registry: gate"), (2, "registry: releases"), (3, "registry: gate"):
        hub.repository.rulesets[number]["name"] = name
    hub.repository.rulesets[1] |= {"source": "octo", "source_type": "Organization"}
    assert states(succeeds(root, hub, "--fix")) == dict.fromkeys(NAMES, "on")
    assert [one for one in sent if one[0] == "PUT"] == [
        ("PUT", "/rulesets/3", GATE_RULESET),
        ("PUT", "/rulesets/2", TAG_RULESET),
    ]
    assert len(hub.repository.rulesets) == 3


def test_a_ruleset_whose_answer_was_lost_is_not_made_twice(root: Path, hub: Hub) -> None:
    hub.faults.add("502-after", method="POST")
    succeeds(root, hub, "--fix")
    assert [one["name"] for one in hub.repository.rulesets.values()] == ["registry: gate", "registry: releases"]
    assert hub.calls.count("POST") == 3


def test_what_is_still_off_after_it_was_set_is_a_problem(root: Path, hub: Hub) -> None:
    all_on(hub)
    hub.repository.settings = {"delete_branch_on_merge": False}
    answer = hub.answer

    def forget(ask):
        result = answer(ask)
        hub.repository.settings.clear()
        return result

    hub.answer = forget
    said = fails(root, hub, "--fix")
    assert said.endswith(f"{BRANCHES}: is off: without it merged promotion branches stay; by hand: Settings → General →"
                         " Pull Requests\n1 problem\n")  # fmt: skip


def test_it_is_the_same_on_an_enterprise_server(root: Path, tmp_path: Path) -> None:
    with hub_of(root, tmp_path / "enterprise", enterprise=True) as hub:
        said = succeeds(root, hub)
        assert states(said) == dict.fromkeys(NAMES, "off") | {ACTIONS: "on"}
        assert said.endswith(NEXT)
        assert states(succeeds(root, hub, "--fix")) == dict.fromkeys(NAMES, "on")
        assert states(succeeds(root, hub)) == dict.fromkeys(NAMES, "on")
        hub.repository.private = True
        assert "404 not found" in fails(root, hub, GITHUB_TOKEN=hub.user("eve", None, "eve/other"))


def test_another_main_branch_is_the_one_that_is_guarded(root: Path, hub: Hub) -> None:
    hub.take(root, "trunk")
    hub.repository.default_branch = "trunk"
    protect(hub, "gate")
    assert found(hub, root)[CHECK] == "off"
    assert "nobody pushes to trunk any more" in succeeds(root, hub, "--fix")
    assert found(hub, root)[CHECK] == "on"
