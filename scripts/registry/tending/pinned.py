"""What main pins at a commit, and what is known of the releases that it pins."""

from dataclasses import dataclass
from pathlib import Path

from registry.environments import merged
from registry.environments.manifests import Environment
from registry.releases import ledger
from registry.releases.ledger import Others, Releases


@dataclass(frozen=True)
class Known:
    """An environment at a commit, which releases there are, and which tags only look like some."""

    commit: str
    environment: Environment
    releases: Releases
    others: Others


def read(root: Path, commit: str, name: str) -> Known:
    """Return what is known of an environment at a commit; raise RegistryError where that can't be read."""
    return Known(commit, merged.find(root, commit, name), *ledger.survey(root))
