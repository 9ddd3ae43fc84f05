"""How GitHub is reached, as options and environment say: which repository, at which addresses, with which token."""

import json
import os
import re
from pathlib import Path

from registry.errors import one_line, refuse
from registry.github.sites import ADDRESS, REPOSITORY, Site

TOKEN = re.compile(r"[!-~]*")
ASKER = "Asked-for-by"  # what a commit calls them that started the workflow which made it
ACTOR = re.compile(r"[A-Za-z0-9-]{1,39}")  # a person's name
TOKENS = ("REGISTRY_TOKEN", "GITHUB_TOKEN")  # a person's or an App's comes before a workflow's own


def site(repository: str | None) -> Site:
    """Return the repository that is named, or that GITHUB_REPOSITORY names, on the server of this environment."""
    name = repository or os.environ.get("GITHUB_REPOSITORY", "")
    if not REPOSITORY.fullmatch(name):
        place = "GITHUB_REPOSITORY" if name and not repository else "--repository"
        raise refuse(place, f"{one_line(name) or 'nothing'} is no repository; write owner/name")
    server = _address("GITHUB_SERVER_URL", "https://github.com")
    return Site(server, _address("GITHUB_API_URL", "https://api.github.com"), name)


def token(variable: str) -> str | None:
    """Return the token in an environment variable, None where there is none."""
    found = os.environ.get(variable, "").strip()
    if not TOKEN.fullmatch(found):
        raise refuse(variable, "holds characters that no token has; paste it again")
    return found or None


def first_token() -> str | None:
    """Return the token that GitHub is asked with, None where there is none."""
    return next(filter(None, map(token, TOKENS)), None)


def actors() -> list[str]:
    """Return who started the run of a workflow by hand, and who started it again; nobody on a laptop."""
    if os.environ.get("GITHUB_EVENT_NAME") != "workflow_dispatch":
        return []
    names = (os.environ.get(name, "") for name in ("GITHUB_ACTOR", "GITHUB_TRIGGERING_ACTOR"))
    return [*dict.fromkeys(name for name in names if ACTOR.fullmatch(name))]


def event() -> dict:
    """Return what started the run of a workflow; nothing on a laptop."""
    path = os.environ.get("GITHUB_EVENT_PATH")
    try:
        found = json.loads(Path(path).read_bytes()) if path else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _address(variable: str, usual: str) -> str:
    """The text says nothing of what stands there: it may hold a password."""
    found = os.environ.get(variable) or usual
    if not ADDRESS.fullmatch(found):
        raise refuse(variable, f"is no address of a server; write one such as {usual}")
    return found
