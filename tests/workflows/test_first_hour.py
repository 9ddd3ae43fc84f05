"""The first hour of a new repository, as .github/SETUP.md has it: every run that belongs to it is green."""

from pathlib import Path

import pytest
from hub import Hub
from outcome import Run
from people import Team
from registries import ENVIRONMENT, verb


def green(run: Run) -> Run:
    assert set(run.results.values()) <= {"success", "skipped"} and run.conclusion == "success", run.log
    return run


def test_from_a_new_repository_to_a_version_in_staging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Hub(tmp_path / "hub") as hub:
        team = Team(tmp_path / "tree", hub)
        first = green(team.release())
        assert "build" not in {name for name, result in first.results.items() if result == "skipped"}
        assert {one.tag_name for one in hub.repository.releases.values()} == {"tiny@v0.1.0"}
        told = first.job("promote")
        assert "tiny@v0.1.0 to staging: its branch is ready, open the pull request yourself: http://" in told.summary
        assert "/octo/models/compare/main...promote/staging/tiny?expand=1\n" in told.summary
        assert "tick Settings → Actions → General → Allow GitHub Actions to create and approve" in told.summary
        assert [one["level"] for one in told.annotations] == ["warning"]
        nothing = green(team.deploy())
        assert "staging: nothing to do" in nothing.log and "production: nothing to do" in nothing.log

        for name, value in hub.environment.items():
            monkeypatch.setitem(ENVIRONMENT, name, value)
        assert "all are on" in verb(team.root, "doctor", "--fix")
        pull = {"title": "promote tiny@v0.1.0 to staging", "head": "promote/staging/tiny", "base": "main"}
        number = team.owner.post("/pulls", **pull)["number"]  # at the link; test_seldom lets the workflow do it
        green(team.check(number))
        team.merge(number)
        deployed = green(team.deploy()).job("deploy", environment="staging")
        assert "staging: rehearsed only: what is pinned was fetched, verified, loaded" in deployed.summary
