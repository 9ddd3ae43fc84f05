"""What doctor says of a default branch whose pushes release or deploy nothing: a person has to mend it."""

import re
import shutil
from pathlib import Path

import doctor
import pytest
from hub import Hub
from registries import ROOT, commit, git
from talking import fails, succeeds

from registry.github.triggers import DEPLOY, RELEASE

ROW = "Default branch of the workflows"


@pytest.fixture(scope="module")
def start(start: Path) -> Path:
    shutil.copytree(ROOT / ".github/workflows", start / ".github/workflows")
    commit(start)
    return start


def row(said: str) -> list[str]:
    (line,) = [line for line in said.splitlines() if line.startswith(ROW)]
    return re.split(" {2,}", line.rstrip())


def move(root: Path, hub: Hub, *files: str) -> None:
    """Make trunk the default branch, with these workflows following it."""
    for file in files:
        (root / file).write_text((root / file).read_text().replace("branches: [main]", "branches: [main, trunk]"))
    git(root, "checkout", "--quiet", "-B", "trunk")
    commit(root)
    hub.take(root, "trunk")
    hub.repository.default_branch = "trunk"


@pytest.mark.parametrize(("files", "nothing", "left"), [
    ((), "released or deployed", f"{RELEASE} and {DEPLOY}"),
    ((RELEASE,), "deployed", DEPLOY),
    ((DEPLOY,), "released", RELEASE),
])  # fmt: skip
def test_a_default_branch_that_a_workflow_leaves_out_is_told_and_left_to_a_person(
    root: Path, hub: Hub, files: tuple[str, ...], nothing: str, left: str
) -> None:
    assert row(succeeds(root, hub, doctor)) == [ROW, "on"]
    move(root, hub, *files)
    told = f"nothing is {nothing} from trunk; rename it to main"
    assert row(succeeds(root, hub, doctor)) == [ROW, "off", told]
    place = f"Settings → General → Default branch, or write trunk into on.push.branches of {left}"
    assert f"{ROW}: is off: {told}; by hand: {place}\n" in fails(root, hub, doctor, "--fix")


def test_workflows_that_follow_the_default_branch_are_on(root: Path, hub: Hub) -> None:
    move(root, hub, RELEASE, DEPLOY)
    assert row(succeeds(root, hub, doctor)) == [ROW, "on"]
