"""What would be released: models held against their releases."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from registry import git, versions
from registry.errors import Problem
from registry.releases import ledger
from registry.releases.ledger import Release, Releases
from registry.specs import fingerprints, models
from registry.specs.fingerprints import Difference
from registry.specs.models import Model


@dataclass(frozen=True)
class Change:
    """A model whose fingerprint has no release yet, and why."""

    model: str
    version: str
    fingerprint: str
    since: str | None
    differences: list[Difference]

    @property
    def reason(self) -> str:
        """One line for people."""
        if self.since is None:
            return "has no release yet"
        return f"{', '.join(one.field for one in self.differences)} changed since {self.since}"


def changed(root: Path, known: Releases) -> list[Change]:
    """Return the models whose fingerprint has no release yet.

    A folder that is to the byte what the last release was made of is not even read: Git knows that at a glance.
    """
    same = _untouched(root, known)
    left = [name for name in models.names(root) if name not in same]
    found = models.load(root, left) if left else []
    return [change(root, model, known) for model in found if not is_released(model, known)]


def _untouched(root: Path, known: Releases) -> set[str]:
    """Return the models whose folder is, in the commit and on the disk, the one that their last release was made of."""
    before = git.objects(root, [f"{those[-1].commit}:{models.FOLDER}/{name}" for name, those in known.items()])
    now = git.folders(root, models.FOLDER)
    touched = {path.split("/")[1] for path in git.touched(root, models.FOLDER)}
    return {name for name, tree in zip(known, before, strict=True) if tree and tree == now.get(name)} - touched


def unpublished(found: list[Model], known: Releases) -> list[Model]:
    """Return the models whose version has no release: what a push to main has to publish, however it came about."""
    return [model for model in found if ledger.find(known.get(model.name, []), model.version) is None]


def is_released(model: Model, known: Releases) -> bool:
    """Say whether any release of a model has its fingerprint."""
    return any(release.fingerprint == model.fingerprint for release in known.get(model.name, []))


def change(root: Path, model: Model, known: Releases) -> Change:
    """Return how a model differs from its last release."""
    last = (known.get(model.name) or [None])[-1]
    if last is None:
        return Change(model.name, model.version, model.fingerprint, None, [])
    before = models.recipe_at(root, last.commit, model.name)
    differences = fingerprints.differences(before, model.recipe)
    return Change(model.name, model.version, model.fingerprint, last.tag, differences)


def version_problems(root: Path, found: list[Model], known: Releases) -> Iterator[Problem]:
    """Yield the versions that must rise, and those that go back behind the last release."""
    for model in found:
        last = (known.get(model.name) or [None])[-1]
        if last is None:
            continue
        if model.fingerprint != last.fingerprint:
            yield from _must_rise(root, model, last, known)
        elif versions.parse(model.version) < versions.parse(last.version):
            text = f"{model.version} is behind {last.tag}, which has the same recipe; write {last.version}"
            yield model.document.problem(text, "version")


def _must_rise(root: Path, model: Model, last: Release, known: Releases) -> Iterator[Problem]:
    if versions.parse(model.version) > versions.parse(last.version):
        return
    reason = change(root, model, known).reason
    yield model.document.problem(f"{reason}, so version must rise: {versions.choices(last.version)}", "version")
