"""Where a repository's pages are: addresses for people. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import quote

REPOSITORY = re.compile(r"(?!\.+/)[\w.-]+/(?!\.+\Z)[\w.-]+", re.ASCII)
ADDRESS = re.compile(r"https?://([\w.-]+|\[[\dA-Fa-f:.]+\])(:\d{1,5})?(/[\w./-]*)?", re.ASCII)


@dataclass(frozen=True)
class Site:
    """A repository on a GitHub server: `https://github.com`, `https://api.github.com`, `owner/name`."""

    server: str
    api: str
    repository: str

    def __post_init__(self) -> None:
        is_one = REPOSITORY.fullmatch(self.repository) and ADDRESS.fullmatch(self.server)
        if not is_one or not ADDRESS.fullmatch(self.api):
            raise ValueError(f"{self.server}/{self.repository} is no repository's address")

    @property
    def address(self) -> str:
        """The repository's front page."""
        return f"{self.server.rstrip('/')}/{self.repository}"

    @property
    def graphql(self) -> str:
        """The address that takes queries: an Enterprise Server has it beside `/api/v3`."""
        return f"{self.api.rstrip('/').removesuffix('/v3')}/graphql"

    @property
    def slug(self) -> str:
        """The repository as `gh --repo` takes it: with its host where that is not github.com."""
        host = re.sub(r"^https?://", "", self.server).rstrip("/")
        return self.repository if host == "github.com" else f"{host}/{self.repository}"

    def commit(self, sha: str) -> str:
        """Return the address of a commit."""
        return f"{self.address}/commit/{quote(sha)}"

    def pull(self, number: int) -> str:
        """Return the address of a pull request."""
        return f"{self.address}/pull/{number}"

    def release(self, tag: str) -> str:
        """Return the address of a release."""
        return f"{self.address}/releases/tag/{quote(tag, safe='@')}"

    def release_api(self, tag: str) -> str:
        """Return the address of a release in the API."""
        return f"{self.api.rstrip('/')}/repos/{self.repository}/releases/tags/{quote(tag, safe='@')}"
