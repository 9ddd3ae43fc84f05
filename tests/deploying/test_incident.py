"""One issue an environment tells on GitHub what is wrong where it runs, and is closed when that is gone."""

from pathlib import Path

import deploy
import pytest
import teams
from hub import Hub
from registries import candidate
from talking import fails, succeeds

from registry.artifacts import litert  # noqa: F401  it loads what deploy proves

MARK = "<!-- what is wrong in the environment staging -->"
FILE = "deployments/staging/digits/1000000/saved_model.pb"


@pytest.fixture(scope="module")
def start(start: Path) -> Path:
    candidate(start)
    return start


@pytest.fixture
def running(root: Path, hub: Hub) -> Path:
    """A repository whose staging runs a release, with an issue of somebody who knows how ours begin."""
    teams.release(root, hub)
    teams.pin(root, hub, "staging")
    succeeds(root, hub, deploy, "staging", "--apply")
    return root


def issues(hub: Hub) -> list[dict]:
    return [one for one in hub.repository.issues.values() if "drift" in one["labels"]]


def told(hub: Hub) -> tuple[str, list[str], list[str]]:
    """Return of the one issue its state, what it lists, and the comments on it, without their times."""
    (one,) = issues(hub)
    comments = [each["body"] for each in hub.repository.comments.values() if each["issue"] == one["number"]]
    listed = [line for line in one["body"].splitlines() if line.startswith("- ")]
    assert one["body"].startswith(MARK)
    return one["state"], listed, [each.rpartition(". ")[0] for each in comments]


def test_nothing_wrong_opens_nothing(running: Path, hub: Hub) -> None:
    assert succeeds(running, hub, deploy, "staging", "--apply") == "staging: nothing to do; it runs what is pinned\n"
    assert issues(hub) == []


def test_drift_that_is_healed_leaves_a_closed_issue_that_says_so(running: Path, hub: Hub) -> None:
    (running / FILE).write_text("other")
    said = succeeds(running, hub, deploy, "staging", "--apply")
    assert "\nstaging: closed http" in said
    assert told(hub) == (
        "closed",
        ["- digits 1.0.0 differed from its release; it was put right"],
        ["Put right by the deploy that found it"],
    )


def test_drift_that_is_only_told_has_one_open_issue_until_it_is_gone(running: Path, hub: Hub) -> None:
    place = running / "environments/staging.yaml"
    place.write_text(f"{place.read_text()}drift: report\n")
    whole = (running / FILE).read_bytes()
    (running / FILE).write_text("other")
    said = fails(running, hub, deploy, "staging", "--apply")
    assert said.endswith(
        "environments/staging/digits.yaml:1: what runs is not digits@v1.0.0 as it was deployed, and `drift: report` "
        "leaves it so; put it right by hand, or write drift: heal into the environment\n1 problem\n"
    )
    assert (running / FILE).read_text() == "other"
    before = told(hub)
    assert before == ("open", ["- digits 1.0.0 differed from its release; it was left as it is"], [])
    fails(running, hub, deploy, "staging", "--apply")
    assert told(hub) == before
    (running / FILE).write_bytes(whole)
    said = succeeds(running, hub, deploy, "staging", "--apply")
    assert said.startswith("staging: closed http")
    assert told(hub) == ("closed", before[1], ["What runs is what is pinned, and nothing is held"])


def test_a_token_that_may_not_write_issues_is_told_and_fails_no_deploy(running: Path, hub: Hub) -> None:
    (running / FILE).write_text("other")
    hub.faults.add("403", 1, template="/issues", method="POST")
    said = succeeds(running, hub, deploy, "staging", "--apply")
    assert "1 change made" in said and "/issues" in said
    assert (running / FILE).read_text() != "other"
