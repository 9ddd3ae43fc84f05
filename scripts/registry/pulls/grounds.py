"""Why a version may be promoted, as far as Git and GitHub know: what made it, what changed, where it ran before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from registry.commits import revisions
from registry.environments import manifests, promotion
from registry.environments.manifests import Environment
from registry.environments.reconcile import Change
from registry.errors import RegistryError
from registry.github.answers import GitHubError
from registry.github.client import GitHub
from registry.releases import ledger
from registry.releases.ledger import Release, Releases
from registry.specs import fingerprints, models
from registry.specs.fingerprints import Difference

UNTOLD = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)


@dataclass(frozen=True)
class Pull:
    """A merged pull request: its number and title, and who opened it, where that account is still there."""

    number: int
    title: str
    author: str | None


@dataclass(frozen=True)
class Stay:
    """Where a version is pinned that goes on from there: since when, for how many seconds, and what brought it."""

    environment: str
    since: str
    seconds: float
    pull: Pull | None


@dataclass(frozen=True)
class History:
    """What is known of a version; None of what is not.

    `commit` holds what was built. `differences` are those to the version `since`, which it replaces: of the recipe and of
    the thresholds.
    """

    commit: str
    pull: Pull | None
    since: str | None
    differences: Sequence[Difference] | None
    stay: Stay | None


def find(
    root: Path, github: GitHub, known: Releases, release: Release, environment: Environment, change: Change, now: float
) -> History:
    """Return why a release may go to an environment in place of what is pinned there."""
    old = ledger.find(known.get(release.model, []), change.old) if change.old else None
    return History(
        commit=release.commit,
        pull=_pull(github, ledger.brought_by(root, release)),
        since=old and old.tag,
        differences=_differences(root, old, release) if old else None,
        stay=_stay(root, github, release, environment.takes_from, now),
    )


def _pull(github: GitHub, commit: str) -> Pull | None:
    """Return the merged pull request that brought a commit; None also where the token may not see it."""
    try:
        found = next(github.brought(commit), None)
    except GitHubError as error:
        if error.status not in UNTOLD:
            raise
        return None
    return found and Pull(found["number"], found["title"], (found["user"] or {}).get("login"))


def _differences(root: Path, old: Release, new: Release) -> list[Difference] | None:
    """Return how the specs of two releases differ; None where one can't be read any more."""
    try:
        before, after = (models.recipes_at(root, {new.model: one.commit})[new.model] for one in (old, new))
        asked = [models.spec_at(root, one.commit, new.model) for one in (old, new)]
    except RegistryError:
        return None
    thresholds = fingerprints.between(*({"thresholds": one["thresholds"]} for one in asked))
    return [*fingerprints.differences(before, after), *thresholds]


def _stay(root: Path, github: GitHub, release: Release, source: str, now: float) -> Stay | None:
    """Return since when the environment that comes before has pinned a version, where it does."""
    if source == manifests.RELEASES:
        return None
    pin = manifests.find(root, source).pins.get(release.model)
    commit = promotion.arrived(root, source, pin) if pin and pin.version == release.version else None
    if commit is None:
        return None
    since = revisions.arrival(root, commit)
    return Stay(
        source, f"{datetime.fromtimestamp(since, UTC):%-d %B %Y, %H:%M} UTC", now - since, _pull(github, commit)
    )
