"""What is known beside Git, as far as somebody was asked. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from registry.answering.reviews import Merged
from registry.environments import standing
from registry.environments.deployments import Deployed
from registry.environments.standing import Lane, Mark, Standing


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

    def marked(self, environment: str, *marks: Mark) -> list[tuple[str, str]]:
        """Return the models that have one of these marks where they run, each with what is pinned and runs in words."""
        if environment not in self.running:
            return []
        found = (one for one in self.standings.values() if one.environment == environment and {*marks} & {*one.marks})
        return [(one.model, _told(one)) for one in found]


def _told(one: Standing) -> str:
    text = standing.cell(one, lambda _, version: version, "")
    return f"{text}: {one.hold.why}" if one.hold else text
