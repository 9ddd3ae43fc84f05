"""What happens less often, through the real files: a lost run, a queue, Enterprise, other runners."""

from pathlib import Path

from hub import Hub
from outcome import Run
from people import Team


def pages(hub: Hub) -> set[str]:
    return {one.tag_name for one in hub.repository.releases.values() if not one.draft}


def opened(hub: Hub) -> dict:
    (pull,) = [one for one in hub.repository.pulls.values() if one["state"] == "open"]
    return pull


def succeeds(run: Run) -> Run:
    assert run.conclusion == "success", run.log
    return run


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
            "validate": "failure", "collect": "success", "build": "skipped", "assess": "skipped", "publish": "skipped",
        "promote": "skipped", "catalogue": "skipped", "pages": "skipped",
        }, run.log  # fmt: skip
        assert "tiny has no release 9.9.9" in run.job("validate").annotations[0]["text"]


def test_a_deploy_waits_for_the_runner_that_its_environment_names(tmp_path: Path) -> None:
    with Hub(tmp_path / "hub") as hub:
        team = Team(tmp_path / "tree", hub)
        (team.root / "environments/production.yaml").unlink()
        team.write("environments/staging.yaml", "target:", "runs_on: [self-hosted, serving]\ntarget:")
        team.save("serve on our own machine")
        team.engine.labels, team.engine.chooses = ("ubuntu-latest",), True
        assert team.deploy().job("deploy", environment="staging").log == ""
        team.engine.labels = ("ubuntu-latest", "serving")
        run = succeeds(team.deploy(runner="self-hosted"))
        assert "staging: nothing to do" in run.job("deploy").log
        assert "staging: nothing to tell" in run.job("notify").log
        assert (run.results["catalogue"], [*run.artifacts]) == ("success", ["catalogue", "findings-staging"])
