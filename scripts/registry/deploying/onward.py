"""Versions that are tried, brought further by what servers count of them, look by look."""

import time
from collections.abc import Mapping
from pathlib import Path

from registry import versions
from registry.destinations import health
from registry.destinations.interface import Target
from registry.destinations.probing import Endpoint
from registry.environments.manifests import MODEL, Environment
from registry.environments.reconcile import Running
from registry.errors import RegistryError
from registry.releases import ledger
from registry.releases.ledger import Releases
from registry.watching import decision, metering, remembered
from registry.watching.decision import Step
from registry.watching.metering import Page
from registry.watching.remembered import Remembered
from registry.watching.tally import Figures, Tally

MISSES = 3


class Watch:
    """What was counted of versions in an environment while they were tried.

    It lies in a file beside what is deployed, or where relative targets would lie, so that who looks next knows it, too.
    """

    def __init__(self, root: Path, environment: Environment) -> None:
        self._environment = environment
        self._file = remembered.place(root, environment)
        self._kept = remembered.read(self._file)
        self._misses: dict[str, int] = {}

    def begin(self, model: str, version: str) -> None:
        """Begin to count, as what is known of other versions of the model is of no use any more."""
        page = self._page(model)
        others = {place: tally for place, tally in self._kept.tallies.items() if place[0] != model}
        begun = {(model, version): Tally(page.figures(model, version))} if page else {}
        self._keep(self._kept._replace(tallies=others | begun))

    def step(self, model: str, running: Running) -> Step:
        """Look once more at a version that is tried; return what follows.

        A page that can't be read just now tells nothing yet; only MISSES in a row are taken for nothing that can be told.
        """
        environment, trial, page = self._environment, running.trial, self._page(model)
        self._misses[model] = 0 if page else self._misses.get(model, 0) + 1
        if not page and 0 < self._misses[model] < MISSES and self._is_told():
            return Step(decision.WAIT, f"{trial}, and its figures can't be read just now")
        tried = page and self._grown(model, trial.version, page)
        settled = page.figures(model, running.version) if page and running.version else None
        return decision.decide(trial, time.time(), environment.rollout, environment.health, tried, settled)

    def settle(self, model: str, version: str, told: str) -> None:
        """Keep by which figures a version became the settled one."""
        self._keep(self._kept._replace(settled={**self._kept.settled, model: (version, told)}))

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

    def _page(self, model: str) -> Page | None:
        if not self._is_told():
            return None
        place = metering.address(self._environment).replace(MODEL, model)
        try:
            return Page(place, Endpoint(place).text(""))
        except RegistryError:
            return None  # which is told as what can't be told

    def _grown(self, model: str, version: str, page: Page) -> Figures:
        now, before = page.figures(model, version), self._kept.tallies.get((model, version))
        found = before.looked(now) if before else Tally(now)
        self._keep(self._kept._replace(tallies={**self._kept.tallies, (model, version): found}))
        return found.total

    def _keep(self, kept: Remembered) -> None:
        self._kept = kept
        remembered.write(self._file, kept)


def go_on(
    watch: Watch, target: Target, actual: Mapping[str, Running], pins: Mapping[str, str], known: Releases
) -> dict[str, Step]:
    """Bring what is tried, and is what is pinned (model -> digest), a step further; return what was done of each.

    What aborts is put back here, for the caller to hold.
    """
    found = {}
    for model, running in actual.items():
        if running.trial and running.healthy and pins.get(model) == running.trial.sha256:
            release = ledger.find(known.get(model, []), running.trial.version)
            is_withdrawn = release is not None and release.withdrawn is not None
            told = (
                f"was withdrawn while it was tried: {release.withdrawn}"
                if is_withdrawn
                else watch.failure(model, running)
            )
            found[model] = step = Step(decision.ABORT, told) if told else watch.step(model, running)
            _take(target, model, step)
            if step.does == decision.WIDEN:
                watch.begin(model, running.trial.version)
            elif step.does == decision.SETTLE:
                watch.settle(model, running.trial.version, step.told)
    return found


def _take(target: Target, model: str, step: Step) -> None:
    match step.does:
        case decision.WIDEN:
            target.widen(model)
        case decision.SETTLE:
            target.settle(model)
        case decision.ABORT:
            target.put_back(model)
