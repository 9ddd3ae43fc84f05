"""The catalogue on GitHub Pages: handed over by the number of an artifact and the job's identity, and waited for."""

from collections.abc import Iterator
from pathlib import Path

import host
import loopback
import pytest
import talking
from doctoring import succeeds
from hub import Hub
from loopback import Call

from registry.webpages import hosting

SHA = "a1b2c3d4e5" * 4


@pytest.fixture
def identity() -> Iterator[dict[str, str]]:
    """What a runner tells a job that may ask who it is."""

    def answer(call: Call) -> None:
        is_right = (call.asked.path, call.asked.headers["Authorization"]) == ("/token?api-version=2.0", "Bearer runner")
        call.reply(200, {"value": "identity"}) if is_right else call.reply(401, {"message": "no"})

    with loopback.answering(answer) as server:
        yield {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{server.url()}/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "runner", "GITHUB_SHA": SHA,
        }  # fmt: skip


def hosted(root: Path, hub: Hub, environment: dict[str, str], *words: str, patience: float = 60) -> tuple[int, str]:
    def hurry() -> None:
        hosting.PAUSE, hosting.PATIENCE = 0.01, patience

    return talking.run(root, hub, host, *words, first=hurry, **environment)


def uploaded(hub: Hub) -> str:
    run = hub.add_run(".github/workflows/release.yml", "push", hub.repository.git.resolve("refs/heads/main"))
    return str(hub.add_artifact(run, "github-pages", {"artifact.tar": b"pages"})["id"])


def test_an_artifact_is_published_and_waited_for(root: Path, hub: Hub, identity: dict[str, str]) -> None:
    hub.repository.site = {
        "states": [None, "deployment_in_progress", "syncing_files", "deployment_attempt_error", "succeed"]
    }
    number = uploaded(hub)
    code, said = hosted(root, hub, identity, "--artifact", number)
    assert (code, said) == (0, "the catalogue is at https://octo.github.io/models/\n")
    assert hub.repository.site["deployments"] == {SHA: int(number)}


@pytest.mark.parametrize(("site", "told"), [
    (None, "GitHub Pages: are off; turn them on: Settings → Pages → Build and deployment → Source: GitHub Actions"),
    (["deployment_content_failed"], "GitHub Pages: deployment content failed; an artifact may hold no links, and 10 GB at most"),
    (["updating_pages"], "GitHub Pages: took longer than 0.05 seconds, and were told to stop; run this job again"),
])  # fmt: skip
def test_what_could_not_be_published_is_told(
    root: Path, hub: Hub, identity: dict[str, str], site: list[str] | None, told: str
) -> None:
    hub.repository.site = site and {"states": site}
    code, said = hosted(root, hub, identity, "--artifact", uploaded(hub), patience=0.05)
    assert code == 1 and said.startswith(told), said
    assert site is None or hub.repository.site["states"][0] in hosting.FAILED


@pytest.mark.parametrize(("name", "value", "words", "told"), [
    ("ACTIONS_ID_TOKEN_REQUEST_URL", "", ["--artifact", "1"], "ACTIONS_ID_TOKEN_REQUEST_URL: is not set; run this in a job"),
    ("GITHUB_SHA", "", ["--artifact", "1"], "GITHUB_SHA: is not set; run this in a job of a workflow"),
    ("X", "", ["--artifact", "one"], "--artifact: one is no number; write that of an artifact of this run"),
])  # fmt: skip
def test_outside_of_such_a_job_it_says_so(
    root: Path, hub: Hub, identity: dict[str, str], name: str, value: str, words: list[str], told: str
) -> None:
    code, said = hosted(root, hub, identity | {name: value}, *words)
    assert code == 1 and said.startswith(told), said


@pytest.mark.parametrize(("site", "told"), [
    (None, "GitHub Pages: are off; below Enterprise Cloud they would show everybody what only readers of this"),
    ({"public": True}, "GitHub Pages: show everybody on the internet what else only readers of this repository see: "),
    ({"public": False}, "GitHub Pages: show whoever may read this repository what they see anyway: models, owners, "),
])  # fmt: skip
def test_doctor_says_who_sees_what_of_a_private_repository(root: Path, hub: Hub, site: dict | None, told: str) -> None:
    hub.repository.private, hub.repository.site = True, site
    assert told in succeeds(root, hub)
    hub.repository.private = False
    assert "GitHub Pages" not in succeeds(root, hub)
