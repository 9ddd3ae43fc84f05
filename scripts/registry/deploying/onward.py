"""Versions that are tried, brought further by what servers count of them, look by look."""

import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from registry import versions
from registry.destinations import health
from registry.destinations.interface import Target
from registry.destinations.probing import Endpoint
from registry.environments.manifests import Environment
from registry.environments.reconcile import Running, Trial
from registry.environments.terms import MODEL
from registry.errors import RegistryError
from registry.releases import ledger
from registry.releases.ledger import Releases
from registry.watching import decision, metering, remembered, uptime
from registry.watching.decision import Step
from registry.watching.metering import Page
from registry.watching.remembered import Count, Remembered
from registry.watching.tally import Tally

MISSES = 3

Pages = dict[str, tuple[Page | None, str]]


class Watch:
    """What was counted of versions in an environment while they were tried.

    It lies in a file beside what is deployed, or where relative targets would lie, so that who looks next knows it, too.
    """

    def __init__(self, root: Path, environment: Environment) -> None:
        self._environment = environment
        self._file = remembered.place(root, environment)
        self._kept = remembered.read(self._file)

    def begin(self, model: str, version: str) -> None:
        """Begin to count, as what is known of other versions of the model is of no use any more."""
        page, place = self._page(model, {})[0], (model, version)
        others = {known: count for known, count in self._kept.counts.items() if known[0] != model}
        begun = Count(0.0, uptime.now(), Tally(page.figures(model, version)) if page else None)
        self._keep(self._kept._replace(counts=others | {place: begun}))

    def step(self, model: str, running: Running, pages: Pages) -> Step:
        """Look once more at a version that is tried; return what follows. `pages` are those that were read for this look.

        A page that can't be read just now tells nothing yet; only MISSES in a row are taken for nothing that can be told.
        """
        environment, trial, (page, why) = self._environment, running.trial, self._page(model, pages)
        count = self._look(model, trial, page)
        if not page and count.misses < MISSES and self._is_told():
            return Step(decision.WAIT, f"{trial}, and its figures can't be read just now{why}")
        settled = page.figures(model, running.version) if page and running.version else None
        found = count.tally.total if page else None
        step = decision.decide(trial, count.spent, environment.rollout, environment.health, found, settled)
        return replace(step, told=f"{step.told}{why}")

    def keep_only(self, models: Collection[str]) -> None:
        """Keep what these looks came to of the models of which a version is still tried, and forget all others.

        Who is killed before has counted nothing twice: the next look counts from the last that was kept.
        """
        counts = {place: count for place, count in self._kept.counts.items() if place[0] in models}
        if counts or self._kept.counts:
            self._keep(self._kept._replace(counts=counts))

    def settle(self, model: str, version: str, told: str) -> None:
        """Keep by which figures a version became the settled one, where any were asked for."""
        if self._environment.rollout or self._environment.health.watch:
            self._keep(self._kept._replace(settled={**self._kept.settled, model: (version, told)}))

    @property
    def lasts(self) -> bool:
        """Whether a version that answers all requests is watched for a while."""
        return self._environment.health.watch > 0

    def failure(self, model: str, running: Running) -> str:
        """Return why a server has let a version go that is tried, "" where it has not, or that can't be told."""
        if self._environment.path is None or "endpoint" not in self._environment.target:
            return ""
        try:
            states = Endpoint(self._environment.target["endpoint"]).states(model)
        except RegistryError:
            return ""
        state = states.get(versions.to_integer(running.trial.version), "")
        return f"is {state}" if state.startswith(health.FAILED) else ""

    def _is_told(self) -> bool:
        return "endpoint" in self._environment.target or bool(self._environment.health.metrics)

    def _page(self, model: str, pages: Pages) -> tuple[Page | None, str]:
        """Return the page with a model's figures, or why it can't be read, as the end of a sentence: read once for all."""
        if not self._is_told():
            return None, ""
        place = metering.address(self._environment).replace(MODEL, model)
        if place not in pages:
            pages[place] = _read(place)
        return pages[place]

    def _look(self, model: str, trial: Trial, page: Page | None) -> Count:
        place = model, trial.version
        before = self._kept.counts.get(place) or self._unseen(trial)
        found = before.looked(uptime.now(), page.figures(*place) if page else None)
        self._kept = self._kept._replace(counts={**self._kept.counts, place: found})
        return found

    def _unseen(self, trial: Trial) -> Count:
        """Return what is known of a trial of which nothing is kept.

        How long it lasts only a clock tells that anybody may put forward: so no longer than it is to last, when it ends by
        figures, and never for want of any.
        """
        seconds, _ = decision.terms(trial, self._environment.rollout, self._environment.health)
        return Count(min(max(0.0, time.time() - trial.since), seconds), uptime.now())

    def _keep(self, kept: Remembered) -> None:
        self._kept = kept
        remembered.write(self._file, kept)


def _read(place: str) -> tuple[Page | None, str]:
    try:
        return Page(place, Endpoint(place).text("")), ""
    except RegistryError as error:
        return None, "".join(f"; {one}" for one in error.problems)


def go_on(
    watch: Watch, target: Target, actual: Mapping[str, Running], pins: Mapping[str, str], known: Releases
) -> dict[str, Step]:
    """Bring what is tried, and is what is pinned (model -> digest), a step further; return what was done of each.

    What aborts is put back here, for the caller to hold. What nobody watches is settled without a word: who brought it
    was killed before.
    """
    found, pages = {}, {}
    for model, running in actual.items():
        if not running.trial or not running.healthy or pins.get(model) != running.trial.sha256:
            continue
        if running.trial.share == 1 and not watch.lasts:
            target.settle(model)
        else:
            told = _withdrawal(known, model, running.trial.version) or watch.failure(model, running)
            found[model] = step = Step(decision.ABORT, told) if told else watch.step(model, running, pages)
            _take(target, model, step)
            if step.does == decision.WIDEN:
                watch.begin(model, running.trial.version)
            elif step.does == decision.SETTLE:
                watch.settle(model, running.trial.version, step.told)
    watch.keep_only({model for model, step in found.items() if step.does in (decision.WAIT, decision.WIDEN)})
    return found


def _withdrawal(known: Releases, model: str, version: str) -> str:
    release = ledger.find(known.get(model, []), version)
    is_withdrawn = release is not None and release.withdrawn is not None
    return f"was withdrawn while it was tried: {release.withdrawn}" if is_withdrawn else ""


def _take(target: Target, model: str, step: Step) -> None:
    match step.does:
        case decision.WIDEN:
            target.widen(model)
        case decision.SETTLE:
            target.settle(model)
        case decision.ABORT:
            target.put_back(model)
