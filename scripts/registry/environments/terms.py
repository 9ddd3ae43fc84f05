"""An environment and its pins as values, with what it asks of a version on its way: how long, how well, by whose leave."""

import os
import re
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from registry.formats.reader import Document
from registry.specs import runners

MODEL = "{model}"  # stands in an endpoint for the model's name
RELEASES = "releases"  # what an environment takes from that takes any released version
LOCAL = re.compile(r"https?://(localhost|127\.[0-9.]+|0\.0\.0\.0|\[::1?\])(:|/|$)", re.IGNORECASE)
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
WITHIN, ERRORS, DISAGREEMENT = "2m", "1%", "2%"


@dataclass(frozen=True)
class Limits:
    """The most that may fail (a share), that 99 of 100 requests may take (milliseconds), that may differ (a share)."""

    errors: float | None = None
    p99_ms: float | None = None
    disagreement: float | None = None


@dataclass(frozen=True)
class Health:
    """Within how many seconds a version must answer, for how many it is watched then, and where figures are read."""

    within: int
    watch: int
    limits: Limits
    metrics: str | None


@dataclass(frozen=True)
class Rollout:
    """On which share of the requests a version is tried, for how many seconds; on none it answers copies of all."""

    share: float
    seconds: int
    limits: Limits


@dataclass(frozen=True)
class Approvals:
    """How many people must approve a promotion, and which may: names and @org/teams, all where there are none."""

    count: int
    people: tuple[str, ...]


def seconds(text: str) -> int:
    """Return how many seconds 90s, 30m, 24h or 7d are."""
    return int(text[:-1]) * UNITS[text[-1]]


def option(units: str, advice: str, least: int = 0) -> Callable[[str], int]:
    """Return what reads an option that is a time in one of some units, such as 45m, as seconds."""
    pattern = re.compile(rf"[0-9]{{1,5}}[{units}]")

    def read(text: str) -> int:
        if not pattern.fullmatch(text) or seconds(text) < least:
            raise ArgumentTypeError(f"{text} is no time; write {advice}")
        return seconds(text)

    return read


def fraction(text: str) -> float:
    """Return a share such as 2.5% as a number from 0 to 1."""
    return float(text[:-1]) / 100


def health(written: Mapping) -> Health:
    """Return what the section `health` says, its defaults filled in."""
    watch = seconds(written["watch"]) if "watch" in written else 0
    asked = {"errors": ERRORS} | written if watch and "p99_ms" not in written else written
    return Health(seconds(written.get("within", WITHIN)), watch, limits(asked), written.get("metrics"))


def rollout(written: Mapping) -> Rollout:
    """Return what the section `rollout` says, its defaults filled in."""
    is_shadow = bool(written.get("shadow"))
    usual = {"disagreement": DISAGREEMENT} if is_shadow else {"errors": ERRORS}
    share = 0.0 if is_shadow else fraction(written["canary"])
    return Rollout(share, seconds(written["for"]), limits(written.get("abort", usual)))


def limits(written: Mapping) -> Limits:
    """Return the limits in a section."""
    shares = (fraction(written[name]) if name in written else None for name in ("errors", "disagreement"))
    errors, disagreement = shares
    return Limits(errors, written.get("p99_ms"), disagreement)


def approvals(written: Mapping) -> Approvals:
    """Return what the section `approvals` says."""
    return Approvals(written["count"], tuple(written.get("from", ())))


@dataclass(frozen=True)
class Pin:
    """The version of a model that an environment runs, the SHA-256 of its artifact, and why it moved in a freeze."""

    model: str
    version: str
    sha256: str
    document: Document = field(compare=False, repr=False)
    override: str = field(default="", compare=False)


@dataclass(frozen=True)
class Environment:
    """What an environment is, the folder that is its target, where it is one, and what it pins (model -> pin)."""

    name: str
    document: Document
    path: Path | None
    pins: dict[str, Pin]

    @property
    def kind(self) -> str:
        """The kind of its target."""
        return self.target["type"]

    @property
    def target(self) -> dict:
        """What its document says of the target."""
        return self.document.data["target"]

    @property
    def place(self) -> str:
        """What people call its target: a folder, a namespace of a cluster, or the command that asks it."""
        if self.path is not None:
            return str(self.path)
        if self.kind == "kubernetes":
            return f"the namespace {self.target['namespace']} of {self.target.get('context', 'the cluster')}"
        return f"what {' '.join(self.target['observe'])} tells of"

    @property
    def takes_from(self) -> str:
        """The environment where a version must run first, or `releases`."""
        return self.document.data["takes_from"]

    @property
    def is_automatic(self) -> bool:
        """Whether a workflow merges promotions, where the repository's rules allow it."""
        return self.document.data.get("promote") == "automatic"

    @property
    def soak(self) -> int:
        """How many seconds a version must have been pinned in `takes_from` first."""
        return seconds(self.document.data.get("soak", "0m"))

    @property
    def health(self) -> Health:
        """When a version does well there."""
        return health(self.document.data.get("health", {}))

    @property
    def rollout(self) -> Rollout | None:
        """How a new version gets its traffic; None where it gets all of it at once."""
        written = self.document.data.get("rollout")
        return rollout(written) if written else None

    @property
    def freeze(self) -> list[dict]:
        """The windows in which no version goes forward, as they are written."""
        return self.document.data.get("freeze", [])

    @property
    def approvals(self) -> Approvals | None:
        """Who must approve a promotion; None where nobody is asked for."""
        written = self.document.data.get("approvals")
        return approvals(written) if written else None

    @property
    def images(self) -> str | None:
        """Where its versions lie as OCI images: a registry and a path, without the model's name."""
        return self.document.data.get("images")

    @property
    def modelcar_base(self) -> str | None:
        """The image with a shell, by its digest, on which its images stand that KServe runs beside a server; or None."""
        return self.document.data.get("modelcar_base")

    @property
    def heals(self) -> bool:
        """Whether a deploy puts right what differs from what it deployed, and does not only say so."""
        return self.document.data.get("drift", "heal") == "heal"

    @property
    def requires_signatures(self) -> bool:
        """Whether the agent follows only commits whose signature Git verifies."""
        return self.document.data.get("require_signed_commits", False)

    @property
    def runs_on(self) -> str | list[str]:
        """The runner where deploy runs: a hosted runner's label, or all labels of one of the team's own."""
        return self.document.data.get("runs_on", runners.DEFAULT)

    @property
    def url(self) -> str:
        """The page that is linked at each deployment, or nothing: what is served on localhost nobody else can open."""
        endpoint = self.target.get("endpoint", "")
        is_for_all = not LOCAL.match(endpoint) and MODEL not in endpoint
        return self.document.data.get("url") or (endpoint if is_for_all else "")

    @property
    def verb(self) -> str:
        """The tox environment that deploys to it: a cluster is spoken to by packages of its own."""
        return "deploy-kubernetes" if self.kind == "kubernetes" else "deploy"

    @property
    def is_elsewhere(self) -> bool:
        """Whether its target is on another machine: it is not here, and no deploy from this clone alone would make it.

        A relative path on a hosted runner is a folder of this clone: where that is missing, nothing was deployed.
        """
        if self.path is None:
            return True
        is_ours = isinstance(self.runs_on, str) and not os.path.isabs(self.target["path"])
        return not is_ours and not os.path.lexists(self.path)
