"""Promotions as pull requests, as the job `promote` opens them on a hub."""

from pathlib import Path

import promote
from hub import Hub
from hub.caller import Caller
from talking import succeeds

BRANCH = "promote/staging/digits"
PIN = "environments/staging/digits.yaml"
FIRST = "promote digits@v1.0.0 to staging"


def workflow(hub: Hub) -> dict[str, str]:
    """The environment of the job `promote`."""
    token = hub.workflow({"actions": "write", "contents": "write", "pull_requests": "write"})
    return {"GITHUB_TOKEN": token, "GITHUB_ACTIONS": "true"}


def proposes(root: Path, hub: Hub, *words: str, **environment: str) -> str:
    return succeeds(root, hub, promote, *words, "--pull-request", **(environment or workflow(hub)))


def the_pull(hub: Hub) -> dict:
    (pull,) = hub.repository.pulls.values()
    return pull


def adds_file(hub: Hub, octo: Caller) -> None:
    octo.write("notes.txt", "mine", BRANCH)
