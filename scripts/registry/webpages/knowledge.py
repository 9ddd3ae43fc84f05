"""What is known beside Git, as far as somebody was asked. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from registry.answering.reviews import Merged
from registry.environments import standing
from registry.environments.deployments import Deployed
from registry.environments.standing import Lane, Standing


class Opened(NamedTuple):
    """A pull request that is open and pins a model in an environment."""

    number: int
    environment: str
    model: str
    title: str


@dataclass(frozen=True)
class Known:
    """What is known beside Git.

    `how` says of what a release's files tell, and `hidden` of what only GitHub does, why it is not known. `people` are the
    pull requests that brought releases, by their tag, and `movers` those that brought pins, by their commit of main, None
    of what none brought; `deployed` are the newest deployments by environment. All are None where GitHub was not asked.
    `standings` tell what is pinned, runs and soaks, and `running` of which environments it is known what they run.
    """

    how: str
    hidden: str
    people: Mapping[str, Merged | None] | None = None
    movers: Mapping[str, Merged | None] | None = None
    deployed: Mapping[str, Deployed | None] | None = None
    opened: Sequence[Opened] = ()
    standings: Mapping[Lane, Standing] = field(default_factory=dict)
    running: frozenset[str] = frozenset()

    def drifted(self, environment: str) -> list[tuple[str, str]]:
        """Return the models of which an environment runs something else than it pins, each with both in words."""
        found = (one for one in self.standings.values() if one.environment == environment and "drift" in one.marks)
        told = [(one.model, standing.cell(one, lambda _, version: version, "")) for one in found]
        return told if environment in self.running else []
