"""Pull requests whose merge comes nowhere, or takes the last of something away: the comment promises nothing."""

import shutil
from pathlib import Path

import pytest
import rendering
import report
import samples
import teams
from hub import Hub
from hub.caller import Caller
from registries import ROOT, commit, git
from talking import succeeds
from telling import run_of, specified

from registry.github import triggers

WORKFLOWS = ROOT / ".github/workflows"


@pytest.fixture(scope="module")
def start(start: Path) -> Path:
    shutil.copytree(WORKFLOWS, start / ".github/workflows")
    commit(start)
    return start


@pytest.fixture
def hub(root: Path, hub: Hub) -> Hub:
    teams.release(root, hub)
    specified(root, hub, samples.report())
    return hub


def opened(root: Path, hub: Hub, base: str) -> dict:
    """Open a pull request that pins digits in staging."""
    (said,) = [one for one in git(root, "tag", "--list", "--format=%(contents)", "digits@v1.0.0").splitlines()
               if one.startswith("Artifact-SHA256: ")]  # fmt: skip
    (root / "environments/staging").mkdir(exist_ok=True)
    (root / "environments/staging/digits.yaml").write_text(f"version: 1.0.0\nsha256: {said.split()[1]}\n")
    git(root, "checkout", "--quiet", "-B", "topic")
    commit(root)
    hub.take(root, "topic")
    return Caller(hub, hub.token).post("/pulls", title="t", head="topic", base=base, body="")


def comment(root: Path, hub: Hub, pull: dict, *reports: dict) -> str:
    run = run_of(hub, pull, *reports)
    git(root, "checkout", "--quiet", "main")
    succeeds(root, hub, report, "--run", str(run["id"]))
    (one,) = hub.repository.comments.values()
    rendering.check(one["body"].partition("\n")[2], f"{hub.server_url}/octo/models/")
    return one["body"].replace("\\", "")


def trunk(hub: Hub, root: Path) -> None:
    hub.repository.git.set_ref("refs/heads/trunk", git(root, "rev-parse", "main").strip())
    hub.repository.default_branch = "trunk"


def test_into_the_default_branch_it_says_what_merging_does(root: Path, hub: Hub) -> None:
    page = comment(root, hub, opened(root, hub, "main"), samples.report())
    assert "Merging publishes `digits@v1.1.0` from these bytes" in page
    assert "Merging deploys this:" in page


def test_into_another_branch_nothing_is_promised(root: Path, hub: Hub, octo: Caller) -> None:
    octo.branch("dev", octo.head())
    page = comment(root, hub, opened(root, hub, "dev"), samples.report())
    why = "this goes into dev, and only what is merged into main, the default branch, is"
    assert f"Merging publishes nothing: {why} released." in page
    assert (
        f"Merging deploys nothing: {why} deployed. Else it would be:\n\n```\nstaging\n  + digits   1.0.0\n```" in page
    )
    assert "publishes `" not in page and "deploys this" not in page


def test_past_the_branches_of_the_workflows_nothing_is_promised(root: Path, hub: Hub) -> None:
    trunk(hub, root)
    page = comment(root, hub, opened(root, hub, "trunk"), samples.report())
    for file, does in (triggers.RELEASE, "publishes"), (triggers.DEPLOY, "deploys"):
        assert (
            f"Merging {does} nothing: on.push.branches of {file} names main, and trunk is the default branch." in page
        )
    assert "publishes `" not in page and "deploys this" not in page


def test_one_that_mends_a_workflow_is_told_by_what_it_makes_of_it(root: Path, hub: Hub) -> None:
    trunk(hub, root)
    spec = root / triggers.RELEASE
    spec.write_text(spec.read_text().replace("branches: [main]", "branches: [trunk]"))
    page = comment(root, hub, opened(root, hub, "trunk"), samples.report())
    assert "Merging publishes `digits@v1.1.0` from these bytes" in page
    assert "Merging deploys nothing: " in page


def test_the_last_model_is_told_to_go(root: Path, hub: Hub) -> None:
    shutil.rmtree(root / "models")
    page = comment(root, hub, teams.pull(root, hub))
    assert "> **digits: is removed**\n" in page
    assert (
        "### Removed\n\nNothing of digits is trained or released any more, since its spec is removed. What is released"
        " stays, and what runs keeps running until its pin goes." in page
    )
