"""What happens less often, through the real files: a first push, missing settings, lost runs, a queue, Enterprise."""

import shutil
from pathlib import Path

import pytest
from hub import Hub
from outcome import Run
from people import Team
from registries import ENVIRONMENT, git, verb


def pages(hub: Hub) -> set[str]:
    return {one.tag_name for one in hub.repository.releases.values() if not one.draft}


def opened(hub: Hub) -> dict:
    (pull,) = [one for one in hub.repository.pulls.values() if one["state"] == "open"]
    return pull


def succeeds(run: Run) -> Run:
    assert run.conclusion == "success", run.log
    return run


def break_a_copy(team: Team) -> None:
    """Add a model whose training ends with an error."""
    shutil.copytree(team.root / "models/tiny", team.root / "models/broken")
    team.write("models/broken/model.py", "    normalization.adapt(features)", "    raise ValueError('no')")
    team.save("a second model")


def test_the_first_push_releases_what_it_can_and_says_which_settings_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Hub(tmp_path / "hub") as hub:
        team = Team(tmp_path / "tree", hub)
        break_a_copy(team)
        run = team.release()
        assert run.results == {
            "validate": "success", "collect": "success", "build (tiny)": "success", "build (broken)": "failure",
            "publish": "failure", "promote": "success",
        }, run.log  # fmt: skip
        assert "tiny 0.1.0: must be trained again: no merged pull request brought commit" in run.log
        assert "candidates/broken: holds no candidate" in run.job("publish").log
        (said,) = run.job("promote").annotations
        assert (said["level"], said["text"][:44]) == ("warning", "GitHub Actions: may not open pull requests; ")
        assert pages(hub) == {"tiny@v0.1.0"} and not hub.repository.pulls

        shutil.rmtree(team.root / "models/broken")
        team.write("environments/staging.yaml", "takes_from: releases", "takes_from: releases\npromote: automatic")
        team.save("without it, and staging by itself")
        for name, value in hub.environment.items():
            monkeypatch.setitem(ENVIRONMENT, name, value)
        verb(team.root, "doctor", "--fix")
        run = succeeds(team.release("workflow_dispatch"))
        assert (run.results["publish"], run.results["promote"]) == ("skipped", "success")
        assert "not merged: PUT /repos/octo/models/pulls/1/merge: 405" in run.log and '"gate" is expected' in run.log
        assert "Its checks wait for you" in opened(hub)["body"] and not hub.repository.dispatches
        succeeds(team.check(1))
        team.merge(1)

        team.write("models/tiny/model.yaml", "accuracy: {min: 0.90}", "latency_ms: {max: 0.000001}")
        number = team.pull("faster")
        run = succeeds(team.check(number))
        assert {name for name, result in run.results.items() if result == "success"} == {"plan", "judge", "gate"}
        (said,) = [one for one in run.job("judge").annotations if one["level"] == "warning"]
        line = git(team.root, "show", "faster:models/tiny/model.yaml").splitlines()[int(said["line"]) - 1]
        assert (said["file"], line.split(":")[0].strip()) == ("models/tiny/model.yaml", "latency_ms")
        succeeds(team.report(run))
        (told,) = [one["body"] for one in hub.repository.comments.values() if one["issue"] == number]
        assert "## tiny 0.1.0: fail by its new thresholds" in told
        assert "`tiny@v0.1.0` would no longer be released. It runs in staging. Nothing is trained or published" in told


def test_a_queue_s_merge_is_released_late_and_goes_on_by_itself_on_an_enterprise_server(tmp_path: Path) -> None:
    with Hub(tmp_path / "hub", private=True, enterprise=True) as hub:
        hub.repository.permissions["can_approve_pull_request_reviews"] = True
        team = Team(tmp_path / "tree", hub)
        own = f"runs_on: [self-hosted, serving]\ntarget:\n  type: directory\n  path: {tmp_path / 'production'}"
        team.write("environments/production.yaml", "target:\n  type: directory\n  path: deployments/production", own)
        team.write("environments/staging.yaml", "takes_from: releases", "takes_from: releases\npromote: automatic")
        team.engine.labels = ("ubuntu-latest", "self-hosted", "serving")
        team.save("environments")
        team.write("models/tiny/model.yaml", "version: 0.1.0", "version: 1.0.0")
        number = team.pull("queued")
        queued = succeeds(team.queue(number))
        team.land(number, queued)
        (team.root / "NOTES.md").write_text("the run of release for the merge was lost; this push makes it good")
        team.save("words")
        run = succeeds(team.release())
        assert (run.results["build"], pages(hub)) == ("skipped", {"tiny@v1.0.0"}), run.log
        assert f"took the candidate of #{number}, built in {hub.server_url}" in run.log
        assert "tiny@v1.0.0 to staging: opened and merged, deploy started" in run.log
        (started,) = hub.repository.dispatches
        assert started.payload["workflow"] == ".github/workflows/deploy.yml"

        team.fetch()
        run = succeeds(team.deploy("workflow_dispatch"))
        told = run.job("deploy", environment="staging").summary
        assert "staging: rehearsed only: what is pinned was fetched, verified, loaded" in told
        assert "production: nothing to do" in run.job("deploy", environment="production").log

        team.secrets = {"REGISTRY_TOKEN": hub.app({"contents": "write", "pull_requests": "write", "actions": "write"})}
        succeeds(team.promote("tiny", "production"))
        assert "Its checks wait for you" not in opened(hub)["body"]
        assert [one.starts for one in hub.repository.events if one.number == opened(hub)["number"]] == ["yes"]
        team.merge(opened(hub)["number"])
        succeeds(team.deploy(runner="self-hosted"))
        run = succeeds(team.deploy("schedule", runner="self-hosted"))
        assert "production: nothing to do; it runs what is pinned" in run.job("deploy", environment="production").log
        assert "rehearsed" not in run.log

        (team.root / "environments/production/tiny.yaml").write_text(f"version: 9.9.9\nsha256: {'ab' * 32}\n")
        team.save("what no pull request may bring")
        run = team.release()
        assert run.results == {
            "validate": "failure", "collect": "success", "build": "skipped", "publish": "skipped", "promote": "success",
        }, run.log  # fmt: skip
        assert "tiny has no release 9.9.9" in run.job("validate").annotations[0]["text"]


def test_a_deploy_waits_for_the_runner_that_its_environment_names(tmp_path: Path) -> None:
    with Hub(tmp_path / "hub") as hub:
        team = Team(tmp_path / "tree", hub)
        (team.root / "environments/production.yaml").unlink()
        team.write("environments/staging.yaml", "target:", "runs_on: [self-hosted, serving]\ntarget:")
        team.save("serve on our own machine")
        team.engine.labels = ("ubuntu-latest",)
        assert team.deploy().job("deploy", environment="staging").log == ""
        team.engine.labels = ("ubuntu-latest", "serving")
        assert "staging: nothing to do" in succeeds(team.deploy(runner="self-hosted")).job("deploy").log
