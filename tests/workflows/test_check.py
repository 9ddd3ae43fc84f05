"""The checks of a pull request that has nothing to train, or fails; test_story.py has those that succeed."""

import pytest
from hub import Hub
from outcome import Run
from people import Team
from registries import git


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory):
    with Hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture(scope="module")
def team(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Team:
    return Team(tmp_path_factory.mktemp("team") / "tree", hub)


def comment(team: Team, checked: Run) -> str:
    """Return what the comment says after a run of the checks."""
    told = team.report(checked)
    assert told.conclusion == "success", told.log
    (pull,) = [number for number, one in team.hub.repository.pulls.items()
               if one["head"]["sha"] == checked.facts["head_sha"]]  # fmt: skip
    (only,) = [one["body"] for one in team.hub.repository.comments.values() if one["issue"] == pull]
    return only


def test_a_model_that_misses_its_threshold_stops_at_the_gate_and_says_so_on_its_line(team: Team) -> None:
    team.write("models/tiny/model.yaml", "accuracy: {min: 0.72}", "latency_ms: {max: 0.000001}")
    run = team.check(team.pull("slow"))
    ends = {"build (tiny)": "success", "assess": "failure", "gate": "failure"}
    assert {name: run.results[name] for name in ends} == ends, run.log
    assert set(run.artifacts) == {"1.trained", "reports", "accepted"}
    (said,) = [one for one in run.job("assess").annotations if one["level"] == "error"]
    line = git(team.root, "show", "slow:models/tiny/model.yaml").splitlines()[int(said["line"]) - 1]
    assert (said["file"], line.split(":")[0].strip()) == ("models/tiny/model.yaml", "latency_ms")
    told = comment(team, run)
    assert "> **tiny 0.1.0 fails, and is the first version**" in told and "The gate holds" not in told
    assert "latency" in told and "This can't be merged: the gate fails, and nothing is published." in told


def test_a_spec_that_is_not_valid_and_a_pin_of_what_nobody_released_stop_at_the_gate_before_anything_is_trained(
    team: Team,
) -> None:
    team.write("models/tiny/model.yaml", "task: classification", "task: clairvoyance")
    pin = team.root / "environments/staging/tiny.yaml"
    pin.parent.mkdir()
    pin.write_text(f"version: 9.9.9\nsha256: {'ab' * 32}\n")
    run = team.check(team.pull("strange"))
    assert run.results == {
        "plan": "failure", "build": "skipped", "assess": "skipped", "judge": "skipped", "deploys": "skipped",
        "tests": "skipped", "gate": "failure",
    }, run.log  # fmt: skip
    early, strange = (one["text"] for one in run.job("plan").annotations[:2])
    assert "tiny has no release 9.9.9; publish it first" in early and "clairvoyance is not known here" in strange
    told = comment(team, run)
    assert "> **1 job failed; staging: 1 change**\n" in told and "[plan]" in told


def test_a_pull_request_of_prose_passes_and_nothing_is_trained(team: Team) -> None:
    for place in ("NOTES.md", "scripts/NOTES.md", ".github/NOTES.md", "models/tiny/NOTES.md", "environments/NOTES.md"):
        (team.root / place).write_text("words")
    run = team.check(team.pull("words"))
    assert {name for name, result in run.results.items() if result == "success"} == {"plan", "gate"}, run.log


def test_code_is_tested_and_a_fork_is_checked_with_a_token_that_only_reads(team: Team, hub: Hub) -> None:
    fork = hub.add("someone/models", parent=hub.repository)
    team.write("tox.ini", "env_list = validate", "env_list = validate, changed")
    run = team.check(team.pull("code", fork))
    assert {name for name, result in run.results.items() if result == "success"} == {"plan", "tests", "gate"}, run.log
    assert run.facts["head_repository"] == "someone/models"


def test_the_merge_queue_checks_all_that_it_would_put_on_main_at_once(team: Team) -> None:
    team.write("environments/staging.yaml", "Where a released", "The place where a released")
    first = team.pull("queued")
    (team.root / "NOTES.md").write_text("other words")
    run = team.queue(first, team.pull("behind-it"))
    wanted = {"plan", "deploys (staging)", "gate"}
    assert {name for name, result in run.results.items() if result == "success"} == wanted, run.log
    assert team.report(run).results == {"report": "skipped"}
