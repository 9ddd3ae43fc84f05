"""Several models in one job: it ends for all of them, which is told while there is time."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from registries import ENVIRONMENT

from registry.formats.reader import Document
from registry.learning import turns
from registry.machines import outlook
from registry.specs.models import Model
from registry.workers import quota
from registry.workers.variables import SCRIPTS

ADVICE = "change fewer models in one pull request, or let some run on another runner (`runs_on`)"


def build(monkeypatch: pytest.MonkeyPatch, hours: list[float]) -> tuple[str, list[str]]:
    """Give models their turns, each for some hours by the clock of the job; return whose came, and whose did not."""
    names = "abcdefghijklmnopqrstuvwxyz"[: len(hours)]
    models = [Model(name, Path(), Document(f"models/{name}/model.yaml", {}, {}), None, None) for name in names]
    took, left_out = iter(hours), []
    monkeypatch.setattr(quota, "BEGUN", time.monotonic())
    begun = ""
    for model in turns.taken(models, left_out):
        begun += model.name
        monkeypatch.setattr(quota, "BEGUN", quota.BEGUN - 3600 * next(took))
    return begun, [*map(str, left_out)]


def test_models_that_won_t_be_done_and_those_that_can_t_be_begun_are_told_by_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    begun, left_out = build(monkeypatch, [1, 2, 2, 1, 1])
    assert begun == "abcd"
    assert left_out == [f"models/e/model.yaml:1: is not begun, since the 5.75 hours of this job are over; {ADVICE}"]
    told = capsys.readouterr().err.splitlines()
    late = "models/{}/model.yaml:1: will not be done in time at the pace of the first {}: {} of this job's 5.75 hours are left; "
    assert told == [late.format(*one) + ADVICE for one in (("d", 2, 2.75), ("e", 2, 2.75))]


def test_a_first_model_that_is_slow_since_all_is_imported_for_it_tells_of_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setattr(outlook, "SOON", 0.05)
    monkeypatch.setattr(quota, "HOURS", 1)
    assert build(monkeypatch, [0.045, *[0.01] * 25]) == ("abcdefghijklmnopqrstuvwxyz", [])
    assert capsys.readouterr().err == ""


def test_a_machine_of_one_s_own_gives_each_its_turn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert build(monkeypatch, [5] * 5) == ("abcde", [])
    assert capsys.readouterr().err == ""


def test_the_verb_begins_none_when_its_job_is_over(root: Path) -> None:
    program = "import build; from registry import console; from registry.workers import quota"
    program += "; quota.HOURS = 0; console.run(build.main)"
    command = [sys.executable, "-c", program, "--assess", "digits"]
    environment = ENVIRONMENT | {"GITHUB_ACTIONS": "true", "PYTHONPATH": str(SCRIPTS)}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    told = f"models/digits/model.yaml:1: is not begun, since the 0 hours of this job are over; {ADVICE}"
    assert (done.returncode, done.stderr) == (1, f"{told}\n1 problem\n")
