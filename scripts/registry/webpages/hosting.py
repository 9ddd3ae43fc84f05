"""The catalogue on GitHub Pages: an artifact of this run handed over, and waited for until it is seen."""

import os
import time
from urllib.parse import parse_qsl, urlsplit

from registry.errors import refuse
from registry.github import answers
from registry.github.answers import GitHubError
from registry.github.client import GitHub

ASKED, SECRET = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
PATIENCE, PAUSE = 600, 5  # seconds: until it is given up, and between two questions
DONE = "succeed"
AGAIN = "run this job again"
# what it ends with besides -> what to do; the last one is known to GitHub's action deploy-pages, not to its description
FAILED = {
    "deployment_cancelled": AGAIN, "deployment_failed": AGAIN, "deployment_lost": AGAIN,
    "deployment_content_failed": "an artifact may hold no links, and 10 GB at most",
    "deployment_perms_error": "everybody may have to read what the artifact holds",
}  # fmt: skip
OFF = "Settings → Pages → Build and deployment → Source: GitHub Actions"


def publish(github: GitHub, artifact: int, commit: str) -> str:
    """Put the files of an artifact on the repository's pages, as those of a commit; return their address.

    Raises RegistryError where the job may not, pages are off, or GitHub could not do it.
    """
    body = {"artifact_id": artifact, "pages_build_version": commit, "oidc_token": _identity(github.repository)}
    try:
        made = github.post("pages/deployments", body)
    except GitHubError as error:
        if answers.is_absence(error):
            raise refuse("GitHub Pages", f"are off; turn them on: {OFF}") from error
        raise
    _await(github, made["id"] or commit)
    return made["page_url"]


def _await(github: GitHub, number: int | str) -> None:
    ends = time.monotonic() + PATIENCE
    while (state := (github.find(f"pages/deployments/{number}") or {}).get("status")) != DONE:
        if state in FAILED:
            raise refuse("GitHub Pages", f"{state.replace('_', ' ')}; {FAILED[state]}")
        if time.monotonic() > ends:
            github.post(f"pages/deployments/{number}/cancel", {})
            raise refuse("GitHub Pages", f"took longer than {PATIENCE} seconds, and were told to stop; {AGAIN}")
        time.sleep(PAUSE)


def _identity(repository: str) -> str:
    """Return the token by which GitHub knows which run of which workflow asks."""
    address, secret = os.environ.get(ASKED), os.environ.get(SECRET)
    if not (address and secret):
        raise refuse(ASKED, "is not set; run this in a job of a workflow that has the permission `id-token: write`")
    parts = urlsplit(address)
    server = GitHub(f"{parts.scheme}://{parts.netloc}", repository, secret)
    return server.get(parts.path, **dict(parse_qsl(parts.query)))["value"]
