"""Why a promotion is proposed, as Git and GitHub tell it: what made a version, what changed, where it ran before."""

from pathlib import Path

import teams
from hub import Hub
from hub.caller import Caller
from promoting import proposes
from registries import git
from reviewing import edit

CHANGES = ("version: 1.0.0", "version: 1.1.0"), ("epochs: 5", "epochs: 8"), ("min: 0.80", "min: 0.85")


def test_a_promotion_tells_what_made_a_version_and_where_it_ran(root: Path, hub: Hub, octo: Caller) -> None:
    teams.pin(root, hub, "staging")
    teams.pin(root, hub, "production")
    for change in CHANGES:
        edit(root, *change)
    teams.merge(root, hub, teams.pull(root, hub))
    teams.release(root, hub, "1.1.0")
    proposes(root, hub, "digits", "staging")
    octo.put("/pulls/2/merge", merge_method="squash")
    teams.update(root, hub)
    proposes(root, hub, "digits", "production")
    body, site = hub.repository.pulls[3]["body"], f"{hub.server_url}/octo/models"
    since = git(root, "log", "-1", "--format=%cd", "--date=format-local:%-d %B %Y, %H:%M", "main").strip()
    assert ("```diff\n@@ production @@\n- digits   1.0.0\n+ digits   1.1.0\n```\n") in body
    assert (
        f"- [`digits@v1.1.0`]({site}/releases/tag/digits@v1.1.0) was made by [pull request 1]({site}/pull/1) of octo,"
        " “a topic”.\n"
        f"- staging has pinned it for a minute, since {since} UTC, by [pull request 2]({site}/pull/2).\n\n"
        "Since `digits@v1.0.0` this changed:\n\n"
        "- `training.epochs`: `5` → `8`\n- `thresholds.recall.min`: `0.8` → `0.85`\n\n## For users\n\n"
    ) in body


def test_a_version_that_ran_nowhere_before_says_nothing_of_that(root: Path, hub: Hub) -> None:
    proposes(root, hub, "digits", "staging")
    assert "pinned it" not in hub.repository.pulls[1]["body"]
