"""Promotions as pull requests: which pins are due, what a person reads before merging one, and how it is opened."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from registry import git
from registry.commits import revisions
from registry.environments import freezing, manifests, promotion
from registry.environments.freezing import Freeze
from registry.environments.manifests import Environment
from registry.environments.reconcile import Change
from registry.github import access
from registry.github.client import GitHub
from registry.judging import released
from registry.pulls import effects, grounds, opening, proposals
from registry.pulls.opening import Opened, Proposal
from registry.releases import ledger
from registry.releases.ledger import Release, Releases
from registry.releases.storage import Store
from registry.specs import models

DEPLOY = "deploy.yml"


@dataclass(frozen=True)
class Promotion:
    """A release that is to be pinned in an environment, and why although that is frozen."""

    environment: Environment
    release: Release
    override: str = ""

    @property
    def old(self) -> str | None:
        """The version that is pinned now."""
        pin = self.environment.pins.get(self.release.model)
        return pin.version if pin else None

    @property
    def freeze(self) -> Freeze | None:
        """The freeze that its environment is in."""
        return freezing.find(self.environment.freeze, time.time())

    @property
    def change(self) -> Change:
        """What merging it changes."""
        kind = "add" if self.old is None else "change"
        return Change(kind, self.release.model, self.old, self.release.version)

    @property
    def is_made(self) -> bool:
        """Whether this very pin stands there already."""
        pin = self.environment.pins.get(self.release.model)
        return pin is not None and (pin.version, pin.sha256) == (self.release.version, self.release.sha256)


def due(root: Path, places: Mapping[str, Environment], known: Releases) -> Iterator[Promotion]:
    """Yield the newest release of each model for each environment that takes from releases.

    A version that was pinned there before is none: somebody rolled it back.
    """
    for environment in manifests.first(places):
        for model in models.names(root):
            newest = ledger.newest(known.get(model, []))
            pin = environment.pins.get(model)
            if newest is None or (pin and pin.version == newest.version):
                continue
            if newest.version not in promotion.pinned_before(root, environment.name, model):
                yield Promotion(environment, newest)


def propose(
    root: Path, github: GitHub, store: Store, known: Releases, wanted: Promotion, *, is_asked_for: bool
) -> Opened:
    """Open the pull request of a promotion, or bring it up to date; merge it where the environment says so."""
    release, environment = wanted.release, wanted.environment
    place = manifests.pin_place(environment.name, release.model)
    reason = store.withdrawn(release.model, release.version)
    promotion.check_withdrawal(release._replace(withdrawn=reason), place)
    notes = promotion.notes(environment, {release.model: wanted.override})
    facts = partial(released.facts, root, store, known)
    plan = effects.plan(environment.name, [wanted.change], facts, known, notes=notes)
    past = grounds.find(root, github, known, release, environment, wanted.change, time.time())
    proposal = Proposal(
        branch=f"promote/{environment.name}/{release.model}",
        title=proposals.title(plan),
        body=proposals.body(plan, past, site=github.site, waits=github.is_workflow),
        files={place: manifests.pin_text(release.version, release.sha256, wanted.override)},
        before={place: git.objects(root, [f"HEAD:{place}"])[0]},
        is_asked_for=is_asked_for,
        askers=access.actors() if is_asked_for else (),
    )
    opened = opening.propose(github, proposal)
    return _merge(github, opened) if environment.is_automatic and opened.is_open else opened


def _merge(github: GitHub, opened: Opened) -> Opened:
    if refused := opening.merge(github, opened):
        return replace(opened, done=f"{opened.done}, not merged: {refused}")
    start_deploy(github)
    return replace(opened, done=f"{opened.done} and merged, deploy started", is_open=False, is_merged=True)


def is_overdue(root: Path, github: GitHub, places: Mapping[str, Environment]) -> bool:
    """Say whether pins that a workflow merges changed since deploy ran last: a run may end before it starts it."""
    folders = [f"{manifests.FOLDER}/{name}/" for name, place in places.items() if place.is_automatic]
    changes = list(filter(None, (revisions.last_change(root, folder) for folder in folders)))
    if not changes:
        return False
    listed = github.get(f"actions/workflows/{DEPLOY}/runs", branch=github.default_branch, per_page=1)["workflow_runs"]
    return not all(any(_has(root, one, run["head_sha"]) for run in listed) for one in changes)


def _has(root: Path, commit: str, head: str) -> bool:
    """A head that this clone doesn't know yet is newer than it."""
    return git.resolve(root, head) is None or git.is_ancestor(root, commit, head)


def start_deploy(github: GitHub) -> None:
    """GitHub starts no workflow for what a workflow's token merges, so deploy is started by hand."""
    github.create(f"actions/workflows/{DEPLOY}/dispatches", {"ref": github.default_branch}, lambda: None)
