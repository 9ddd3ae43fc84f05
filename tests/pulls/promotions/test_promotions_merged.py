"""Promotions into an environment that is promoted automatically: merged where the rules allow it."""

from pathlib import Path

import promote
import pytest
import teams
from hub import Hub
from hub.caller import Caller
from promoting import PIN, adds_file, proposes, the_pull, workflow
from registries import commit, git
from talking import fails


def automatic(root: Path, hub: Hub) -> None:
    spec = root / "environments/staging.yaml"
    text = spec.read_text()
    assert "promote: by-hand" in text or "promote:" not in text
    spec.write_text(
        "promote: automatic\n" + "\n".join(line for line in text.splitlines() if not line.startswith("promote:")) + "\n"
    )
    commit(root)
    hub.take(root)


def test_an_automatic_environment_is_merged_and_deploy_started(root: Path, hub: Hub) -> None:
    automatic(root, hub)
    assert "opened and merged, deploy started: " in proposes(root, hub)
    assert the_pull(hub)["merged_at"]
    (event,) = hub.repository.dispatches
    assert (event.payload["workflow"], event.ref) == (".github/workflows/deploy.yml", "main")
    teams.update(root, hub)
    assert (root / PIN).read_text().startswith("version: 1.0.0\n")
    assert "nothing to do" in proposes(root, hub)


def test_a_required_check_keeps_it_open_and_is_told_until_it_passed(root: Path, hub: Hub) -> None:
    automatic(root, hub)
    hub.repository.protections["main"] = {
        "enforce_admins": None,
        "required_status_checks": {"strict": False, "contexts": ["gate"]},
    }
    said = proposes(root, hub)
    assert (
        "digits@v1.0.0 to staging: opened, not merged: PUT /repos/octo/models/pulls/1/merge: 405 method not allowed"
        in said
    )
    assert 'Required status check "gate" is expected.' in said
    assert the_pull(hub)["state"] == "open"
    assert not hub.repository.dispatches
    assert "open already, not merged: " in proposes(root, hub)
    hub.repository.check(the_pull(hub)["head"]["sha"], "gate")
    assert "open already and merged, deploy started: " in proposes(root, hub)


ALLOWED = ["allow_squash_merge", "allow_merge_commit", "allow_rebase_merge"]


@pytest.mark.parametrize("allowed", ALLOWED)
def test_it_is_merged_in_a_way_that_the_repository_allows(root: Path, hub: Hub, allowed: str) -> None:
    automatic(root, hub)
    for name in ALLOWED:
        hub.repository.settings[name] = name == allowed
    assert "opened and merged" in proposes(root, hub)


def test_a_merge_that_github_forbids_is_told_and_stops_nothing(root: Path, hub: Hub) -> None:
    automatic(root, hub)
    hub.faults.add("403", method="PUT", times=9)
    said = proposes(root, hub)
    assert "opened, not merged: PUT /repos/octo/models/pulls/1/merge: 403 forbidden" in said
    assert the_pull(hub)["state"] == "open"
    assert not hub.repository.dispatches


def test_a_merge_whose_answer_was_lost_is_one_and_deploy_is_started(root: Path, hub: Hub) -> None:
    automatic(root, hub)
    hub.faults.add("reset-after", method="PUT")
    hub.faults.add("500", method="POST", when=lambda call: call.path.endswith("/dispatches"))
    assert "opened and merged, deploy started: " in proposes(root, hub)
    assert len(hub.repository.dispatches) == 1


def test_a_merge_whose_deploy_was_never_started_is_made_good_by_the_next_run(root: Path, hub: Hub) -> None:
    automatic(root, hub)
    hub.faults.add("403", times=9, when=lambda call: call.path.endswith("/dispatches"))
    assert "403" in fails(root, hub, promote, "--pull-request", **workflow(hub))
    assert the_pull(hub)["merged_at"]
    assert not hub.repository.dispatches
    hub.faults.clear()
    teams.update(root, hub)
    assert "deploy started, since pins changed after it ran last\n" in proposes(root, hub)
    hub.add_run(".github/workflows/deploy.yml", "workflow_dispatch", git(root, "rev-parse", "HEAD").strip())
    assert "deploy started" not in proposes(root, hub)
    assert len(hub.repository.dispatches) == 1


def test_what_a_person_pushed_meanwhile_is_not_merged(root: Path, hub: Hub, octo: Caller) -> None:
    automatic(root, hub)
    done = []

    def push(call) -> None:
        if call.method == "POST" and call.path.endswith("/pulls") and not done:
            done.append(call)
            adds_file(hub, octo)

    hub.after_call = push
    assert "not merged: PUT /repos/octo/models/pulls/1/merge: 409 conflict (Head branch was modified" in proposes(
        root, hub
    )
    assert the_pull(hub)["state"] == "open"
