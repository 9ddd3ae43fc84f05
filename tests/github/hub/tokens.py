"""Who asks, and what they may do."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from hub.messages import Refusal, Request, missing
from hub.routes import Route

LEVELS = {"read": 1, "write": 2, "admin": 3}
BOT = "github-actions[bot]"


@dataclass(frozen=True)
class Token:
    """A token. `permissions` None means all of them; `kind` is user, app or workflow (GITHUB_TOKEN)."""

    secret: str
    login: str
    permissions: Mapping[str, str] | None = None
    kind: str = "user"
    repositories: frozenset[str] | None = None

    @property
    def is_bot(self) -> bool:
        return self.kind != "user"

    def may(self, need: str) -> bool:
        """Say whether one of the permissions is granted: `issues:write pull_requests:write`."""
        if self.permissions is None or not need:
            return True
        return any(self._has(*one.split(":")) for one in need.split())

    def sees(self, name: str) -> bool:
        """Say whether a private repository exists for this token."""
        return self.repositories is None or name in self.repositories

    def _has(self, area: str, level: str) -> bool:
        granted = "read" if area == "metadata" else self.permissions.get(area)
        return LEVELS.get(granted, 0) >= LEVELS[level]


def secret(authorization: str) -> str:
    """Return the secret in an Authorization header: Bearer, token, or Basic as Git sends it."""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "basic":
        return base64.b64decode(rest).decode().partition(":")[2]
    return rest.strip()


def admit(ask: Request, route: Route) -> None:
    """Refuse who may not do this, as GitHub does."""
    repository, token = ask.repository, ask.token
    if repository and repository.private and not (token and token.sees(repository.full_name)):
        raise missing()
    if token is None:
        if ask.method != "GET" or route.closed:
            raise Refusal(401, "Requires authentication")
        return
    public = ask.method == "GET" and not route.closed and repository and not repository.private
    if not public and not token.may(route.need):
        kind = "integration" if token.is_bot else "personal access token"
        accepted = {"X-Accepted-GitHub-Permissions": "; ".join(one.replace(":", "=") for one in route.need.split())}
        raise Refusal(403, f"Resource not accessible by {kind}", headers=accepted)
