"""Jenkins and GitLab CI, played by a plain shell: check, publish, promote and deploy in clones, from one bare origin."""

import subprocess
from dataclasses import replace
from pathlib import Path

import handbook
import handmade
import heaps
import pytest
from pipelines import Agents, gitlab, jenkins
from registries import commit, git, verb
from servers import ROOT

JENKINS = jenkins((ROOT / "Jenkinsfile").read_text("utf-8"))
GITLAB = gitlab(next(one.text for one in handbook.blocks("environments/README.md") if ".gitlab-ci.yml" in one.text))
ENVIRONMENT = "description: A test.\ntakes_from: {}\ntarget: {{type: directory, path: {}}}\n"
GUARD = '#!/bin/sh\n[ "$1" = "${1#refs/tags/}" ] || [ "$GIT_PASSWORD$CI_JOB_TOKEN" = registry-write ]\n'
TAG = "tiny@v0.1.0"


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """Somebody's clone, whose main has environments alone; tags reach its origin by one credential only."""
    team, origin = tmp_path / "team", tmp_path / "origin.git"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(origin))
    (origin / "hooks/update").write_text(GUARD)
    (origin / "hooks/update").chmod(0o755)
    git(tmp_path, "clone", "--quiet", str(origin), str(team))
    (team / "environments").mkdir()
    for name, before in {"staging": "releases", "production": "staging"}.items():
        (team / f"environments/{name}.yaml").write_text(ENVIRONMENT.format(before, tmp_path / name))
    commit(team)
    git(team, "push", "--quiet", "origin", "HEAD:main")
    git(team, "checkout", "--quiet", "-b", "branch")
    return team


def merge(team: Path) -> None:
    git(team, "checkout", "--quiet", "-B", "main", "origin/main")
    git(team, "merge", "--quiet", "--no-ff", "--message=merge", "branch")
    git(team, "push", "--quiet", "origin", "main")
    git(team, "checkout", "--quiet", "-B", "branch")


def test_a_model_is_checked_published_promoted_and_deployed_without_github(team: Path, tmp_path: Path) -> None:
    agents = Agents(tmp_path / "agents", tmp_path / "origin.git", RELEASES=str(tmp_path / "releases"))
    base = git(team, "rev-parse", "HEAD").strip()
    heaps.write(team, handmade.code())
    commit(team)
    git(team, "push", "--quiet", "origin", "branch")
    played, said = agents.play(JENKINS, "branch", is_change=True, CHANGE_TARGET="main")
    assert (played, "build tiny 0.1.0: has no release yet" in said) == (["check", "plan", "train", "judge"], True), said
    comment = (agents.handed / "comment.md").read_text("utf-8")
    assert "**tiny 0.1.0 passes, and is the first version**" in comment
    assert "Once this is merged, `publish` releases `tiny@v0.1.0`, and `promote` pins it in staging." in comment
    plan = replace(GITLAB, stages=[stage for stage in GITLAB.stages if stage.name == "plan"])
    assert agents.play(plan, "branch", is_change=True, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)[0] == ["plan"]

    merge(team)
    git(tmp_path / "origin.git", "tag", "other")
    played, said = agents.play(GITLAB, "main", is_change=False, CI_JOB_TOKEN="registry-write")
    assert played == ["check", "train", "judge", "publish", "deploy", "deploy"], said
    assert f"published {TAG}: {tmp_path}/releases/{TAG}\n{TAG} is on origin, too\n" in said
    assert git(tmp_path / "origin.git", "tag") == f"other\n{TAG}\n"
    assert said.endswith("production: nothing to do; it runs what is pinned\n")

    git(team, "fetch", "--quiet", "--tags")
    verb(team, "promote", "tiny", "staging")
    commit(team)
    merge(team)
    played, said = agents.play(JENKINS, "main", is_change=False)
    assert played == ["check", "train", "judge", "publish", "deploy staging", "deploy production"], said
    assert "nothing to build\n" in said and "nothing to publish\n" in said and "staging: 1 change made\n" in said
    assert (tmp_path / "staging/tiny/1000/model.onnx").is_file()


def test_each_stage_first_makes_its_tags_those_of_origin(team: Path, tmp_path: Path) -> None:
    fetches = {next(command for command, _ in stage.commands) for stage in JENKINS.stages}
    (fetch,) = fetches
    git(tmp_path / "origin.git", "tag", "there")
    git(team, "tag", "left-behind")
    subprocess.run(["sh", "-ec", fetch], cwd=team, check=True, capture_output=True)
    assert git(team, "tag") == "there\n"


def test_no_code_of_a_model_runs_beside_a_credential_or_where_one_may_push() -> None:
    said = [
        (stage.agent, command.partition(" --")[0], own) for stage in JENKINS.stages for command, own in stage.commands
    ]
    assert {(command, own) for _, command, own in said if own} == {
        ("git fetch", "registry-read"), ("git fetch", "registry-write"), ("tox run -e publish", "registry-write"),
    }  # fmt: skip
    pushing = {agent for agent, _, own in said if own == "registry-write"}
    assert pushing == {"publish"}
    assert not pushing & {agent for agent, command, _ in said if command == "tox run -e build"}
