"""Tags that somebody made by hand, older and newer than every release: they hold up no promotion of any model."""

from pathlib import Path

import promote
import publish
import pytest
import status
import teams
import withdraw
from hub import Hub
from registries import candidate, git
from talking import fails, succeeds

PIN = "environments/staging/digits.yaml"
ONTO = "digits@v1.0.0"  # an annotated tag, which `git tag NEW OLD` gives a second name
HOW = {"lightweight": (), "annotated": ("--annotate", "--message=mine"), "another name": ()}


@pytest.fixture
def hub(hub: Hub, root: Path) -> Hub:
    teams.release(root, hub)
    return hub


def told(version: str) -> str:
    tag = f"digits@v{version}"
    return (
        f"{tag}: is a tag without a release's trailers ('Fingerprint'); {version} can't be released while it is there,"
        f" and nothing else is held up; to free it, run `git tag -d '{tag}'`, where it was pushed after `git push"
        f" --delete origin '{tag}'` by somebody who may bypass the rule for tags\n"
    )


@pytest.mark.parametrize(
    ("how", "version"),
    [("lightweight", "2.0.0"), ("annotated", "0.9.0"), ("another name", "0.9.0"), ("another name", "2.0.0")],
)
def test_promotions_go_on_and_the_tag_is_told(root: Path, hub: Hub, how: str, version: str) -> None:
    git(root, "tag", *HOW[how], f"digits@v{version}", *([ONTO] if how == "another name" else []))
    hub.take(root)
    address = f"{hub.server_url}/octo/models/pull/1"
    assert succeeds(root, hub, promote, "--pull-request") == (
        f"{told(version)}digits@v1.0.0 to staging: opened: {address}\n"
    )
    said = succeeds(root, hub, promote, "digits", "staging", "--pull-request")
    assert said == f"{told(version)}digits@v1.0.0 to staging: brought up to date: {address}\n"
    assert succeeds(root, hub, promote, "digits", "staging").startswith(f"{told(version)}{PIN}: nothing → 1.0.0\n")
    assert told(version) in succeeds(root, hub, status)
    said = fails(root, hub, promote, "digits", "staging", "--version", version)
    assert said == f"{told(version)}{PIN}: digits has no release {version}; released: 1.0.0\n1 problem\n"


def test_a_second_name_of_a_release_is_no_release_on_github_either(root: Path, hub: Hub) -> None:
    git(root, "tag", "digits@v1.1.0", ONTO)
    hub.take(root)
    git(root, "tag", "--delete", "digits@v1.1.0")
    said = fails(root, hub, withdraw, "digits", "1.1.0", "--reason", "bad")
    assert said == f"{told('1.1.0')}1 problem\n"


def test_the_next_version_is_released_and_promoted_beside_it(root: Path, hub: Hub) -> None:
    git(root, "tag", "digits@v0.9.0")
    hub.take(root)
    teams.release(root, hub, "1.1.0")
    assert "digits@v1.1.0 to staging: opened: " in succeeds(root, hub, promote, "--pull-request")
    candidate(root)
    assert "is published already with these bytes" in succeeds(root, hub, publish, "digits")
