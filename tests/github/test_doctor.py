"""What doctor shows of a repository's settings, and what it sets."""

import re
from collections.abc import Callable
from pathlib import Path

import doctor
import pytest
import talking
from hub import Hub
from hub.messages import Answer
from talking import hub_of

ACTIONS, PULLS, CHECK, TAGS, IMMUTABLE, BRANCHES = NAMES = [
    "Actions", "Actions may open pull requests", "Required check `gate`",
    "Tag rule for `refs/tags/*@v*`", "Immutable releases", "Automatically delete head branches",
]  # fmt: skip
PERMISSIONS = "/repos/octo/models/actions/permissions"
NEXT = "next: `tox run -e doctor -- --repository octo/models --fix` sets what the token may set\n"
PLAN = "not offered: GitHub's plan has no rules for private repositories; make it public, or upgrade the plan\n"
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
                "required_status_checks": [{"context": "gate"}],
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


@pytest.fixture
def sent(hub: Hub) -> list[tuple]:
    """What the hub was sent to change something: method, path below the repository, and body."""
    got, answer = [], hub.answer

    def listen(ask):
        if ask.method != "GET":
            got.append((ask.method, ask.path.removeprefix("/repos/octo/models"), ask.json))
        return answer(ask)

    hub.answer = listen
    return got


def succeeds(root: Path, hub: Hub, *words: str, **environment: str) -> str:
    return flush(talking.succeeds(root, hub, doctor, *words, **environment))


def fails(root: Path, hub: Hub, *words: str, **environment: str) -> str:
    return flush(talking.fails(root, hub, doctor, *words, **environment))


def flush(said: str) -> str:
    """Take away what tables are padded with."""
    return re.sub(" +$", "", said, flags=re.MULTILINE)


def states(said: str) -> dict[str, str]:
    """Return the state of each setting in the last table that was printed."""
    lines = said[said.rindex("setting  ") :].splitlines()
    return {name: re.split(" {2,}", line)[1] for name in NAMES for line in lines if line.startswith(f"{name}  ")}


def rule(hub: Hub, *types: str, target: str = "tag", include: str | list = "refs/tags/*@v*", exclude: str | list = (),
         enforcement: str = "active", checks: tuple = ()) -> None:  # fmt: skip
    """Put a ruleset there."""
    number = len(hub.repository.rulesets) + 1
    names = {key: [value] if isinstance(value, str) else list(value)
             for key, value in (("include", include), ("exclude", exclude))}  # fmt: skip
    rules = [{"type": one} for one in types]
    if checks:
        listed = [{"context": one} for one in checks]
        parameters = {"strict_required_status_checks_policy": False, "required_status_checks": listed}
        rules.append({"type": "required_status_checks", "parameters": parameters})
    hub.repository.rulesets[number] = {
        "id": number, "name": f"mine {number}", "target": target, "enforcement": enforcement, "source": "octo/models",
        "source_type": "Repository", "conditions": {"ref_name": names}, "rules": rules, "bypass_actors": [],
    }  # fmt: skip


def check(hub: Hub, *checks: str, include: str | list = "~DEFAULT_BRANCH", **more: object) -> None:
    rule(hub, target="branch", include=include, checks=checks, **more)


def protect(hub: Hub, *checks: str) -> None:
    """Protect main the classic way."""
    needed = {"required_status_checks": {"strict": False, "contexts": list(checks)}} if checks else {}
    hub.repository.protections["main"] = {"enforce_admins": None} | needed


def allow(hub: Hub, which: str, **selected: object) -> None:
    hub.repository.actions["allowed_actions"] = which
    hub.repository.selected_actions |= selected


def all_on(hub: Hub) -> None:
    check(hub, "gate")
    rule(hub, "deletion", "update")
    hub.repository.permissions["can_approve_pull_request_reviews"] = True
    hub.repository.immutable_releases = hub.repository.settings["delete_branch_on_merge"] = True


def found(hub: Hub, root: Path, **environment: str) -> dict[str, str]:
    return states(succeeds(root, hub, **environment))


def test_what_is_off_is_shown_with_what_stands_in_for_it(root: Path, hub: Hub) -> None:
    said = succeeds(root, hub)
    assert states(said) == dict.fromkeys(NAMES, "off") | {ACTIONS: "on"}
    assert said.count("without it ") == 5
    assert "off    without it a person opens each promotion's pull request\n" in said
    assert said.endswith(NEXT)
    assert hub.calls.writes == []


def test_fix_says_what_it_sets_before_it_does_and_shows_what_came_of_it(root: Path, hub: Hub, sent: list) -> None:
    said = succeeds(root, hub, "--fix")
    assert sent == [
        ("PUT", "/actions/permissions/workflow",
         {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": True}),
        ("POST", "/rulesets", GATE_RULESET),
        ("POST", "/rulesets", TAG_RULESET),
        ("PUT", "/immutable-releases", {}),
        ("PATCH", "", {"delete_branch_on_merge": True}),
    ]  # fmt: skip
    told = dict(re.findall(r"^(.+) \.\.\.\n  sets: (.+)$", said, re.MULTILINE))
    assert list(told) == NAMES[1:]
    assert "nobody pushes to main any more, changes come by pull request" in told[CHECK]
    assert "no approval is asked for, and nobody is exempt" in told[CHECK]
    assert "nobody moves or deletes a tag like *@v*; new ones can be made as before" in told[TAGS]
    assert states(said) == dict.fromkeys(NAMES, "on")
    assert said.endswith("\n5 settings set: all are on\n")
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


STATES = {
    "Actions are off": (ACTIONS, "off", lambda hub: hub.repository.actions.update(enabled=False)),
    "only its own actions": (ACTIONS, "off", lambda hub: allow(hub, "local_only")),
    "selected, not GitHub's": (ACTIONS, "off", lambda hub: allow(hub, "selected")),
    "selected, GitHub's": (ACTIONS, "on", lambda hub: allow(hub, "selected", github_owned_allowed=True)),
    "selected by name": (ACTIONS, "unknown", lambda hub: allow(hub, "selected", patterns_allowed=["actions/*"])),
    "a ruleset": (CHECK, "on", lambda hub: check(hub, "lint", "gate")),
    "a ruleset for every branch": (CHECK, "on", lambda hub: check(hub, "gate", include="~ALL")),
    "one of two rulesets": (CHECK, "on", lambda hub: [check(hub, "lint"), check(hub, "gate")]),
    "a ruleset with another check": (CHECK, "off", lambda hub: check(hub, "gates")),
    "a ruleset that is tried out": (CHECK, "off", lambda hub: check(hub, "gate", enforcement="evaluate")),
    "a ruleset that is off": (CHECK, "off", lambda hub: check(hub, "gate", enforcement="disabled")),
    "a ruleset for another branch": (CHECK, "off", lambda hub: check(hub, "gate", include="refs/heads/dev")),
    "a ruleset but for main": (CHECK, "off", lambda hub: check(hub, "gate", include="~ALL", exclude="refs/heads/main")),
    "classic protection": (CHECK, "on", lambda hub: protect(hub, "gate")),
    "classic protection with another check": (CHECK, "off", lambda hub: protect(hub, "lint")),
    "classic protection without checks": (CHECK, "off", lambda hub: protect(hub)),
    "both, and one has the check": (CHECK, "on", lambda hub: [check(hub, "lint"), protect(hub, "gate")]),
    "our tags": (TAGS, "on", lambda hub: rule(hub, "deletion", "update")),
    "all tags": (TAGS, "on", lambda hub: rule(hub, "deletion", "update", "non_fast_forward", include="~ALL")),
    "all flat tags": (TAGS, "on", lambda hub: rule(hub, "deletion", "update", include="refs/tags/*")),
    "all tags, deep ones too": (TAGS, "on", lambda hub: rule(hub, "deletion", "update", include="refs/tags/**/*")),
    "our tags, written out": (TAGS, "on", lambda hub: rule(hub, "deletion", "update", include="refs/tags/*@v*.*.*")),
    "one of two patterns": (TAGS, "on", lambda hub: rule(hub, "deletion", "update",
                                                         include=["refs/tags/v*", "refs/tags/*@v*"])),
    "two rulesets": (TAGS, "on", lambda hub: [rule(hub, "deletion", include="~ALL"), rule(hub, "update")]),
    "two rulesets, one tried out": (TAGS, "off", lambda hub: [rule(hub, "deletion"),
                                                              rule(hub, "update", enforcement="evaluate")]),
    "two rulesets, one but for a model": (TAGS, "off", lambda hub: [
        rule(hub, "deletion"), rule(hub, "update", exclude="refs/tags/spam@*")]),
    "only deleting": (TAGS, "off", lambda hub: rule(hub, "deletion", "creation")),
    "tried out": (TAGS, "off", lambda hub: rule(hub, "deletion", "update", enforcement="evaluate")),
    "disabled": (TAGS, "off", lambda hub: rule(hub, "deletion", "update", enforcement="disabled")),
    "for branches": (TAGS, "off", lambda hub: rule(hub, "deletion", "update", target="branch", include="~ALL")),
    "no pattern": (TAGS, "off", lambda hub: rule(hub, "deletion", "update", include=[])),
    "one model": (TAGS, "off", lambda hub: rule(hub, "deletion", "update", include="refs/tags/digits@v*")),
    "versions of one figure": (TAGS, "off", lambda hub: rule(hub, "deletion", "update", include="refs/tags/*@v?.?.?")),
    "other tags": (TAGS, "off", lambda hub: rule(hub, "deletion", "update", include="refs/tags/v*")),
    "a star that stops at slashes": (TAGS, "off", lambda hub: rule(hub, "deletion", "update", include="refs/*")),
    "deep tags": (TAGS, "off", lambda hub: rule(hub, "deletion", "update", include="refs/tags/*/*")),
    "all but a model": (TAGS, "off", lambda hub: rule(hub, "deletion", "update", include="~ALL",
                                                      exclude="refs/tags/digits@*")),
    "all but a version": (TAGS, "off", lambda hub: rule(hub, "deletion", "update", exclude="refs/tags/spam@v1.0.0")),
    "all but all": (TAGS, "off", lambda hub: rule(hub, "deletion", "update", exclude="~ALL")),
    "all but deep ones": (TAGS, "on", lambda hub: rule(hub, "deletion", "update", exclude="refs/tags/nightly/*")),
    "all but one of another kind": (TAGS, "on", lambda hub: rule(hub, "deletion", "update", exclude=["refs/tags/x"])),
    "immutable": (IMMUTABLE, "on", lambda hub: setattr(hub.repository, "immutable_releases", True)),
    "deletes": (BRANCHES, "on", lambda hub: hub.repository.settings.update(delete_branch_on_merge=True)),
}  # fmt: skip


@pytest.mark.parametrize(("name", "state", "arrange"), STATES.values(), ids=STATES)
def test_a_state_is_told_as_it_is(root: Path, hub: Hub, name: str, state: str, arrange: Callable) -> None:
    arrange(hub)
    assert found(hub, root)[name] == state


def test_who_may_not_look_is_told_so_and_nothing_is_set(root: Path, hub: Hub, sent: list) -> None:
    all_on(hub)
    hub.repository.rulesets.clear()
    rule(hub, "deletion", "update")
    protect(hub, "gate")
    reader = hub.user("reader", {"metadata": "read", "contents": "read"})
    said = succeeds(root, hub, GITHUB_TOKEN=reader)
    assert states(said) == dict.fromkeys(NAMES, "unknown") | {TAGS: "on"}
    assert said.count("unknown  the token needs Administration: read to see it\n") == 4
    assert said.count("unknown  the token needs Contents: write to see it\n") == 1
    assert "next: " not in said
    said = fails(root, hub, "--fix", GITHUB_TOKEN=reader)
    assert (f"{CHECK}: is unknown: the token needs Administration: read to see it; by hand: Settings → Rules → Rulesets"
            "\n") in said  # fmt: skip
    assert said.endswith("\n5 problems\n")
    assert sent == []


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("actions/permissions", ACTIONS),
        ("actions/permissions/selected-actions", ACTIONS),
        ("actions/permissions/workflow", PULLS),
        ("branches/{branch}/protection", CHECK),
        ("rules/branches/{branch}", CHECK),
        ("rulesets", TAGS),
        ("rulesets/{ruleset_id}", TAGS),
    ],
)
def test_a_404_may_mean_that_the_token_has_no_right_to_look(root: Path, hub: Hub, template: str, name: str) -> None:
    rule(hub, "deletion", "update")
    allow(hub, "selected")
    hub.faults.add("404", template=f"/repos/{{owner}}/{{repo}}/{template}", times=99)
    assert found(hub, root)[name] == "unknown"
    said = fails(root, hub, "--fix")
    assert f"{name}: is unknown: the token needs Administration: read to see it; by hand: " in said
    assert f"{name} ...\n" not in said


def test_immutable_releases_are_off_only_for_who_may_look(root: Path, hub: Hub) -> None:
    assert found(hub, root)[IMMUTABLE] == "off"
    hub.faults.add("404", template="/repos/{owner}/{repo}/actions/permissions")
    assert found(hub, root)[IMMUTABLE] == "unknown"


def test_a_limit_that_does_not_pass_is_no_state(root: Path, hub: Hub) -> None:
    hub.faults.add("403-secondary", template="/repos/{owner}/{repo}/rulesets", times=99)
    assert "too many calls" in fails(root, hub)


def test_the_404_of_a_proxy_is_no_state(root: Path, hub: Hub) -> None:
    answer = hub.answer
    hub.answer = lambda ask: (Answer(404, b"<html>"), None) if ask.path.endswith("/rulesets") else answer(ask)
    assert "GET /repos/octo/models/rulesets: 404 not found; it is not GitHub that says so" in fails(root, hub)


def test_who_may_look_and_not_set_is_told_each_that_was_refused(root: Path, hub: Hub) -> None:
    token = hub.user("auditor", {"administration": "read", "contents": "write"})
    said = fails(root, hub, "--fix", GITHUB_TOKEN=token)
    assert ("Immutable releases: could not be set: PUT /repos/octo/models/immutable-releases: 403 forbidden (Resource"
            " not accessible by personal access token); give the token Administration: write, or set it by hand:"
            " Settings → General → Releases\n") in said  # fmt: skip
    assert states(said) == dict.fromkeys(NAMES, "off") | {ACTIONS: "on"}
    assert said.endswith("\n5 problems\n")


def test_administration_alone_sets_all_but_what_it_can_not_see(root: Path, hub: Hub) -> None:
    token = hub.user("admin", {"administration": "write"})
    said = fails(root, hub, "--fix", GITHUB_TOKEN=token)
    assert states(said) == dict.fromkeys(NAMES, "on") | {BRANCHES: "unknown"}
    assert f"{BRANCHES}: is unknown: the token needs Contents: write to see it; by hand: " in said


def test_without_a_token_it_says_which_to_set(root: Path, hub: Hub) -> None:
    said = fails(root, hub, GITHUB_TOKEN="")
    assert said == (
        "GITHUB_TOKEN: is not set; set GITHUB_TOKEN to a token for this repository, with Administration and Contents:"
        " read and write: your account's Settings → Developer settings → Personal access tokens → Fine-grained tokens →"
        " Generate new token\n1 problem\n"
    )
    assert hub.calls == []


def test_the_token_may_be_the_registry_s(root: Path, hub: Hub) -> None:
    succeeds(root, hub, GITHUB_TOKEN="", REGISTRY_TOKEN=hub.token)


def test_what_a_free_plan_does_not_offer_is_told_on_its_own(root: Path, hub: Hub, sent: list) -> None:
    hub.repository.private = hub.repository.free = True
    said = succeeds(root, hub)
    assert states(said) == dict.fromkeys(NAMES, "off") | {ACTIONS: "on", CHECK: "not offered", TAGS: "not offered"}
    assert "not offered  without it what checks refuse can be merged; release stops it\n" in said
    assert "not offered  without it a tag may be moved; deploy notices by the digest\n" in said
    assert PLAN in said
    assert said.endswith(NEXT)
    said = succeeds(root, hub, "--fix")
    assert [path for _, path, _ in sent] == ["/actions/permissions/workflow", "/immutable-releases", ""]
    assert said.count(PLAN) == 2
    assert said.endswith("\n3 settings set: all are on but the 2 that are not offered\n")
    said = succeeds(root, hub)
    assert said.endswith(PLAN)
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
    assert hub.calls.count("POST") == 2


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
