"""Train once: the bytes that were reviewed are published, however the pull request was merged."""

import hashlib
import json
import shutil
from pathlib import Path

import collect
import publish
import pytest
import teams
from hub import Hub
from hub.caller import Caller
from registries import candidate, commit, git
from reviewing import TAR, collects, edit, reviewed
from talking import run, succeeds

from registry.github import runs


@pytest.mark.parametrize("method", ["squash", "merge", "rebase"])
def test_the_reviewed_bytes_are_taken_however_it_was_merged(root: Path, hub: Hub, tmp_path: Path, method: str) -> None:
    pull, made = reviewed(root, hub)
    bytes_of = (root / "candidates/digits/digits-1.1.0.tar").read_bytes()
    teams.merge(root, hub, pull, method)
    said = collects(root, hub, tmp_path, trains=False)
    where = f"{hub.server_url}/octo/models/actions/runs/{made['id']}"
    assert said == f"digits 1.1.0: took the candidate of #1, built in {where}\nnext: `tox run -e publish -- digits`\n"
    assert (root / "candidates/digits/digits-1.1.0.tar").read_bytes() == bytes_of
    succeeds(root, hub, publish, "digits")
    assert [one.tag_name for one in hub.repository.releases.values()] == ["digits@v1.1.0"]


def test_a_rebased_pull_request_of_several_commits_is_found_by_its_last_one(
    root: Path, hub: Hub, tmp_path: Path
) -> None:
    edit(root, "version: 1.0.0", "version: 1.1.0")
    git(root, "checkout", "--quiet", "-b", "topic")
    commit(root)
    (root / "README.md").write_text("words\n")
    pull = teams.pull(root, hub)
    teams.checked(root, hub, pull)
    teams.merge(root, hub, pull, "rebase")
    assert "took the candidate of #1" in collects(root, hub, tmp_path, trains=False)


def test_what_the_checks_built_from_the_merge_that_github_made_is_taken(root: Path, hub: Hub, tmp_path: Path) -> None:
    pull, _ = reviewed(root, hub)
    shutil.rmtree(root / "candidates")
    git(root, "fetch", "--quiet", str(hub.repository.git.path), "refs/pull/1/merge")
    git(root, "checkout", "--quiet", "FETCH_HEAD")
    teams.checked(root, hub, pull)
    built = json.loads((root / "candidates/digits/report.json").read_text())["commit"]
    assert built != pull["head"]["sha"]
    teams.merge(root, hub, pull)
    assert "took the candidate of #1" in collects(root, hub, tmp_path, trains=False)


def test_what_the_merge_queue_built_is_taken(root: Path, hub: Hub, tmp_path: Path) -> None:
    edit(root, "version: 1.0.0", "version: 1.1.0")
    pull = teams.pull(root, hub)
    teams.merge(root, hub, pull, "merge")
    queued = git(root, "rev-parse", "HEAD").strip()
    candidate(root)
    teams.hand_in(root, hub, hub.add_run(runs.CHECK, "merge_group", queued, "gh-readonly-queue/main/pr-1-0"))
    shutil.rmtree(root / "candidates")
    assert "took the candidate of #1" in collects(root, hub, tmp_path, trains=False)


def test_bytes_of_a_server_that_tells_no_digest_of_artifacts_are_taken(root: Path, hub: Hub, tmp_path: Path) -> None:
    """They are held against the report's own digest all the same."""
    pull, _ = reviewed(root, hub)
    for one in hub.repository.artifacts.values():
        one["digest"] = None
    teams.merge(root, hub, pull)
    assert "took the candidate of #1" in collects(root, hub, tmp_path, trains=False)


def test_a_default_branch_of_another_name_is_no_trouble(root: Path, hub: Hub, tmp_path: Path) -> None:
    hub.repository.git.set_ref("refs/heads/trunk", git(root, "rev-parse", "main").strip())
    hub.repository.git.text("symbolic-ref", "HEAD", "refs/heads/trunk")
    hub.repository.git.delete_ref("refs/heads/main")
    hub.repository.default_branch = "trunk"
    edit(root, "version: 1.0.0", "version: 1.1.0")
    git(root, "checkout", "--quiet", "-b", "topic")
    commit(root)
    hub.take(root, "topic")
    pull = Caller(hub, hub.token).post("/pulls", title="t", head="topic", base="trunk", body="")
    teams.checked(root, hub, pull)
    teams.merge(root, hub, pull)
    assert "took the candidate of #1" in collects(root, hub, tmp_path, trains=False)


def test_of_several_runs_the_newest_that_agrees_is_taken(root: Path, hub: Hub, tmp_path: Path) -> None:
    pull, made = reviewed(root, hub)
    newer = hub.add_run(runs.CHECK, "pull_request", pull["head"]["sha"], "topic")
    newest = hub.add_run(runs.CHECK, "pull_request", pull["head"]["sha"], "topic")
    teams.hand_in(root, hub, newer)
    teams.accept(hub, newest, candidates=b"no zip")
    teams.merge(root, hub, pull)
    assert f"built in {hub.server_url}/octo/models/actions/runs/{newer['id']}\n" in collects(
        root, hub, tmp_path, trains=False
    )


def test_a_lost_run_costs_nothing(root: Path, hub: Hub, tmp_path: Path) -> None:
    pull, _ = reviewed(root, hub)
    teams.merge(root, hub, pull)
    (root / "README.md").write_text("words\n")  # main moved on, and nobody released what was merged before
    commit(root)
    hub.take(root)
    assert "took the candidate of #1" in collects(root, hub, tmp_path, trains=False)


def test_a_tag_without_its_release_is_collected_again_and_published(root: Path, hub: Hub, tmp_path: Path) -> None:
    pull, _ = reviewed(root, hub)
    teams.merge(root, hub, pull)
    collects(root, hub, tmp_path, trains=False)
    hub.faults.add("500", method="PATCH", times=9)
    assert run(root, hub, publish, "digits")[0] == 1
    shutil.rmtree(root / "candidates")
    teams.update(root, hub)
    hub.faults.clear()
    assert "took the candidate of #1" in collects(root, hub, tmp_path, trains=False)
    succeeds(root, hub, publish, "digits")
    (release,) = hub.repository.releases.values()
    assert not release.draft
    shutil.rmtree(root / "candidates")
    assert succeeds(root, hub, collect) == "every model's version is released; nothing to do\n"


def test_a_job_that_may_only_read_can_collect(root: Path, hub: Hub, tmp_path: Path) -> None:
    hub.repository.private = True
    pull, _ = reviewed(root, hub)
    teams.merge(root, hub, pull)
    token = hub.workflow({"actions": "read", "contents": "read", "pull_requests": "read"})
    assert "took the candidate" in succeeds(root, hub, collect, GITHUB_TOKEN=token, GITHUB_ACTIONS="true")


def test_digests_of_artifacts_are_those_of_the_zip(hub: Hub, root: Path) -> None:
    """What the tests above rest on."""
    _, made = reviewed(root, hub)
    for one in hub.repository.artifacts.values():
        assert one["digest"] == f"sha256:{hashlib.sha256(one['path'].read_bytes()).hexdigest()}"


def test_what_code_of_a_model_hands_in_under_any_name_is_not_what_was_judged(
    root: Path, hub: Hub, tmp_path: Path
) -> None:
    pull, made = reviewed(root, hub)
    judged = (root / "candidates" / TAR).read_bytes()
    candidate(root, factor=3.0)
    forged = {f"digits/{path.name}": path.read_bytes() for path in (root / "candidates/digits").iterdir()}
    assert forged[TAR] != judged
    for name in ("candidates", "candidate-digits", "reports", "1.trained"):
        hub.add_artifact(made, name, forged)
    teams.merge(root, hub, pull)
    assert "took the candidate of #1" in collects(root, hub, tmp_path, trains=False)
    assert (root / "candidates" / TAR).read_bytes() == judged
