"""Promotions that somebody edited, closed or asked for are left as they are."""

from pathlib import Path

import pytest
import teams
from hub import Hub
from hub.caller import Caller
from promoting import BRANCH, FIRST, PIN, adds_file, proposes, the_pull


def edits_title(hub: Hub, octo: Caller) -> None:
    octo.patch("/pulls/1", title="not yet")


def edits_body(hub: Hub, octo: Caller) -> None:
    octo.patch("/pulls/1", body=the_pull(hub)["body"].replace("Merging this", "Merging it"))


def empties_body(hub: Hub, octo: Caller) -> None:
    octo.patch("/pulls/1", body="")


def adds_commit(hub: Hub, octo: Caller) -> None:
    there = octo.get(f"/contents/{PIN}", ref=BRANCH)
    octo.write(PIN, "version: 1.0.0\nsha256: " + "0" * 64 + "\n", BRANCH, code=200, sha=there["sha"])


def amends_commit(hub: Hub, octo: Caller) -> None:
    """Another content in the one commit, under the same words."""
    tree = octo.post("/git/trees", base_tree=octo.head(), tree=[
        {"path": PIN, "mode": "100644", "type": "blob", "content": "version: 1.0.0\nsha256: " + "0" * 64 + "\n"}
    ])  # fmt: skip
    made = octo.post("/git/commits", message=FIRST, tree=tree["sha"], parents=[octo.head()])
    octo.patch(f"/git/refs/heads/{BRANCH}", sha=made["sha"], force=True)


EDITS = [edits_title, edits_body, empties_body, adds_file, adds_commit, amends_commit]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_what_somebody_edited_is_left_alone_and_told(root: Path, hub: Hub, octo: Caller, edit) -> None:
    proposes(root, hub)
    edit(hub, octo)
    for is_newer in False, True:
        if is_newer:
            teams.release(root, hub, "1.1.0")
        pull, head, writes = dict(the_pull(hub)), hub.repository.git.resolve(f"refs/heads/{BRANCH}"), len(hub.calls.writes)
        assert "left alone, since somebody edited it (close it to get a new one): " in proposes(root, hub)
        assert len(hub.calls.writes) == writes
        assert (the_pull(hub)["title"], the_pull(hub)["body"]) == (pull["title"], pull["body"])
        assert hub.repository.git.resolve(f"refs/heads/{BRANCH}") == head


def test_lines_that_end_as_a_browser_sends_them_are_no_edit(root: Path, hub: Hub, octo: Caller) -> None:
    proposes(root, hub)
    octo.patch("/pulls/1", body=the_pull(hub)["body"].replace("\n", "\r\n"))
    assert "open already" in proposes(root, hub)


def test_a_closed_one_is_not_opened_again_unless_a_person_asks(root: Path, hub: Hub, octo: Caller) -> None:
    proposes(root, hub)
    octo.patch("/pulls/1", state="closed")
    writes = len(hub.calls.writes)
    said = proposes(root, hub)
    assert "not opened again, since somebody closed it (reopen it, or run the workflow `promote` for this model" in said
    assert len(hub.calls.writes) == writes
    assert "opened: " in proposes(root, hub, "digits", "staging")
    assert [one["state"] for one in hub.repository.pulls.values()] == ["closed", "open"]


def test_a_newer_version_than_the_closed_one_is_proposed(root: Path, hub: Hub, octo: Caller) -> None:
    proposes(root, hub)
    octo.patch("/pulls/1", state="closed")
    teams.release(root, hub, "1.1.0")
    assert "digits@v1.1.0 to staging: opened: " in proposes(root, hub)


def test_a_rollback_that_somebody_asked_for_stays_one_when_other_models_are_released(
    root: Path, hub: Hub, octo: Caller
) -> None:
    teams.pin(root, hub, "staging")
    teams.release(root, hub, "1.1.0")
    teams.pin(root, hub, "staging", "1.1.0")
    teams.release(root, hub, "1.2.0")
    proposes(root, hub, "digits", "staging", "--version", "1.0.0")
    back = "roll staging back to digits@v1.0.0"
    assert the_pull(hub)["title"] == back
    before = len(hub.calls.writes)
    assert (
        "digits@v1.2.0 to staging: left alone, since somebody asked for it (close it to promote digits@v1.2.0 to"
        " staging): " in proposes(root, hub)
    )
    assert len(hub.calls.writes) == before
    assert "brought up to date" in proposes(root, hub, "digits", "staging", "--version", "1.2.0")
    assert "open already" in proposes(root, hub)
    octo.patch("/pulls/1", state="closed")
