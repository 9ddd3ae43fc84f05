"""What would be released: models held against their releases."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from registry import git, versions
from registry.errors import Problem
from registry.releases import ledger
from registry.releases.ledger import Release, Releases
from registry.specs import fingerprints, models
from registry.specs.fingerprints import Difference, Recipe
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
        fields = ", ".join(one.field for one in self.differences)
        return f"{fields or 'how a recipe is counted'} changed since {self.since}"


def changed(root: Path, known: Releases) -> list[Change]:
    """Return the models whose fingerprint has no release yet.

    A folder that is to the byte what the last release was made of is not even read: Git knows that at a glance.
    """
    left = sorted({*models.names(root)} - _untouched(root, known))
    found = models.load(root, left) if left else []
    return compare(root, [model for model in found if not is_released(model, known)], known)


def _untouched(root: Path, known: Releases) -> set[str]:
    """Return the models whose folder is, in the commit and on the disk, the one that their last release was made of."""
    commits = {name: those[-1].commit for name, those in known.items()}
    now = git.folders(root, models.FOLDER)
    alike = _alike(root, {*commits.values()})
    same = {name for name, commit in commits.items() if commit in alike and name in now}
    others = [name for name in now if name in commits and name not in same]
    before = git.objects(root, [f"{commits[name]}:{models.FOLDER}/{name}" for name in others])
    same |= {name for name, tree in zip(others, before, strict=True) if tree == now[name]}
    return same - {path.split("/")[1] for path in git.touched(root, models.FOLDER)}


def _alike(root: Path, commits: set[str]) -> set[str]:
    """Return the commits that hold all models as the one that is checked out: to look at one by one costs a while."""
    names = ["HEAD", *commits]
    now, *trees = git.objects(root, [f"{name}:{models.FOLDER}" for name in names])
    return {commit for commit, tree in zip(names[1:], trees, strict=True) if tree == now}


def unpublished(found: list[Model], known: Releases) -> list[Model]:
    """Return the models whose version has no release: what a push to main has to publish, however it came about."""
    return [model for model in found if ledger.find(known.get(model.name, []), model.version) is None]


def is_released(model: Model, known: Releases) -> bool:
    """Say whether any release of a model has its fingerprint."""
    return any(release.fingerprint == model.fingerprint for release in known.get(model.name, []))


def change(root: Path, model: Model, known: Releases) -> Change:
    """Return how a model differs from its last release."""
    return compare(root, [model], known)[0]


def compare(root: Path, those: list[Model], known: Releases) -> list[Change]:
    """Return how models differ each from its last release; to ask Git for them one by one costs a while."""
    last = {model.name: known[model.name][-1] for model in those if known.get(model.name)}
    before = models.recipes_at(root, {name: release.commit for name, release in last.items()})
    return [_change(model, last.get(model.name), before.get(model.name)) for model in those]


def _change(model: Model, last: Release | None, before: Recipe | None) -> Change:
    differences = fingerprints.differences(before, model.recipe) if before else []
    return Change(model.name, model.version, model.fingerprint, last.tag if last else None, differences)


def waiting(root: Path, found: list[Model], known: Releases) -> Iterator[Problem]:
    """Yield what released versions say otherwise of themselves than when they were released: the next one says it."""
    released = {one.name: ledger.find(known.get(one.name, []), one.version) for one in found}
    if not any(released.values()):
        return
    same = _untouched(root, known)
    for model in found:
        release = released[model.name]
        before = models.words_at(root, release.commit, model.name) if release and model.name not in same else None
        for field in (field for field in models.PROSE if before and model.spec.get(field) != before[field]):
            text = f"is another than {release.tag} has, for which nothing is published; the next version has it"
            yield model.document.problem(text, field)


def version_problems(root: Path, found: list[Model], known: Releases) -> Iterator[Problem]:
    """Yield the versions that must rise, and those that go back behind the last release."""
    for model in found:
        last = (known.get(model.name) or [None])[-1]
        if last is None:
            continue
        if must_rise(model, last):
            reason = change(root, model, known).reason
            yield model.document.problem(f"{reason}, so version must rise: {versions.choices(last.version)}", "version")
        elif model.fingerprint == last.fingerprint and versions.parse(model.version) < versions.parse(last.version):
            text = f"{model.version} is behind {last.tag}, which has the same recipe; write {last.version}"
            yield model.document.problem(text, "version")


def unraised(root: Path, found: list[Model], known: Releases) -> Iterator[Problem]:
    """Yield the versions that can be tried as they are, and not published."""
    for problem in version_problems(root, found, known):
        yield replace(problem, text=f"{problem.text}; till then it can be tried, and not be published")


def must_rise(model: Model, last: Release) -> bool:
    """Say whether a model is another recipe than its last release, and of no higher version."""
    is_higher = versions.parse(model.version) > versions.parse(last.version)
    return model.fingerprint != last.fingerprint and not is_higher
