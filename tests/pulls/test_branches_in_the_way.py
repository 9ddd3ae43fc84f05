"""Branches that keep ours from being made: Git takes a branch for a folder of those whose name begins with it."""

from pathlib import Path

import promote
import pytest
import teams
from hub import Hub
from hub.caller import Caller
from talking import fails, succeeds

BRANCH = "promote/staging/digits"


@pytest.mark.parametrize("there", ["promote", "promote/staging", f"{BRANCH}/old"])
def test_a_branch_in_the_way_is_named(root: Path, hub: Hub, octo: Caller, there: str) -> None:
    teams.release(root, hub)
    octo.branch(there, octo.head())
    assert fails(root, hub, promote, "--pull-request") == (
        f"{BRANCH}: can't be made while there is a branch {there}, since Git takes one for a folder of the other;"
        f" rename or delete that one: {hub.server_url}/octo/models/branches\n1 problem\n"
    )
    octo.delete(f"/git/refs/heads/{there}")
    assert "digits@v1.0.0 to staging: opened: " in succeeds(root, hub, promote, "--pull-request")


def test_another_refusal_of_the_branch_is_told_as_it_is(root: Path, hub: Hub) -> None:
    teams.release(root, hub)
    hub.faults.add("422", method="POST", times=1, when=lambda call: call.path.endswith("/git/refs"))
    said = fails(root, hub, promote, "--pull-request")
    assert "POST /repos/octo/models/git/refs: 422" in said and "in the way" not in said
