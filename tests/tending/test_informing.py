"""What GitHub is told: deployments on a hub, by an agent that fetches main from it by Git over HTTP with its token."""

from pathlib import Path

import pytest
import teams
from followers import Follower
from hub import Hub
from registries import git

from registry.deploying.rounds import Outcome
from registry.environments.reconcile import Ended
from registry.github.client import GitHub
from registry.releases.hosted import GitHubStore
from registry.tending import pinned
from registry.tending.informing import Informer, Reports
from registry.tending.patience import Patience


@pytest.fixture
def served(root: Path, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Follower:
    """The agent of a clone of a private repository on the hub, which pins digits 1.0.0 in staging."""
    teams.release(root, hub)
    teams.pin(root, hub, "staging")
    hub.repository.private = True
    token = hub.user("octo", {"contents": "read", "deployments": "write", "issues": "write", "metadata": "read"})
    for name, value in (hub.environment | {"GITHUB_TOKEN": token}).items():
        monkeypatch.setenv(name, value)
    clone = tmp_path / "serving"
    git(tmp_path, "clone", "--quiet", str(hub.repository.git.path), str(clone))
    git(clone, "remote", "set-url", "origin", hub.git_url)
    github = GitHub.from_environment(is_patient=False)
    return Follower(clone, GitHubStore(github), Informer(github, "staging"))


def told(hub: Hub) -> list[tuple]:
    return [
        (one["sha"], one["environment"], one["task"], [(state["state"], state["description"]) for state in one["states"]])
        for one in hub.repository.deployments.values()
    ]


def test_each_commit_that_brings_something_is_a_deployment_with_its_end(root: Path, hub: Hub, served: Follower) -> None:
    first = git(root, "rev-parse", "HEAD").strip()
    assert served.round() == ["staging: + digits   1.0.0"]
    done = [("in_progress", ""), ("success", "runs what is pinned")]
    assert told(hub) == [(first, "staging", "deploy:agent", done)]
    served.round()
    teams.release(root, hub, "1.1.0")
    teams.pin(root, hub, "staging", "1.1.0")
    second = git(root, "rev-parse", "HEAD").strip()
    hub.faults.add("500", when=lambda call: "/releases" in call.path, times=3)
    assert served.round()[1].startswith("releases can't be fetched: GET /repos/octo/models/releases/tags/digits@v1.1.0: 500")
    assert told(hub)[1][3][0] == ("in_progress", "") and told(hub)[1][3][1][0] == "failure"
    while served.running != ["1001000"]:
        served.round()
    *_, (sha, _, _, states) = told(hub)
    assert (sha, states[-1]) == (second, ("success", "runs what is pinned"))
    assert len(told(hub)) == 2


def test_a_github_that_is_away_is_said_once_and_told_later(root: Path, hub: Hub, served: Follower) -> None:
    hub.faults.add("reset-before", when=lambda call: "/deployments" in call.path, times=4)
    lines = served.round()
    assert lines[0] == "staging: + digits   1.0.0"
    assert lines[1].startswith("GitHub can't be told what runs: GET /repos/octo/models/deployments: no answer: ")
    assert (len(lines), served.agent.vitals.is_well) == (2, True)
    said = [line for _ in range(4) for line in served.round()]
    assert said == ["GitHub is told again"]
    (only,) = told(hub)
    assert only[3] == [("in_progress", ""), ("success", "runs what is pinned")]


def test_a_deployment_that_a_killed_agent_had_begun_is_ended_by_the_next(root: Path, hub: Hub, served: Follower) -> None:
    commit = git(root, "rev-parse", "HEAD").strip()
    github = GitHub.from_environment()
    killed = Informer(github, "staging")
    killed._make(commit)
    served.round()
    (only,) = told(hub)
    assert only[3] == [("in_progress", ""), ("success", "runs what is pinned")]


def test_a_token_that_may_not_tell_deploys_all_the_same(root: Path, hub: Hub, served: Follower, monkeypatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", hub.user("octo", {"contents": "read", "metadata": "read"}))
    github = GitHub.from_environment(is_patient=False)
    one = Follower(served.clone, GitHubStore(github), Informer(github, "staging"))
    lines = one.round()
    assert (lines[0], one.running) == ("staging: + digits   1.0.0", ["1000000"])
    assert lines[1].startswith("GitHub can't be told what runs: GET /repos/octo/models/deployments: 403 ")
    assert [one.round(), one.round()] == [[], []]


def test_how_a_trial_ended_is_told_on_its_pull_request_once_github_is_there_again(root: Path, hub: Hub, served: Follower) -> None:
    place = root / "environments/staging/digits.yaml"
    place.write_text(place.read_text().replace("1.0.0", "1.1.0"))
    pull = teams.pull(root, hub)
    teams.merge(root, hub, pull)
    ended = Ended("digits", "1.1.0", "promoted", "0% of 60 requests failed", git(root, "rev-parse", "HEAD").strip())
    token = hub.user("octo", {"contents": "read", "deployments": "write", "issues": "write", "pull_requests": "write"})
    may_not = hub.user("octo", {"contents": "read", "deployments": "write", "issues": "read", "pull_requests": "read"})
    outcome, known = Outcome([], ended=[ended]), pinned.read(root, "HEAD", "staging")
    away = "GitHub can't be told what runs: GET /repos/octo/models/commits/"
    for one, kind, again in ((token, "500", 1), (may_not, None, 0)):
        reports = Reports(Informer(GitHub(hub.api_url, "octo/models", one), "staging"), Patience(0.0, lambda: 0.0))
        reports._informer._github.is_patient = False
        if kind:
            hub.faults.add(kind, when=lambda call: call.path.endswith("/pulls"))
        reports.end(known, [], outcome, 0.0)
        (told,) = reports.untold
        assert told.text.startswith(away if kind else "GitHub can't be told what runs: POST /repos/octo/models/issues/")
        reports.end(known, [], Outcome([]), 1.0)
        assert reports.untold == []
        assert len(hub.repository.comments) == again
        hub.repository.comments.clear()
