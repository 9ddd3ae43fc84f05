"""The check `gate` counts where it must be of GitHub Actions: any token that may write statuses can post another."""

from pathlib import Path

import pytest
from doctoring import CHECK, NAMES, all_on, check, found, protect, states, succeeds
from hub import Hub

ACTIONS = {"integration_id": 15368}
TOLD = "off it need not be of GitHub Actions, so whoever may write statuses can post it"


def by_ruleset(hub: Hub, **source: int) -> None:
    check(hub, "gate")
    hub.repository.rulesets[1]["rules"][0]["parameters"]["required_status_checks"] = [{"context": "gate"} | source]


def by_protection(hub: Hub, **source: int) -> None:
    protect(hub, "gate")
    required = hub.repository.protections["main"]["required_status_checks"]
    required["checks"] = [{"context": "gate", "app_id": source.get("integration_id")}]


@pytest.mark.parametrize("require", [by_ruleset, by_protection], ids=lambda require: require.__name__)
@pytest.mark.parametrize("source", [{}, {"integration_id": 1}], ids=["of anybody", "of another App"])
def test_one_of_another_source_is_off_and_set_to_be_of_github_actions(
    root: Path, hub: Hub, require, source: dict
) -> None:
    require(hub, **source)
    assert f"{CHECK} {TOLD}" in [" ".join(line.split()) for line in succeeds(root, hub).splitlines()]
    assert states(succeeds(root, hub, "--fix"))[CHECK] == "on"
    (made,) = [one for one in hub.repository.rulesets.values() if one["name"] == "registry: gate"]
    (rule,) = [one for one in made["rules"] if one["type"] == "required_status_checks"]
    assert rule["parameters"]["required_status_checks"] == [{"context": "gate"} | ACTIONS]
    assert found(hub, root) == dict.fromkeys(NAMES, "on")


@pytest.mark.parametrize("require", [by_ruleset, by_protection], ids=lambda require: require.__name__)
def test_one_of_github_actions_is_on(root: Path, hub: Hub, require) -> None:
    require(hub, **ACTIONS)
    assert found(hub, root)[CHECK] == "on"


def test_all_is_on_as_doctor_leaves_it(root: Path, hub: Hub) -> None:
    all_on(hub)
    assert found(hub, root)[CHECK] == "on"
