"""Releases on GitHub: published once whatever was there before, and deployed."""

import os
import shutil
from pathlib import Path

import deploy
import publish
import pytest
import teams
from hub import Hub
from hub.caller import Caller
from published import ASSETS, check_released
from registries import candidate, commit, git
from talking import fails, run, succeeds

from registry.artifacts import litert  # noqa: F401  it loads what deploy proves
from registry.github.client import GitHub
from registry.releases.drafts import WORDS
from registry.releases.hosted import GitHubStore

TAG = teams.TAG
MOST_CALLS = 12


@pytest.fixture(scope="module")
def start(start: Path) -> Path:
    candidate(start)
    return start


def stop_after(root: Path, hub: Hub, method: str, template: str) -> None:
    """Publish, and be killed after a call."""
    note = hub.root / "pid"
    fault = hub.faults.add(
        "kill", method=method, template=f"/repos/{{owner}}/{{repo}}/{template}", pid=lambda: int(note.read_text())
    )
    code, said = run(root, hub, publish, "digits", first=lambda: note.write_text(str(os.getpid())))
    assert fault.struck, said
    assert code < 0


def build_again(root: Path) -> None:
    """Make another candidate of the same spec, with other bytes."""
    candidate(root, filler=1)


def test_a_candidate_becomes_a_release_on_github_in_few_calls(root: Path, hub: Hub) -> None:
    said = succeeds(root, hub, publish, "digits")
    assert said.startswith(f"published {TAG}: {hub.server_url}/octo/models/releases/tag/{TAG}\n")
    assert said.endswith("next: `git fetch --tags && tox run -e promote -- digits staging`\n")
    check_released(root, hub)


@pytest.mark.parametrize("releases", [0, 150, 300])
def test_publish_takes_few_calls_besides_one_an_asset_and_one_for_each_hundred_releases(
    root: Path, hub: Hub, octo: Caller, releases: int
) -> None:
    hub.is_strict = False  # the calls are held against GitHub's description elsewhere
    for number in range(releases):
        octo.post("/releases", tag_name=f"other@v1.0.{number}", draft=True)
    before = len(hub.calls)
    succeeds(root, hub, publish, "digits")
    calls = len(hub.calls) - before - len(ASSETS)
    assert calls == 10 + max(1, -(-releases // 100))
    assert calls <= MOST_CALLS or releases > 200


def test_a_version_that_is_published_with_these_bytes_is_left_as_it_is(root: Path, hub: Hub) -> None:
    succeeds(root, hub, publish, "digits")
    for update in (lambda: None, lambda: teams.update(root, hub)):  # without its tag, and with it
        update()
        writes = len(hub.calls.writes)
        assert succeeds(root, hub, publish, "digits").startswith(f"{TAG} is published already with these bytes")
        assert len(hub.calls.writes) == writes
    check_released(root, hub)


@pytest.mark.parametrize("knows", [False, True])
def test_a_version_that_is_published_with_other_bytes_is_refused(root: Path, hub: Hub, knows: bool) -> None:
    succeeds(root, hub, publish, "digits")
    if knows:
        teams.update(root, hub)
    build_again(root)
    said = fails(root, hub, publish, "digits")
    assert said == f"{TAG}: is released with other bytes, and a version is never reused; raise it: 1.0.1\n1 problem\n"


@pytest.mark.parametrize("knows", [False, True])
def test_what_was_stopped_between_tag_and_release_is_finished_with_the_bytes_of_the_tag(
    root: Path, hub: Hub, knows: bool
) -> None:
    stop_after(root, hub, "POST", "git/refs")
    shutil.copytree(root / "candidates", root / "first")
    build_again(root)
    if knows:
        teams.update(root, hub)
    said = succeeds(root, hub, publish, "digits")
    assert f"published {TAG}: " in said
    shutil.rmtree(root / "candidates")
    (root / "first").rename(root / "candidates")
    check_released(root, hub)


def test_what_was_stopped_between_tag_and_release_needs_no_candidate_any_more(root: Path, hub: Hub) -> None:
    stop_after(root, hub, "POST", "git/refs")
    teams.update(root, hub)
    (root / "candidates").rename(root / "away")
    assert f"{TAG}: finished what a run that was stopped had drafted and tagged\n" in succeeds(
        root, hub, publish, "digits"
    )
    (root / "away").rename(root / "candidates")
    check_released(root, hub)


def test_a_tag_whose_bytes_are_nowhere_is_refused_with_the_next_free_version(root: Path, hub: Hub) -> None:
    stop_after(root, hub, "POST", "git/refs")
    hub.repository.releases.clear()
    build_again(root)
    assert fails(root, hub, publish, "digits").startswith(
        f"{TAG}: is released with other bytes, and a version is never reused; raise it: 1.0.1\n"
    )
    assert all(one.draft for one in hub.repository.releases.values())


def test_a_draft_with_stray_damaged_and_half_sent_assets_is_mended(root: Path, hub: Hub, octo: Caller) -> None:
    draft = octo.post("/releases", tag_name=TAG, draft=True, body=WORDS)
    octo.upload(draft, "notes.txt", b"stray")
    octo.upload(draft, "report.json", b"{}")
    hub.faults.add("502-before", method="POST", host="uploads")
    octo.upload(draft, "digits-1.0.0.tar", b"half", code=502)
    assert [one.state for one in hub.repository.releases[draft["id"]].assets.values()] == [
        "uploaded",
        "uploaded",
        "starter",
    ]
    succeeds(root, hub, publish, "digits")
    check_released(root, hub)


def test_of_two_drafts_of_a_tag_one_becomes_the_release_and_the_other_goes(root: Path, hub: Hub, octo: Caller) -> None:
    for _ in range(2):
        octo.post("/releases", tag_name=TAG, draft=True, body=WORDS)
    octo.post("/releases", tag_name="digits@v0.9.0", draft=True, body=WORDS)
    succeeds(root, hub, publish, "digits")
    assert {one.tag_name for one in hub.repository.releases.values() if one.draft} == {"digits@v0.9.0"}
    hub.repository.releases = {number: one for number, one in hub.repository.releases.items() if not one.draft}
    check_released(root, hub)


@pytest.mark.parametrize("told", [True, False])
def test_a_draft_whose_files_arrived_is_not_sent_again(root: Path, hub: Hub, told: bool) -> None:
    hub.tells_digests = told
    stop_after(root, hub, "POST", "git/tags")
    sent = hub.calls.count(host="uploads")
    succeeds(root, hub, publish, "digits")
    assert hub.calls.count(host="uploads") == sent == len(ASSETS)
    check_released(root, hub)


@pytest.mark.parametrize("told", [True, False])
def test_a_file_that_arrives_damaged_is_sent_again_by_the_next_run(root: Path, hub: Hub, told: bool) -> None:
    hub.tells_digests = told
    hub.faults.add("altered", method="POST", host="uploads")
    assert fails(root, hub, publish, "digits") == (
        f"{TAG}: the files arrived damaged; run the same command again\n1 problem\n"
    )
    succeeds(root, hub, publish, "digits")
    assert hub.calls.count(host="uploads") == len(ASSETS) + 1
    check_released(root, hub)


def test_a_server_that_tells_no_digests_holds_releases_as_well(root: Path, hub: Hub) -> None:
    hub.tells_digests = False
    teams.release(root, hub)
    assert "nothing to do" in succeeds(root, hub, publish, "digits")
    check_released(root, hub)
    teams.pin(root, hub, "staging")
    succeeds(root, hub, deploy, "staging", "--apply")


def test_a_draft_that_lists_miss_for_a_while_makes_no_second_release(root: Path, hub: Hub) -> None:
    hub.listing_lag = 1
    hub.faults.add("reset-after", method="POST", template="/repos/{owner}/{repo}/releases")
    succeeds(root, hub, publish, "digits")
    check_released(root, hub)


def test_a_draft_is_found_among_a_thousand_releases(root: Path, hub: Hub, octo: Caller) -> None:
    hub.page_limit = 7
    octo.post("/releases", tag_name=TAG, draft=True, body=WORDS)
    others = {octo.post("/releases", tag_name=f"other@v1.0.{number}", draft=True)["id"] for number in range(30)}
    succeeds(root, hub, publish, "digits")
    for number in others:
        del hub.repository.releases[number]
    check_released(root, hub)


def test_a_commit_that_was_not_pushed_is_told_before_anything_is_sent(root: Path, hub: Hub) -> None:
    commit(root)
    candidate(root)
    said = fails(root, hub, publish, "digits")
    head = git(root, "rev-parse", "HEAD")
    assert said.startswith(f"commit {head[:12]}: is not in {hub.server_url}/octo/models; `git push` it first\n")
    assert not hub.repository.releases


@pytest.mark.parametrize("granted", [{"contents": "write"}, {"contents": "write", "pull_requests": "read"}])
def test_a_job_that_may_write_contents_can_publish_from_a_private_repository(
    root: Path, hub: Hub, granted: dict[str, str]
) -> None:
    hub.repository.private = True
    said = succeeds(root, hub, publish, "digits", GITHUB_TOKEN=hub.workflow(granted), GITHUB_ACTIONS="true")
    assert ("the page of the release names no pull request" in said) is (len(granted) == 1)
    check_released(root, hub)


def test_deploy_of_a_release_that_is_not_there_says_so(root: Path, hub: Hub) -> None:
    teams.release(root, hub)
    teams.pin(root, hub, "staging")
    hub.repository.releases.clear()
    said = fails(root, hub, deploy, "staging", "--apply")
    assert f"{TAG}: is not in {hub.server_url}/octo/models" in said


def test_deploy_fetches_from_a_private_repository_and_tells_a_rehearsal(root: Path, hub: Hub, tmp_path: Path) -> None:
    hub.repository.private = True
    teams.release(root, hub)
    teams.pin(root, hub, "staging")
    hub.faults.add("truncated", host="storage", when=lambda call: True)
    summary = tmp_path / "summary"
    said = succeeds(
        root, hub, deploy, "staging", "--apply", RUNNER_ENVIRONMENT="github-hosted", GITHUB_STEP_SUMMARY=str(summary)
    )
    assert "staging: rehearsed only: what is pinned was fetched, verified, loaded" in said
    assert "rehearsed only" in summary.read_text()
    assert hub.calls.count(host="storage") > 0
    assert not [call for call in hub.calls if call.host == "storage" and call.authorized]


@pytest.mark.parametrize(
    ("runs_on", "environment", "rehearsed"),
    [
        ("ubuntu-latest", {"GITHUB_ACTIONS": "true"}, True),
        ("[self-hosted, serving]", {"GITHUB_ACTIONS": "true"}, False),
        ("ubuntu-latest", {"GITHUB_ACTIONS": "true", "RUNNER_ENVIRONMENT": "self-hosted"}, False),
        ("ubuntu-latest", {}, False),
    ],
)
def test_an_engine_that_tells_nothing_of_its_runner_rehearses_where_a_hosted_one_was_asked_for(
    root: Path, hub: Hub, runs_on: str, environment: dict[str, str], rehearsed: bool
) -> None:
    with (root / "environments/staging.yaml").open("a") as file:
        file.write(f"runs_on: {runs_on}\n")
    teams.release(root, hub)
    teams.pin(root, hub, "staging")
    assert ("rehearsed only" in succeeds(root, hub, deploy, "staging", "--apply", **environment)) is rehearsed


def test_deploy_since_a_commit_plans_without_looking_at_anything(root: Path, hub: Hub) -> None:
    teams.release(root, hub)
    before = git(root, "rev-parse", "HEAD").strip()
    teams.pin(root, hub, "staging")
    calls = len(hub.calls)
    assert succeeds(root, hub, deploy, "staging", "--since", before) == "staging\n  + digits   1.0.0\n"
    assert succeeds(root, hub, deploy, "staging", "--since", "HEAD") == "staging\n  no pin changes\n"
    assert len(hub.calls) == calls


def test_lists_of_published_releases_know_a_new_one_at_once(root: Path, hub: Hub) -> None:
    hub.listing_lag = 5
    succeeds(root, hub, publish, "digits")
    store = GitHubStore(GitHub(hub.api_url, hub.repository.full_name, hub.token))
    assert store.published([TAG, "digits@v2.0.0"]) == {TAG}
