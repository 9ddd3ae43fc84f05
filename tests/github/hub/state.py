"""What a repository holds besides Git: settings, and the things that the API makes."""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hub.git import Git


def now() -> str:
    """Return the time as GitHub writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@dataclass
class Asset:
    """An asset as the hub keeps it; `starter` is what a broken upload leaves behind."""

    id: int
    name: str
    uploader: str
    path: Path
    label: str | None = None
    content_type: str = "application/octet-stream"
    state: str = "starter"
    size: int = 0
    digest: str | None = None
    downloads: int = 0
    created_at: str = field(default_factory=now)


@dataclass
class Release:
    """A release as the hub keeps it."""

    id: int
    tag_name: str
    author: str
    target_commitish: str
    name: str | None = None
    body: str | None = None
    draft: bool = False
    prerelease: bool = False
    immutable: bool = False
    published_at: str | None = None
    unlisted: int = 0
    created_at: str = field(default_factory=now)
    slug: str = field(default_factory=lambda: f"untagged-{secrets.token_hex(10)}")
    assets: dict[int, Asset] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """What stands for the tag in addresses: a draft has none that could be guessed."""
        return self.slug if self.draft else self.tag_name


@dataclass
class Event:
    """Something that would start workflows; `starts` is yes, no (GITHUB_TOKEN made it) or approval (a bot's PR)."""

    name: str
    action: str = ""
    ref: str = ""
    sha: str = ""
    before: str = ""
    number: int = 0
    login: str = ""
    starts: str = "yes"
    payload: dict = field(default_factory=dict)


@dataclass
class Repository:
    """A repository. Tests may set what they like; the API changes the rest."""

    owner: str
    name: str
    git: Git
    ids: Iterator[int]
    private: bool = False
    parent: "Repository | None" = None
    default_branch: str = "main"
    immutable_releases: bool = False
    free: bool = False  # the owner pays nothing: a private repository has no rules
    permissions: dict = field(
        default_factory=lambda: {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": False}
    )
    actions: dict = field(default_factory=lambda: {"enabled": True, "allowed_actions": "all"})
    selected_actions: dict = field(default_factory=lambda: {"github_owned_allowed": False, "patterns_allowed": []})
    settings: dict = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)  # the names of its own
    organization_secrets: list[str] = field(default_factory=list)
    teams: dict[str, list[str]] = field(default_factory=dict)  # of its owner, which a workflow's token is not told of
    readers: list[str] = field(default_factory=list)  # people who may not write
    releases: dict[int, Release] = field(default_factory=dict)
    latest: int | None = None
    burned: set[str] = field(default_factory=set)
    numbers: int = 0
    issues: dict[int, dict] = field(default_factory=dict)  # pull requests too
    comments: dict[int, dict] = field(default_factory=dict)
    labels: dict[str, dict] = field(default_factory=dict)
    issue_events: list[dict] = field(default_factory=list)
    runs: dict[int, dict] = field(default_factory=dict)
    artifacts: dict[int, dict] = field(default_factory=dict)
    workflows: dict[str, int] = field(default_factory=dict)
    deployments: dict[int, dict] = field(default_factory=dict)
    environments: dict[str, dict] = field(default_factory=dict)
    rulesets: dict[int, dict] = field(default_factory=dict)
    protections: dict[str, dict] = field(default_factory=dict)
    checks: list[dict] = field(default_factory=list)
    statuses: list[dict] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    verified: set[str] = field(default_factory=set)
    site: dict | None = None  # its pages, where they are on

    def __post_init__(self) -> None:
        self.id = next(self.ids)

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def pulls(self) -> dict[int, dict]:
        """The pull requests among the issues."""
        return {number: one for number, one in self.issues.items() if "head" in one}

    @property
    def dispatches(self) -> list[Event]:
        """The workflow and repository dispatches that came in."""
        return [event for event in self.events if event.name.endswith("_dispatch")]

    def check(self, sha: str, name: str, conclusion: str | None = "success", event: str = "pull_request") -> None:
        """Record a check run. Only those of pull requests and merge queues count as required checks."""
        one = {"id": next(self.ids), "name": name, "head_sha": sha, "conclusion": conclusion, "event": event}
        self.checks.append(one | {"status": "completed" if conclusion else "in_progress", "at": now()})
