"""Branches that take the last model, the last pin or an environment away: each has a way through the checks."""

import json
import shutil
from pathlib import Path

import pytest
from forks import verb
from registries import ENVIRONMENT, candidate, commit, git, template

from registry.checks import jobs


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A branch of a repository with one model, released, and pinned in both environments."""
    root = template(tmp_path_factory.mktemp("last") / "root")
    candidate(root)
    verb(root, "publish", "digits")
    verb(root, "promote", "digits", "staging")
    shutil.copytree(root / "environments/staging", root / "environments/production")
    commit(root)
    git(root, "checkout", "--quiet", "-b", "branch")
    return root


def checked(root: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, dict]:
    """Let the checks of the branch run as check.yml does; return what `changed` said, and what had to run."""
    commit(root)
    monkeypatch.setitem(ENVIRONMENT, "GITHUB_OUTPUT", str(root.parent / "outputs"))
    verb(root, "validate")
    said = verb(root, "changed", "--base", "main")
    lines = (root.parent / "outputs").read_text().splitlines()
    outputs = dict(line.split("=", 1) for line in lines)
    for name in json.loads(outputs["environments"]):
        verb(root, "deploy", name, "--since", "main")
    needs = {"plan": {"result": "success", "outputs": outputs}}
    for job, (output, nothing) in jobs.EXPECTED.items():
        needs[job] = {"result": "skipped" if outputs[output] == nothing else "success"}
    monkeypatch.setitem(ENVIRONMENT, "NEEDS", json.dumps(needs))
    verb(root, "gate")
    return said, {job for job, facts in needs.items() if facts["result"] == "success"} - {"plan"}


@pytest.mark.parametrize("pins_too", [False, True])
def test_the_last_model(root: Path, monkeypatch: pytest.MonkeyPatch, pins_too: bool) -> None:
    git(root, "rm", "-r", "--quiet", "models", *(["environments/staging/digits.yaml"] if pins_too else []))
    assert not (root / "models").exists()
    said, ran = checked(root, monkeypatch)
    assert "drop digits: its spec is removed, so nothing of it is released any more; what is released stays\n" in said
    assert ran == ({"deploys"} if pins_too else set())
    assert "every model is released as it is; nothing to build" in verb(root, "changed")
    assert "digits  1.0.0" in verb(root, "status")


def test_one_of_two_models(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(root / "models/digits", root / "models/other")
    commit(root)
    git(root, "branch", "--force", "main")
    shutil.rmtree(root / "models/other")
    said, ran = checked(root, monkeypatch)
    assert said.startswith("drop other: its spec is removed, ") and ran == set()


def test_the_last_pin_of_each_environment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(root, "rm", "--quiet", "environments/staging/digits.yaml", "environments/production/digits.yaml")
    assert checked(root, monkeypatch)[1] == {"deploys"}


def test_an_environment_with_its_pins(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(root, "rm", "-r", "--quiet", "environments/production.yaml", "environments/production")
    said, ran = checked(root, monkeypatch)
    assert said.startswith("leave production: it is removed, ") and ran == set()


def test_everything_but_one_environment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(root, "rm", "-r", "--quiet", "models", "environments/production.yaml", "environments/production")
    git(root, "rm", "--quiet", "environments/staging/digits.yaml")
    assert checked(root, monkeypatch)[1] == {"deploys"}
