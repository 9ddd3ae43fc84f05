"""The newest deployment of an environment, as GitHub keeps one for each run of deploy."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.errors import one_line

if TYPE_CHECKING:
    from registry.github.client import GitHub

LONGEST = 500  # characters of an address


@dataclass(frozen=True)
class Deployed:
    """A deployment: how it stands or ended, since when (2026-03-03T14:00:00Z), of which commit, and where its log is."""

    environment: str
    state: str
    time: str
    commit: str
    log: str | None

    @property
    def is_success(self) -> bool:
        """Whether all of it was done."""
        return self.state == "success"

    def __str__(self) -> str:
        log = f", {one_line(self.log, LONGEST)}" if self.log else ""
        return f"deployed last from {self.commit[:12]}: {self.state.replace('_', ' ')}, {self.time}{log}"


def newest(github: "GitHub", environment: str) -> Deployed | None:
    """Return the newest deployment of an environment, or None where there was none."""
    found = next(github.pages("deployments", environment=environment, per_page=1), None)
    if found is None:
        return None
    last = next(github.pages(f"deployments/{found['id']}/statuses", per_page=1), None)
    told = last or {"state": "queued", "created_at": found["created_at"]}
    return Deployed(environment, told["state"], told["created_at"], found["sha"], told.get("log_url") or None)
