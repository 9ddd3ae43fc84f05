"""What appears in many answers: users, repositories, and the marks on commits."""

import zlib

from hub.messages import Request
from hub.state import Repository
from hub.tokens import BOT

KNOWN = {BOT: 41898282, "web-flow": 19864447}


def user(ask: Request, login: str) -> dict:
    """Return a simple-user."""
    number = KNOWN.get(login) or zlib.crc32(login.encode())
    kind = "Bot" if login.endswith("[bot]") else "User"
    return {
        "login": login,
        "id": number,
        "type": kind,
        "url": f"{ask.api}/users/{login}",
        "html_url": f"{ask.base}/{login}",
    }


def email(login: str) -> str:
    """Return the address under which GitHub commits for a user."""
    return f"{KNOWN.get(login) or zlib.crc32(login.encode())}+{login}@users.noreply.github.com"


def repository(ask: Request, one: Repository) -> dict:
    """Return what every form of a repository in an answer has."""
    return {
        "id": one.id, "name": one.name, "full_name": one.full_name, "owner": user(ask, one.owner),
        "private": one.private, "fork": one.parent is not None, "url": f"{ask.api}/repos/{one.full_name}",
        "html_url": f"{ask.base}/{one.full_name}",
    }  # fmt: skip


def verification(one: Repository, sha: str) -> dict:
    """Return whether GitHub signed a commit: those that bots make through the API, and merges."""
    if sha in one.verified:
        return {"verified": True, "reason": "valid", "signature": "-----BEGIN PGP SIGNATURE-----", "payload": "tree",
                "verified_at": "2026-01-01T00:00:00Z"}  # fmt: skip
    return {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}
