"""Withdrawn versions on GitHub: told on the page, known in the clone that withdrew them, never promoted again."""

import shutil
from pathlib import Path

import promote
import publish
import pytest
import teams
import withdraw
from hub import Hub
from published import ASSETS
from registries import candidate, git
from talking import fails, succeeds

TAG = teams.TAG
WITHDRAWN = f"{TAG} is withdrawn; environments that run it keep it until their pin changes\n"
KNOWN = "next: `git fetch --tags` in other clones, so that `promote` refuses it there\n"
UNKNOWN = "next: `git fetch --tags` in every clone, this one too, so that `promote` refuses it there\n"
REFUSED = f"environments/staging/digits.yaml: {TAG} is withdrawn: bad; choose another version\n1 problem\n"


@pytest.fixture(scope="module")
def start(start: Path) -> Path:
    candidate(start)
    return start


def withdraws(root: Path, hub: Hub, reason: str = "bad") -> str:
    return succeeds(root, hub, withdraw, "digits", "1.0.0", "--reason", reason)


def fetch(root: Path, hub: Hub) -> None:
    """Fetch all tags as people do: Git refuses one that is another one here."""
    git(root, "fetch", "--quiet", "--tags", str(hub.repository.git.path))


def test_a_withdrawn_version_says_so_on_its_page(root: Path, hub: Hub) -> None:
    teams.release(root, hub)
    (release,) = hub.repository.releases.values()
    page = release.body
    assert withdraws(root, hub, "takes 7 for 1 @octo") == WITHDRAWN + KNOWN
    assert len(release.assets) == len(ASSETS)
    assert release.body.startswith(f"> [!CAUTION]\n> **`{TAG}` is withdrawn**: takes 7 for 1 ")
    told, verdict = page.partition("\n\n"), release.body.split("\n\n", 2)[1]
    assert told[0] == f"> [!TIP]\n> **{verdict.replace(':', '**:', 1)}"  # what was good then is not told in green now
    assert release.body.split("\n\n", 2)[2] == told[2]  # and nothing else differently


@pytest.mark.parametrize(
    "words", [(), ("--pull-request",), ("--version", "1.0.0"), ("--version", "1.0.0", "--pull-request")]
)
def test_the_clone_that_withdrew_a_version_does_not_promote_it(root: Path, hub: Hub, words: tuple[str, ...]) -> None:
    teams.release(root, hub)
    withdraws(root, hub)
    assert fails(root, hub, promote, "digits", "staging", *words) == REFUSED
    assert not hub.repository.pulls
    fetch(root, hub)


def test_an_older_version_is_promoted_instead(root: Path, hub: Hub) -> None:
    teams.release(root, hub, "0.9.0")
    teams.release(root, hub)
    withdraws(root, hub)
    succeeds(root, hub, promote, "--pull-request")
    assert [one["title"] for one in hub.repository.pulls.values()] == ["promote digits@v0.9.0 to staging"]


@pytest.mark.parametrize("words", [(), ("digits", "staging")])
def test_a_clone_that_does_not_know_yet_asks_before_it_opens_a_pull_request(
    root: Path, hub: Hub, words: tuple[str, ...]
) -> None:
    teams.release(root, hub)
    other = shutil.copytree(root, root.with_name("other"))
    withdraws(other, hub)
    assert fails(root, hub, promote, *words, "--pull-request") == REFUSED
    assert not hub.repository.pulls


def test_a_version_that_this_clone_has_no_tag_of_is_withdrawn_as_well(root: Path, hub: Hub) -> None:
    succeeds(root, hub, publish, "digits")
    assert withdraws(root, hub) == WITHDRAWN + KNOWN
    fetch(root, hub)
    assert fails(root, hub, promote, "digits", "staging") == REFUSED


def test_a_version_of_commits_that_this_clone_does_not_have_is_withdrawn_as_well(root: Path, hub: Hub) -> None:
    older = shutil.copytree(root, root.with_name("older"))
    teams.release(root, hub)
    assert withdraws(older, hub) == WITHDRAWN + UNKNOWN
    assert git(older, "tag") == ""


def test_a_tag_that_can_not_be_written_anew_to_the_byte_is_left_to_be_fetched(root: Path, hub: Hub) -> None:
    teams.release(root, hub)
    repository = hub.repository.git

    def sign(call) -> None:
        if (call.method, call.template) == ("POST", "/repos/{owner}/{repo}/git/refs"):
            content = repository.read(f"refs/tags/{TAG}!", "tag")
            repository.set_ref(f"refs/tags/{TAG}!", repository.write("tag", content.replace(b" +0000\n", b" +0200\n")))

    hub.after_call = sign
    assert withdraws(root, hub) == WITHDRAWN + UNKNOWN
    assert git(root, "tag") == f"{TAG}\n"
    assert fails(root, hub, promote, "digits", "staging", "--pull-request") == REFUSED
    fetch(root, hub)
    assert withdraws(root, hub) == f"{TAG} is withdrawn already: bad; nothing to do\n{KNOWN}"


def test_a_version_is_withdrawn_once_and_the_first_reason_stays(root: Path, hub: Hub) -> None:
    teams.release(root, hub)
    other = shutil.copytree(root, root.with_name("other"))
    withdraws(root, hub)
    writes = len(hub.calls.writes)
    assert withdraws(other, hub, "another") == f"{TAG} is withdrawn already: bad; nothing to do\n{KNOWN}"
    assert len(hub.calls.writes) == writes
    assert fails(other, hub, promote, "digits", "staging") == REFUSED


def test_a_version_that_was_withdrawn_in_a_folder_is_withdrawn_on_github_too(root: Path, hub: Hub) -> None:
    teams.release(root, hub)
    succeeds(root, hub, withdraw, "digits", "1.0.0", "--reason", "here", "--releases", "releases")
    assert withdraws(root, hub) == WITHDRAWN + KNOWN
    (release,) = hub.repository.releases.values()
    assert "is withdrawn**: bad" in release.body


def test_what_was_never_published_can_not_be_withdrawn(root: Path, hub: Hub) -> None:
    assert fails(root, hub, withdraw, "digits", "1.0.0", "--reason", "bad") == (
        "digits 1.0.0: is no release; released: none\n1 problem\n"
    )
    teams.release(root, hub)
    hub.repository.releases.clear()
    said = fails(root, hub, withdraw, "digits", "1.0.0", "--reason", "bad")
    assert said == f"{TAG}: is not in {hub.server_url}/octo/models; publish it first\n1 problem\n"
    assert f"refs/tags/{TAG}!" not in hub.repository.git.refs()


@pytest.mark.parametrize("words", [("digits", "one"), ("../digits", "1.0.0")])
def test_what_is_no_version_of_a_model_is_asked_of_nobody(root: Path, hub: Hub, words: tuple[str, str]) -> None:
    said = fails(root, hub, withdraw, *words, "--reason", "bad")
    assert said == f"{' '.join(words)}: is no release; released: none\n1 problem\n"
    assert not hub.calls.counted
