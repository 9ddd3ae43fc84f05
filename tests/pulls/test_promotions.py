"""Promotions as pull requests: opened, brought up to date, left alone, merged; what is proposed and what is not."""

import shutil
from pathlib import Path

import promote
import pytest
import teams
from hub import Hub
from hub.caller import Caller
from registries import ROOT, commit, git
from talking import fails, succeeds

BRANCH = "promote/staging/digits"
PIN = "environments/staging/digits.yaml"
FIRST = "promote digits@v1.0.0 to staging"


@pytest.fixture(scope="module")
def start(start: Path) -> Path:
    (start / ".github/workflows").mkdir(parents=True)
    shutil.copy(ROOT / ".github/workflows/deploy.yml", start / ".github/workflows")
    commit(start)
    return start


@pytest.fixture
def hub(hub: Hub, root: Path) -> Hub:
    hub.repository.permissions["can_approve_pull_request_reviews"] = True
    hub.repository.private = True
    teams.release(root, hub)
    return hub


def workflow(hub: Hub) -> dict[str, str]:
    """The environment of the job `promote`."""
    token = hub.workflow({"actions": "write", "contents": "write", "pull_requests": "write"})
    return {"GITHUB_TOKEN": token, "GITHUB_ACTIONS": "true"}


def proposes(root: Path, hub: Hub, *words: str, **environment: str) -> str:
    return succeeds(root, hub, promote, *words, "--pull-request", **(environment or workflow(hub)))


def the_pull(hub: Hub) -> dict:
    (pull,) = hub.repository.pulls.values()
    return pull


def test_a_release_is_proposed_with_plan_effect_undo_and_button(root: Path, hub: Hub) -> None:
    said = proposes(root, hub)
    address = f"{hub.server_url}/octo/models/pull/1"
    assert said == f"digits@v1.0.0 to staging: opened: {address}\n"
    pull = the_pull(hub)
    assert (pull["title"], pull["state"], pull["head"]["ref"]) == (FIRST, "open", BRANCH)
    body = pull["body"]
    assert "Merging this deploys to staging:\n\n```\nstaging\n  + digits   1.0.0\n```" in body
    assert f"## For users of digits [1.0.0]({hub.server_url}/octo/models/releases/tag/digits@v1.0.0), new here" in body
    assert "Press Revert on this pull request once it is merged" in body
    assert "press “Approve workflows to run” below" in body
    head = pull["head"]["sha"]
    assert head in hub.repository.verified
    repository = hub.repository.git
    assert repository.lines("rev-list", f"main..{head}") == [head]
    assert repository.text("log", "-1", "--format=%s", head) == FIRST
    assert repository.text("show", f"{head}:{PIN}").startswith("version: 1.0.0\nsha256: ")


@pytest.mark.parametrize("who", ["registry[bot]", "registry-robot"], ids=["an App", "a person"])
def test_with_a_token_of_its_own_a_pull_request_needs_no_button(root: Path, hub: Hub, who: str) -> None:
    make = hub.app if who.endswith("[bot]") else lambda granted, login: hub.user(login, granted)
    token = make({"contents": "write", "pull_requests": "write", "actions": "write"}, login=who)
    proposes(root, hub, **workflow(hub), REGISTRY_TOKEN=token)
    assert "Approve workflows" not in the_pull(hub)["body"]
    assert the_pull(hub)["user"] == who
    assert [one.starts for one in hub.repository.events if one.name == "pull_request"] == ["yes"]


def test_the_same_again_writes_nothing(root: Path, hub: Hub) -> None:
    proposes(root, hub)
    writes = len(hub.calls.writes)
    assert "digits@v1.0.0 to staging: open already: " in proposes(root, hub)
    assert len(hub.calls.writes) == writes


def test_a_newer_version_brings_the_open_one_up_to_date(root: Path, hub: Hub) -> None:
    proposes(root, hub)
    teams.release(root, hub, "1.1.0")
    assert "digits@v1.1.0 to staging: brought up to date: " in proposes(root, hub)
    pull = the_pull(hub)
    assert pull["title"] == "promote digits@v1.1.0 to staging"
    head = hub.repository.git.resolve(f"refs/heads/{BRANCH}")
    assert hub.repository.git.lines("rev-list", f"main..{head}") == [head]
    assert hub.repository.git.text("show", f"{head}:{PIN}").startswith("version: 1.1.0\n")
    assert "open already" in proposes(root, hub)


def test_a_pull_request_whose_main_moved_is_as_it_was(root: Path, hub: Hub) -> None:
    proposes(root, hub)
    (root / "README.md").write_text("words\n")
    commit(root)
    hub.take(root)
    assert "open already" in proposes(root, hub)


def edits_title(hub: Hub, octo: Caller) -> None:
    octo.patch("/pulls/1", title="not yet")


def edits_body(hub: Hub, octo: Caller) -> None:
    octo.patch("/pulls/1", body=the_pull(hub)["body"].replace("Merging this", "Merging it"))


def empties_body(hub: Hub, octo: Caller) -> None:
    octo.patch("/pulls/1", body="")


def adds_file(hub: Hub, octo: Caller) -> None:
    octo.write("notes.txt", "mine", BRANCH)


def adds_commit(hub: Hub, octo: Caller) -> None:
    there = octo.get(f"/contents/{PIN}", ref=BRANCH)
    octo.write(PIN, "version: 1.0.0\nsha256: " + "0" * 64 + "\n", BRANCH, code=200, sha=there["sha"])


def amends_commit(hub: Hub, octo: Caller) -> None:
    """Another content in the one commit, under the same words."""
    tree = octo.post("/git/trees", base_tree=octo.head(), tree=[
        {"path": PIN, "mode": "100644", "type": "blob", "content": "version: 1.0.0\nsha256: " + "0" * 64 + "\n"}
    ])  # fmt: skip
    made = octo.post("/git/commits", message=FIRST, tree=tree["sha"], parents=[octo.head()])
    octo.patch(f"/git/refs/heads/{BRANCH}", sha=made["sha"], force=True)


EDITS = [edits_title, edits_body, empties_body, adds_file, adds_commit, amends_commit]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
@pytest.mark.parametrize("newer", [False, True])
def test_what_somebody_edited_is_left_alone_and_told(root: Path, hub: Hub, octo: Caller, edit, newer: bool) -> None:
    proposes(root, hub)
    edit(hub, octo)
    if newer:
        teams.release(root, hub, "1.1.0")
    pull, head, writes = dict(the_pull(hub)), hub.repository.git.resolve(f"refs/heads/{BRANCH}"), len(hub.calls.writes)
    assert "left alone, since somebody edited it (close it to get a new one): " in proposes(root, hub)
    assert len(hub.calls.writes) == writes
    assert (the_pull(hub)["title"], the_pull(hub)["body"]) == (pull["title"], pull["body"])
    assert hub.repository.git.resolve(f"refs/heads/{BRANCH}") == head


def test_lines_that_end_as_a_browser_sends_them_are_no_edit(root: Path, hub: Hub, octo: Caller) -> None:
    proposes(root, hub)
    octo.patch("/pulls/1", body=the_pull(hub)["body"].replace("\n", "\r\n"))
    assert "open already" in proposes(root, hub)


def test_a_closed_one_is_not_opened_again_unless_a_person_asks(root: Path, hub: Hub, octo: Caller) -> None:
    proposes(root, hub)
    octo.patch("/pulls/1", state="closed")
    writes = len(hub.calls.writes)
    said = proposes(root, hub)
    assert "not opened again, since somebody closed it (reopen it, or run the workflow `promote` for this model" in said
    assert len(hub.calls.writes) == writes
    assert "opened: " in proposes(root, hub, "digits", "staging")
    assert [one["state"] for one in hub.repository.pulls.values()] == ["closed", "open"]


def test_a_newer_version_than_the_closed_one_is_proposed(root: Path, hub: Hub, octo: Caller) -> None:
    proposes(root, hub)
    octo.patch("/pulls/1", state="closed")
    teams.release(root, hub, "1.1.0")
    assert "digits@v1.1.0 to staging: opened: " in proposes(root, hub)


def test_a_branch_left_over_from_a_merge_is_used_again(root: Path, hub: Hub, octo: Caller) -> None:
    proposes(root, hub)
    octo.put("/pulls/1/merge", merge_method="squash")
    teams.update(root, hub)
    assert "nothing to do" in proposes(root, hub)
    teams.release(root, hub, "1.1.0")
    assert "digits@v1.1.0 to staging: opened: " in proposes(root, hub)
    pull = hub.repository.pulls[2]
    assert hub.repository.git.lines("rev-list", f"main..{pull['head']['sha']}") == [pull["head"]["sha"]]
    assert "  ~ digits   1.0.0 → 1.1.0" in pull["body"]
    assert "or run the workflow `promote` with the version 1.0.0" in pull["body"]


def test_a_version_that_was_rolled_back_is_not_proposed_again(root: Path, hub: Hub) -> None:
    teams.pin(root, hub, "staging")
    teams.release(root, hub, "1.1.0")
    teams.pin(root, hub, "staging", "1.1.0")
    teams.pin(root, hub, "staging", "1.0.0")
    writes = len(hub.calls.writes)
    assert proposes(root, hub) == "every newest release is pinned, or was, wherever releases go first; nothing to do\n"
    assert len(hub.calls.writes) == writes


def test_the_same_button_rolls_back(root: Path, hub: Hub) -> None:
    teams.pin(root, hub, "staging")
    teams.release(root, hub, "1.1.0")
    teams.pin(root, hub, "staging", "1.1.0")
    proposes(root, hub, "digits", "staging", "--version", "1.0.0")
    assert the_pull(hub)["title"] == "roll staging back to digits@v1.0.0"
    assert "digits@v1.1.0 to staging: pinned already" in proposes(root, hub, "digits", "staging")


def test_a_rollback_that_somebody_asked_for_stays_one_when_other_models_are_released(
    root: Path, hub: Hub, octo: Caller
) -> None:
    teams.pin(root, hub, "staging")
    teams.release(root, hub, "1.1.0")
    teams.pin(root, hub, "staging", "1.1.0")
    teams.release(root, hub, "1.2.0")
    proposes(root, hub, "digits", "staging", "--version", "1.0.0")
    back = "roll staging back to digits@v1.0.0"
    assert the_pull(hub)["title"] == back
    before = len(hub.calls.writes)
    assert (
        "digits@v1.2.0 to staging: left alone, since somebody asked for it (close it to promote digits@v1.2.0 to"
        " staging): " in proposes(root, hub)
    )
    assert len(hub.calls.writes) == before
    assert "brought up to date" in proposes(root, hub, "digits", "staging", "--version", "1.2.0")
    assert "open already" in proposes(root, hub)
    octo.patch("/pulls/1", state="closed")


def test_a_model_or_environment_that_was_left_empty_is_not_all_of_them(root: Path, hub: Hub) -> None:
    assert "environments/.yaml: does not exist; " in fails(root, hub, promote, "digits", "", "--pull-request")
    assert "models/: does not exist; " in fails(root, hub, promote, "", "staging", "--pull-request")
    assert "models/--help: does not exist; " in fails(root, hub, promote, "--pull-request", "--", "--help", "staging")
    assert not hub.repository.pulls


def test_what_may_not_go_there_is_not_proposed(root: Path, hub: Hub) -> None:
    words = "digits", "production", "--pull-request"
    assert "staging runs no version of digits; promote it there first" in fails(
        root, hub, promote, *words, **workflow(hub)
    )
    teams.pin(root, hub, "staging")
    teams.release(root, hub, "1.1.0")
    said = fails(root, hub, promote, *words, "--version", "1.1.0", **workflow(hub))
    assert "digits@v1.1.0 does not run in staging: staging runs 1.0.0; promote it there first" in said
    spec = root / "environments/production.yaml"
    spec.write_text(
        "\n".join([*(line for line in spec.read_text().splitlines() if not line.startswith("soak")), "soak: 24h\n"])
    )
    commit(root)
    said = fails(root, hub, promote, *words, **workflow(hub))
    assert "digits@v1.0.0 must soak in staging for 24h; 24.0 hours are left" in said
    assert not hub.repository.pulls


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


def test_one_that_fails_holds_no_other_up(root: Path, hub: Hub) -> None:
    spec = (root / "environments/staging.yaml").read_text()
    for name in ("canary", "edge"):
        path = root / f"environments/{name}.yaml"
        path.write_text(spec.replace("path: ", f"path: {name}/"))
    commit(root)
    hub.take(root)
    hub.faults.add("422", method="POST", times=1, when=lambda call: call.path.endswith("/pulls"))
    said = fails(root, hub, promote, "--pull-request", **workflow(hub))
    assert "POST /repos/octo/models/pulls: 422" in said
    assert "\n1 problem\n" in said
    assert sorted(one["title"] for one in hub.repository.pulls.values()) == [
        "promote digits@v1.0.0 to edge", "promote digits@v1.0.0 to staging",
    ]  # fmt: skip
    assert "digits@v1.0.0 to canary: opened: " in proposes(root, hub)


def test_a_pin_that_changed_on_main_meanwhile_is_not_undone(root: Path, hub: Hub, octo: Caller) -> None:
    octo.write(PIN, "version: 0.9.0\nsha256: " + "0" * 64 + "\n")
    said = fails(root, hub, promote, "--pull-request", **workflow(hub))
    assert f"{PIN}: changed on main meanwhile; run `git pull` and the same command again" in said
    assert not hub.repository.pulls


def test_a_model_that_is_gone_is_not_proposed(root: Path, hub: Hub) -> None:
    (root / "models/digits").rename(root / "models/letters")
    commit(root)
    hub.take(root)
    assert "nothing to do" in proposes(root, hub)


def test_a_default_branch_of_another_name_is_where_it_goes(root: Path, hub: Hub) -> None:
    hub.repository.git.set_ref("refs/heads/trunk", git(root, "rev-parse", "main").strip())
    hub.repository.git.delete_ref("refs/heads/main")
    hub.repository.default_branch = "trunk"
    proposes(root, hub)
    assert the_pull(hub)["base"]["ref"] == "trunk"


def test_a_token_that_may_not_write_is_told_which_permission_is_missing(root: Path, hub: Hub) -> None:
    token = hub.workflow({"contents": "read", "pull_requests": "write"})
    said = fails(root, hub, promote, "--pull-request", GITHUB_TOKEN=token, GITHUB_ACTIONS="true")
    assert "the token may not do this; give the job, or the token, the permission contents: write" in said
