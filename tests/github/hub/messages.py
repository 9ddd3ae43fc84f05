"""What goes through the hub: a request, its answer, and an answer that says no."""

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.service import Hub
    from hub.state import Repository
    from hub.tokens import Token


@dataclass
class Request:
    """A request as it arrived; `repository` and `token` are known once it was routed."""

    host: str  # api, uploads, storage, web or git
    method: str
    path: str  # as sent, without the prefix of an Enterprise server
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: bytes
    base: str  # http://127.0.0.1:1234, by which the client knows this server
    prefix: str = ""  # /api/v3 on an Enterprise server
    hub: "Hub" = None
    repository: "Repository" = None
    token: "Token | None" = None

    @property
    def json(self) -> dict:
        """The body; an empty one where there is none."""
        return json.loads(self.body) if self.body else {}

    @property
    def login(self) -> str:
        return self.token.login if self.token else "anonymous"

    @property
    def api(self) -> str:
        """The address of the API, in the shape that the client uses."""
        return self.base + self.prefix

    @property
    def here(self) -> str:
        """The address of the repository in the API."""
        return f"{self.api}/repos/{self.repository.full_name}"

    @property
    def web(self) -> str:
        """The address of the repository for people."""
        return f"{self.base}/{self.repository.full_name}"


@dataclass
class Answer:
    """An answer: facts become JSON, filled up to what GitHub's description requires; bytes go as they are."""

    status: int = 200
    facts: object = None
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """An answer that says no, in GitHub's words."""

    def __init__(self, status: int, message: str, *errors: dict, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.headers = headers or {}
        self.facts: dict = {
            "message": message,
            "documentation_url": "https://docs.github.com/rest",
            "status": str(status),
        }
        if errors:
            self.facts["errors"] = list(errors)


def missing() -> Refusal:
    """GitHub's answer for what is not there, or not for these eyes."""
    return Refusal(404, "Not Found")


def invalid(resource: str, code: str, field: str | None = None, message: str | None = None) -> Refusal:
    """GitHub's answer to a request that is well formed and can't be."""
    error = {"resource": resource, "code": code, "field": field, "message": message}
    return Refusal(422, "Validation Failed", {key: value for key, value in error.items() if value is not None})
