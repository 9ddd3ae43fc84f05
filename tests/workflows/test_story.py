"""The whole story through the real workflow files: from a pull request to what runs in production, and back again.

Production is deployed to by a runner of the team's own, staging by an agent in place of one.
"""

import json
import os
import shutil
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import handmade
import preparing
import pytest
from hub import Hub
from outcome import Run
from people import ARGUMENTS, Team
from registries import ENVIRONMENT, git, verb
from servers import until

HOSTILE = "@octo <img src=x onerror=alert(1)> [a](https://evil.example) `| # #77"


@pytest.fixture
def hub(tmp_path: Path):
    with Hub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def team(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    """The template, with production on a machine of the team's own, and the settings that `doctor --fix` makes."""
    team = Team(tmp_path / "tree", hub)
    path = f"runs_on: [self-hosted, serving]\ntarget:\n  type: directory\n  path: {tmp_path / 'production'}"
    team.write("environments/production.yaml", "target:\n  type: directory\n  path: deployments/production", path)
    team.engine.labels = ("ubuntu-latest", "self-hosted", "serving")
    team.save("serve on our own machine")
    for name, value in hub.environment.items():
        monkeypatch.setitem(ENVIRONMENT, name, value)
    verb(team.root, "doctor", "--fix")
    return team


def succeeds(run: Run) -> Run:
    assert run.conclusion == "success", run.log
    return run


def runs(folder: Path) -> list[str]:
    """Return the versions of the model that a server would find."""
    return sorted(one.name for one in (folder / "tiny").glob("*") if one.name.isdecimal())


def comment(hub: Hub, number: int) -> str:
    (only,) = [one["body"] for one in hub.repository.comments.values() if one["issue"] == number]
    return only


def opened(hub: Hub, branch: str) -> int:
    (number,) = [number for number, one in hub.repository.pulls.items()
                 if one["head"]["ref"] == branch and one["state"] == "open"]  # fmt: skip
    return number


def pin(team: Team, hub: Hub, environment: str) -> str:
    """Check and merge the promotion that is open for an environment, and deploy; return the merge's commit.

    What is said of it is read for the first environment: for the next one another run would say the same.
    """
    number = opened(hub, f"promote/{environment}/tiny")
    checked = succeeds(team.check(number))
    told = checked.job("deploys").summary
    assert told.startswith(f"> [!NOTE]\n> **{environment}: merging this makes 1 change**\n\n```diff\n"), told
    if environment == "staging":
        succeeds(team.report(checked))
        said = comment(hub, number)
        assert "Merging deploys this:" in said and ("Inputs and outputs stay the same" in said or "new here" in said)
    merged = team.merge(number)
    succeeds(team.deploy(runner="self-hosted"))
    return merged


def holds_a_candidate(checked: Run, version: str) -> None:
    assert checked.results == {
        "plan": "success", "build (tiny)": "success", "assess": "success", "judge": "skipped", "deploys": "skipped",
        "tests": "skipped", "gate": "success",
    }  # fmt: skip
    assert set(checked.artifacts) == {"1.trained", "candidates", "reports", "accepted"}
    candidates = zipfile.ZipFile(checked.artifacts["candidates"]).namelist()
    assert {f"tiny/{name}" for name in ("report.json", "report.md", "report.svg", f"tiny-{version}.tar")} == set(
        candidates
    )
    report = json.loads(zipfile.ZipFile(checked.artifacts["reports"]).read("tiny/report.json"))
    assert (report["model"], report["version"], report["verdict"]) == ("tiny", version, "pass")
    assert "accuracy" in checked.job("assess").summary


def release(team: Team, hub: Hub, old: str, new: str, branch: str) -> str:
    """Take a new version of the model through its pull request to a release; return what the comment said."""
    team.write("models/tiny/model.yaml", f"version: {old}", f"version: {new}")
    number = team.pull(branch)
    checked = succeeds(team.check(number))
    holds_a_candidate(checked, new)
    succeeds(team.report(checked))
    said = comment(hub, number)
    team.merge(number)
    released = succeeds(team.release())
    assert released.results["build"] == "skipped", released.log
    assert f"took the candidate of #{number}" in released.log
    return said


def harmless(page: str) -> bool:
    """Say whether nothing of the hostile text means anything in Markdown."""
    return not [bad for bad in ("@octo", "<img", "](https://evil", "#77") if bad in page]


def test_from_a_pull_request_to_production_and_back(team: Team, hub: Hub, tmp_path: Path) -> None:
    staging, production = tmp_path / "serving/deployments/staging", tmp_path / "production"
    with agent(team, hub, tmp_path / "serving") as log:
        merged = forward(team, hub, staging, production)

        undo = team.revert(merged[-1], "undo")
        succeeds(team.check(undo))
        merged.append(team.merge(undo))
        succeeds(team.deploy(runner="self-hosted"))
        until(lambda: runs(staging) == ["1000000"], f"the way back: {log.read_text()}")
    assert runs(production) == ["1000000"]
    assert {one.tag_name for one in hub.repository.releases.values()} == {"tiny@v1.0.0", "tiny@v1.1.0"}
    told = [one for one in hub.repository.deployments.values() if one["task"] == "deploy:agent"]
    assert [(one["sha"], one["environment"]) for one in told] == [(sha, "staging") for sha in merged]
    assert all("success" in [state["state"] for state in one["states"]] for one in told[:-1])


@contextmanager
def agent(team: Team, hub: Hub, clone: Path) -> Iterator[Path]:
    """Run staging's agent in a clone as the page says; yield the file of what it says."""
    preparing.prepare(hub.repository.git, team.main, "tox run -e agent")
    git(clone.parent, "clone", "--quiet", str(hub.repository.git.path), str(clone))
    git(clone, "remote", "set-url", "origin", hub.git_url)
    command = [preparing.PYTHON / "bin/tox", "run", "-e", "agent", "--", "staging", "--every", "4s", "--port", "0"]
    variables = ENVIRONMENT | hub.environment | {"TOX_WORK_DIR": str(preparing.TOX)}
    log = clone.with_name("agent.log")
    with log.open("w") as stream:
        process = subprocess.Popen(
            command, cwd=clone, env=variables, stdout=stream, stderr=stream, process_group=0
        )
    try:
        yield log
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def forward(team: Team, hub: Hub, staging: Path, production: Path) -> list[str]:
    """Bring a version through staging, where an agent follows main, to production, and another to staging.

    Returns the merges of staging's pins.
    """
    team.write("models/tiny/model.yaml", "folds: 0", "folds: 2")
    said = release(team, hub, "0.1.0", "1.0.0", "first")
    assert "> **tiny 1.0.0 passes" in said
    assert "Merging publishes `tiny@v1.0.0` from these bytes" in said and "opens a PR to pin it in staging" in said
    merged = [pin(team, hub, "staging")]
    until(lambda: runs(staging) == ["1000000"], "what main pins")
    assert runs(production) == []
    succeeds(team.promote("tiny", "production"))
    pin(team, hub, "production")
    assert runs(production) == ["1000000"]

    team.write("models/tiny/model.yaml", "epochs: 3", "epochs: 4")
    team.write("models/tiny/model.yaml", "folds: 2", "folds: 0")
    said = release(team, hub, "1.0.0", "1.1.0", "better")
    assert "| `training.epochs` | `3` | `4` |" in said
    merged.append(pin(team, hub, "staging"))
    until(lambda: runs(staging) == ["1001000"], "the next version")
    return merged


def break_a_copy(team: Team) -> None:
    """Add a model whose training ends with an error."""
    shutil.copytree(team.root / "models/tiny", team.root / "models/broken")
    (team.root / "models/broken/model.py").write_text(handmade.code(ARGUMENTS, "raise ValueError('no')"))
    team.save("a second model")


def test_a_fork_is_told_what_was_found_and_trained_again_beside_one_that_fails_when_merged(
    team: Team, hub: Hub
) -> None:
    team.write("environments/staging.yaml", "takes_from: releases", "takes_from: releases\npromote: automatic")
    team.save("staging by itself")
    fork = hub.add("someone/models", parent=hub.repository)
    team.write("models/tiny/model.yaml", "version: 0.1.0", "version: 2.0.0")
    team.write("models/tiny/model.yaml", '"Say in one sentence what it does."', f'"{HOSTILE}"')
    team.write("scripts/registry/learning/training.py", "platform.machine()", f"{HOSTILE!r}")
    number = team.pull("x;$(id>owned)'`id`", fork)
    checked = succeeds(team.check(number))
    succeeds(team.report(checked))
    said = comment(hub, number)
    assert "Merging trains it again, since these bytes come from a fork" in said
    assert "onerror" in said and harmless(said)
    team.merge(number)
    break_a_copy(team)
    released = team.release()
    assert released.results == {
        "validate": "success", "collect": "success", "build (tiny)": "success", "build (broken)": "failure",
        "assess": "failure", "publish": "failure", "promote": "success", "catalogue": "success", "pages": "skipped",
    }, released.log  # fmt: skip
    assert f"#{number} comes from a fork, whose bytes are never taken" in released.log
    assert "candidates/broken: holds no candidate" in released.job("publish").log
    (page,) = hub.repository.releases.values()
    assert page.tag_name == "tiny@v2.0.0"
    assert page.body.count("onerror") == 2 and harmless(page.body)
    assert "not merged: PUT /repos/octo/models/pulls/2/merge: 405" in released.log
    assert '"gate" is expected' in released.log
    pull = hub.repository.pulls[opened(hub, "promote/staging/tiny")]
    assert "Its checks wait for you" in pull["body"] and not hub.repository.dispatches
