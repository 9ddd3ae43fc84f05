"""Releases on GitHub: published once whatever was there before, fetched, withdrawn."""

import os
import shutil
import subprocess
from pathlib import Path

import deploy
import promote
import publish
import pytest
import teams
import withdraw
from hub import Hub
from hub.caller import Caller
from registries import candidate, commit, git
from talking import fails, run, succeeds
from test_calls import ASSETS, check_released

from registry import litert, parts  # noqa: F401  litert loads what deploy proves
from registry.github import GitHub
from registry.hosted import GitHubStore

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
    calls = len(hub.calls)
    print(f"{calls} calls")
    assert calls <= MOST_CALLS + len(ASSETS)


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


def test_a_tag_that_was_made_by_hand_is_refused(root: Path, hub: Hub) -> None:
    hub.repository.git.set_ref(f"refs/tags/{TAG}", git(root, "rev-parse", "HEAD").strip())
    assert "is a tag without a release's trailers" in fails(root, hub, publish, "digits")
    assert not hub.repository.releases


def test_with_immutable_releases_on_it_is_the_same_and_a_burned_tag_is_explained(
    root: Path, hub: Hub, octo: Caller
) -> None:
    hub.repository.immutable_releases = True
    succeeds(root, hub, publish, "digits")
    check_released(root, hub)
    (number,) = hub.repository.releases
    octo.delete(f"/releases/{number}")
    octo.delete(f"/git/refs/tags/{TAG}")
    said = fails(root, hub, publish, "digits")
    assert said.startswith(
        f"{TAG}: is burned: an immutable release had this tag once, or a rule of the repository forbids to make it; "
    )
    assert said.endswith("; write version: 1.0.1 in models/digits/model.yaml\n1 problem\n")


def test_a_draft_with_stray_damaged_and_half_sent_assets_is_mended(root: Path, hub: Hub, octo: Caller) -> None:
    draft = octo.post("/releases", tag_name=TAG, draft=True, name="mine")
    octo.upload(draft, "notes.txt", b"mine")
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
        octo.post("/releases", tag_name=TAG, draft=True)
    octo.post("/releases", tag_name="digits@v0.9.0", draft=True)
    succeeds(root, hub, publish, "digits")
    assert {one.tag_name for one in hub.repository.releases.values() if one.draft} == {"digits@v0.9.0"}
    hub.repository.releases = {number: one for number, one in hub.repository.releases.items() if not one.draft}
    check_released(root, hub)


def test_a_draft_that_lists_miss_for_a_while_makes_no_second_release(root: Path, hub: Hub) -> None:
    hub.listing_lag = 1
    hub.faults.add("reset-after", method="POST", template="/repos/{owner}/{repo}/releases")
    succeeds(root, hub, publish, "digits")
    check_released(root, hub)


def test_a_draft_is_found_among_a_thousand_releases(root: Path, hub: Hub, octo: Caller) -> None:
    hub.page_limit = 7
    octo.post("/releases", tag_name=TAG, draft=True)
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


def small_parts() -> None:
    parts.LARGEST = 400_000


def test_a_large_artifact_goes_up_in_parts_and_comes_down_as_one(root: Path, hub: Hub, tmp_path: Path) -> None:
    build_again(root)
    code, said = run(root, hub, publish, "digits", first=small_parts)
    assert code == 0, said
    (release,) = hub.repository.releases.values()
    size = (root / "candidates/digits/digits-1.0.0.tar").stat().st_size
    sent = sorted(one.name for one in release.assets.values() if ".tar" in one.name)
    assert sent == [f"digits-1.0.0.tar.part-{number:02}" for number in range(1, -(-size // 400_000) + 1)]
    assert len(sent) > 2
    assert run(root, hub, publish, "digits", first=small_parts)[0] == 0
    teams.update(root, hub)
    teams.pin(root, hub, "staging")
    succeeds(root, hub, deploy, "staging", "--apply")
    page_works(root, hub, release.body, tmp_path / "user")


def test_what_the_page_says_of_download_and_verification_works(root: Path, hub: Hub, tmp_path: Path) -> None:
    hub.repository.private = True
    succeeds(root, hub, publish, "digits")
    (release,) = hub.repository.releases.values()
    page_works(root, hub, release.body, tmp_path / "user")


def page_works(root: Path, hub: Hub, page: str, folder: Path) -> None:
    """Paste what a page says into a shell: the download without gh, then what comes after it up to Docker."""
    scripts = [part.partition("```")[0] for part in page.split("```sh\n")[1:]]
    (use,) = [one for one in scripts if "docker run" in one]
    (fetch,) = [one for one in scripts if "python3 -c" in one]
    lines = [line for line in use.splitlines() if not line.startswith("gh ")]
    script = fetch.rstrip() + " &&\n" + "\n".join(lines).partition("&& docker")[0]
    folder.mkdir()
    environment = {"PATH": os.environ["PATH"], "GITHUB_TOKEN": hub.token}
    done = subprocess.run(["sh", "-e"], input=script, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{script}\n{done.stderr}"
    assert "digits-1.0.0.tar: OK" in done.stdout
    assert list(folder.rglob("saved_model.pb"))
    (got,) = folder.rglob("digits-1.0.0.tar")
    assert got.read_bytes() == (root / "candidates/digits/digits-1.0.0.tar").read_bytes()
    sums = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=got.parent, capture_output=True, text=True)
    assert sums.returncode == 0, sums.stderr


def test_a_large_artifact_that_was_stopped_after_its_tag_is_finished(root: Path, hub: Hub) -> None:
    build_again(root)
    note = hub.root / "pid"
    hub.faults.add("kill", method="POST", template="/repos/{owner}/{repo}/git/refs", pid=lambda: int(note.read_text()))

    def begin() -> None:
        small_parts()
        note.write_text(str(os.getpid()))

    run(root, hub, publish, "digits", first=begin)
    teams.update(root, hub)
    code, said = run(root, hub, publish, "digits", first=small_parts)
    assert (code, "finished what" in said) == (0, True), said


def test_deploy_refuses_bytes_that_are_not_those_of_the_pin(root: Path, hub: Hub) -> None:
    teams.release(root, hub)
    teams.pin(root, hub, "staging")
    (release,) = hub.repository.releases.values()
    (asset,) = [one for one in release.assets.values() if one.name.endswith(".tar")]
    raw = asset.path.read_bytes()
    asset.path.write_bytes(raw[:-1] + b"x")
    said = fails(root, hub, deploy, "staging", "--apply")
    assert "don't trust it, withdraw the version" in said
    assert not list((root / "deployments").rglob("saved_model.pb"))


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


def test_a_withdrawn_version_says_so_on_its_page_and_is_not_promoted(root: Path, hub: Hub) -> None:
    teams.release(root, hub)
    teams.release(root, hub, "1.0.1")
    releases = {one.tag_name: one for one in hub.repository.releases.values()}
    page = releases["digits@v1.0.1"].body
    said = succeeds(root, hub, withdraw, "digits", "1.0.1", "--reason", "takes 7 for 1 @octo")
    assert said.startswith("digits@v1.0.1 is withdrawn; ")
    assert (len(releases), len(releases["digits@v1.0.1"].assets)) == (2, len(ASSETS))
    shown = releases["digits@v1.0.1"].body
    assert shown.startswith("> [!CAUTION]\n> **`digits@v1.0.1` is withdrawn**: takes 7 for 1 ")
    assert shown.partition("\n\n")[2] == page  # nothing else is told differently
    writes = len(hub.calls.writes)
    succeeds(
        root, hub, withdraw, "digits", "1.0.1", "--reason", "takes 7 for 1 @octo"
    )  # this clone has no tag of it yet
    assert len(hub.calls.writes) == writes
    teams.update(root, hub)
    assert "is withdrawn already" in succeeds(root, hub, withdraw, "digits", "1.0.1", "--reason", "another")
    assert "digits@v1.0.1 is withdrawn: takes 7 for 1 @octo; choose another version" in fails(
        root, hub, promote, "digits", "staging", "--version", "1.0.1", "--pull-request"
    )
    succeeds(root, hub, promote, "--pull-request")
    assert [one["title"] for one in hub.repository.pulls.values()] == ["promote digits@v1.0.0 to staging"]


def test_what_was_never_published_can_not_be_withdrawn(root: Path, hub: Hub) -> None:
    teams.release(root, hub)
    hub.repository.releases.clear()
    said = fails(root, hub, withdraw, "digits", "1.0.0", "--reason", "bad")
    assert said == f"{TAG}: is not in {hub.server_url}/octo/models; publish it first\n1 problem\n"
    assert f"refs/tags/{TAG}!" not in hub.repository.git.refs()


def test_lists_of_published_releases_know_a_new_one_at_once(root: Path, hub: Hub) -> None:
    hub.listing_lag = 5
    succeeds(root, hub, publish, "digits")
    store = GitHubStore(GitHub(hub.api_url, hub.repository.full_name, hub.token))
    assert store.published([TAG, "digits@v2.0.0"]) == {TAG}
