"""The first hour of a new repository, as .github/SETUP.md has it: every run that belongs to it is green; then a threshold."""

from pathlib import Path

import pytest
from hub import Hub
from outcome import Run
from people import Team
from registries import ENVIRONMENT, git, verb


def green(run: Run) -> Run:
    assert set(run.results.values()) <= {"success", "skipped"} and run.conclusion == "success", run.log
    return run


def test_from_a_new_repository_to_a_version_in_staging_that_new_thresholds_would_refuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Hub(tmp_path / "hub") as hub:
        team = Team(tmp_path / "tree", hub, code="")
        first = green(team.release())
        assert "build" not in {name for name, result in first.results.items() if result == "skipped"}
        assert {one.tag_name for one in hub.repository.releases.values()} == {"tiny@v0.1.0"}
        assert "tiny 0.1.0: must be trained again: no merged pull request brought commit" in first.log
        told = first.job("promote")
        assert "tiny@v0.1.0 to staging: its branch is ready, open the pull request yourself: http://" in told.summary
        assert "/octo/models/compare/main...promote/staging/tiny?expand=1\n" in told.summary
        assert "tick Settings → Actions → General → Allow GitHub Actions to create and approve" in told.summary
        (said,) = told.annotations
        assert (said["level"], said["text"][:44]) == ("warning", "GitHub Actions: may not open pull requests; ")
        nothing = green(team.deploy())
        assert "staging: nothing to do" in nothing.log and "production: nothing to do" in nothing.log

        for name, value in hub.environment.items():
            monkeypatch.setitem(ENVIRONMENT, name, value)
        assert "all are on" in verb(team.root, "doctor", "--fix")
        pull = {"title": "promote tiny@v0.1.0 to staging", "head": "promote/staging/tiny", "base": "main"}
        number = team.owner.post("/pulls", **pull)["number"]  # at the link; test_story lets the workflow do it
        green(team.check(number))
        team.merge(number)
        deployed = green(team.deploy()).job("deploy", environment="staging")
        assert "staging: rehearsed only: what is pinned was fetched, verified, loaded" in deployed.summary

        team.write("models/tiny/model.yaml", "accuracy: {min: 0.72}", "latency_ms: {max: 0.000001}")
        number = team.pull("faster")
        checked = green(team.check(number))
        assert {name for name, result in checked.results.items() if result == "success"} == {"plan", "judge", "gate"}
        (said,) = [one for one in checked.job("judge").annotations if one["level"] == "warning"]
        line = git(team.root, "show", "faster:models/tiny/model.yaml").splitlines()[int(said["line"]) - 1]
        assert (said["file"], line.split(":")[0].strip()) == ("models/tiny/model.yaml", "latency_ms")
        green(team.report(checked))
        (told,) = [one["body"] for one in hub.repository.comments.values() if one["issue"] == number]
        assert "> **tiny 0.1.0: fail by its new thresholds**" in told
        assert "`tiny@v0.1.0` would no longer be released. It runs in staging. Nothing is trained or published" in told
