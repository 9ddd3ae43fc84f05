"""An upgrade over HTTP, and its pull request on GitHub, as far as a token may open it."""

from pathlib import Path

import forerunners
import pytest
import talking
from hub import Hub
from hub.caller import Caller
from registries import git

import upgrade


@pytest.fixture(scope="module")
def start(newer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = forerunners.made_from(newer, "v1.0.0", tmp_path_factory.mktemp("start") / "start")
    forerunners.write(root, {"scripts/verb.py": forerunners.text(line_20="ours 20")})
    return root


def test_a_pull_request_is_opened_by_who_may_change_workflows(
    root: Path, newer: Path, hub: Hub, octo: Caller, tmp_path: Path
) -> None:
    hub.take(newer, repository=hub.add("octo/template"))
    words = "--template", f"{hub.server_url}/octo/template", "--tests", "validate", "--pull-request"
    path = forerunners.tox(tmp_path)
    own = {"GITHUB_ACTIONS": "true", "GITHUB_TOKEN": hub.workflow({"contents": "write", "pull_requests": "write"})}
    said = talking.fails(root, hub, upgrade, *words, PATH=path, **own)
    assert said.splitlines()[2:4] == [
        "GitHub Actions: a workflow's own token may not change workflow files, and this version does; run the same command "
        "on a laptop, or let an App or a person have a token with Workflows: write as REGISTRY_TOKEN",
        "1 problem",
    ]
    hook = hub.repository.git.path / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'refusing to allow a GitHub App to create or update workflow `.github/workflows/check.yml` "
                    "without `workflows` permission'\nexit 1\n")  # fmt: skip
    hook.chmod(0o755)
    app = own | {"REGISTRY_TOKEN": hub.app({"contents": "write", "pull_requests": "write"})}
    said = talking.fails(root, hub, upgrade, *words, PATH=path, **app)
    assert "\nGitHub: a workflow's own token may not change workflow files, and this version does; run" in said
    assert octo.get("/pulls", state="all") == []
    hook.unlink()
    git(root, "commit", "--quiet", "--allow-empty", "--message", "not on GitHub yet")
    said = talking.fails(root, hub, upgrade, *words, PATH=path, **app)
    assert said.splitlines()[2] == (
        "HEAD: is no commit that main on GitHub is known to have, so more than the upgrade would be proposed; "
        "`git switch main`, `git pull`, and run the same command again"
    )
    git(root, "reset", "--quiet", "--hard", "HEAD~")
    git(
        hub.repository.git.path,
        "branch",
        "upgrade-1.1.0",
        git(hub.repository.git.path, "commit-tree", "main^{tree}", "-m", "x").strip(),
    )
    said = talking.fails(root, hub, upgrade, *words, PATH=path, **app)
    told = "\nupgrade-1.1.0: is another branch on GitHub, as of an earlier try; look at it, and delete it: "
    assert f"{told}{hub.server_url}/octo/models/branches\n1 problem\n" in said
    git(hub.repository.git.path, "branch", "--delete", "--force", "upgrade-1.1.0")
    said = talking.succeeds(root, hub, upgrade, *words, PATH=path, **app)
    (pull,) = octo.get("/pulls")
    assert "\nupgrade-1.1.0 is there already\n" in said
    assert said.endswith(f"look at it\n1.1.0 of the template: opened: {pull['html_url']}\n")
    assert (pull["title"], pull["head"]["ref"]) == ("upgrade to 1.1.0 of the template", "upgrade-1.1.0")
    assert pull["head"]["sha"] == git(root, "rev-parse", "upgrade-1.1.0").strip()
    sha256 = git(newer, "show", "--no-patch", "v1.1.0").partition("SHA256: ")[2].split()[0]
    commit = git(newer, "rev-parse", "v1.1.0^{commit}").strip()
    assert pull["body"].rpartition("\n\n")[0].split("\n\n") == [
        f"From 1.0.0 to 1.1.0, commit `{commit}` of `{forerunners.ADDRESS}`. Models, environments and pins are as they were, and "
        "so is what this repository had changed.",
        f"The template's files have the SHA-256 `{sha256}`; its tag is not signed.",
        "Changed by both, and merged by Git, so look at these first:",
        "- scripts/verb.py",
        "To undo it, press Revert once it is merged, and merge that.",
        "## What came since",
        "- a change\n- a change",
    ]
    said = talking.succeeds(root, hub, upgrade, *words, PATH=path, **app)
    assert f"1.1.0 of the template: open already: {pull['html_url']}\n" in said
