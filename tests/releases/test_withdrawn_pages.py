"""Pages of releases name the versions that they are compared with: where one of those is withdrawn, they say so."""

from pathlib import Path

import pytest
import teams
import withdraw
from hub import Hub
from talking import succeeds

TOLD = "`digits@v1.0.0`, which it is compared with, is withdrawn: takes 7 for 1\n\n"
FIRST = {"version": "1.0.0", "metrics": {"accuracy": 0.95}, "reason": None}


@pytest.fixture
def hub(hub: Hub, root: Path) -> Hub:
    teams.release(root, hub)
    return hub


def page(hub: Hub, version: str) -> str:
    (found,) = [one.body for one in hub.repository.releases.values() if one.tag_name == f"digits@v{version}"]
    return found


def withdraws(root: Path, hub: Hub, version: str = "1.0.0") -> str:
    return succeeds(root, hub, withdraw, "digits", version, "--reason", "takes 7 for 1")


def test_the_page_of_a_version_that_was_released_later_says_it_from_then_on(root: Path, hub: Hub) -> None:
    teams.release(root, hub, "1.1.0")
    teams.release(root, hub, "1.2.0", incumbent=FIRST)
    teams.release(root, hub, "1.3.0")
    before = {version: page(hub, version) for version in ("1.1.0", "1.2.0", "1.3.0")}
    withdraws(root, hub)
    for version in ("1.1.0", "1.2.0"):
        assert TOLD in page(hub, version)
        assert page(hub, version).replace(TOLD, "") == before[version]
    assert page(hub, "1.3.0") == before["1.3.0"]


def test_the_page_of_a_version_that_is_released_after_it_says_it_at_once(root: Path, hub: Hub) -> None:
    withdraws(root, hub)
    teams.release(root, hub, "1.1.0")
    assert TOLD in page(hub, "1.1.0")
    withdraws(root, hub, "1.1.0")
    assert page(hub, "1.1.0").startswith("> [!CAUTION]\n> **`digits@v1.1.0` is withdrawn**: takes 7 for 1\n")
    assert TOLD in page(hub, "1.1.0")


def test_a_later_release_that_is_damaged_holds_no_withdrawal_up(root: Path, hub: Hub) -> None:
    teams.release(root, hub, "1.1.0")
    (later,) = [one for one in hub.repository.releases.values() if one.tag_name == "digits@v1.1.0"]
    (number,) = [number for number, asset in later.assets.items() if asset.name == "release.json"]
    del later.assets[number]
    said = withdraws(root, hub)
    assert said.startswith("digits@v1.1.0: is a release without release.json, as when somebody publishes one by hand; ")
    assert "\ndigits@v1.0.0 is withdrawn; environments that run it keep it" in said
