"""What doctor shows of a repository's settings, to whoever asks."""

from collections.abc import Callable
from pathlib import Path

import pytest
from doctoring import (
    ACTIONS,
    BRANCHES,
    CHECK,
    IMMUTABLE,
    NAMES,
    NEXT,
    PLACE,
    PULLS,
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
from hub.messages import Answer


def test_what_is_off_is_shown_with_what_stands_in_for_it(root: Path, hub: Hub) -> None:
    said = succeeds(root, hub)
    assert states(said) == dict.fromkeys(NAMES, "off") | {ACTIONS: "on"}
    assert said.count("without it ") == 6
    assert "off    without it a person opens each promotion's pull request\n" in said
    assert said.endswith(NEXT)
    assert hub.calls.writes == []


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
    assert states(said) == dict.fromkeys(NAMES, "unknown") | {TAGS: "on", PLACE: "on"}
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


def test_without_a_token_it_says_which_to_set(root: Path, hub: Hub) -> None:
    said = fails(root, hub, GITHUB_TOKEN="")
    assert said == (
        "GITHUB_TOKEN: is not set; set GITHUB_TOKEN to a token for this repository, with Administration and Contents:"
        " read and write, Actions and Secrets: read: your account's Settings → Developer settings → Personal access"
        " tokens → Fine-grained tokens → Generate new token\n1 problem\n"
    )
    assert hub.calls == []


def test_the_token_may_be_the_registry_s(root: Path, hub: Hub) -> None:
    succeeds(root, hub, GITHUB_TOKEN="", REGISTRY_TOKEN=hub.token)
