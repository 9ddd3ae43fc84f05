"""Versions that are tried, brought further by what servers count of them, look by look."""

import time
from collections.abc import Mapping

from registry.deploying.interface import Target
from registry.deploying.probing import Endpoint
from registry.environments.manifests import MODEL, Environment
from registry.environments.reconcile import Running
from registry.errors import RegistryError
from registry.releases import ledger
from registry.releases.ledger import Releases
from registry.watching import decision, metering
from registry.watching.decision import Step
from registry.watching.metering import Page
from registry.watching.tally import Figures, Tally


class Watch:
    """What was counted of versions in an environment while they were tried: it lasts as long as its process.

    One that begins in the midst of a trial knows less, so it takes longer to tell.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._tallies: dict[tuple[str, str], Tally] = {}

    def step(self, model: str, running: Running) -> Step:
        """Look once more at a version that is tried; return what follows."""
        environment, page = self._environment, self._page(model)
        tried = page and self._grown(model, running.trial.version, page)
        settled = page.figures(model, running.version) if page and running.version else None
        return decision.decide(running.trial, time.time(), environment.rollout, environment.health, tried, settled)

    def _page(self, model: str) -> Page | None:
        if "endpoint" not in self._environment.target and not self._environment.health.metrics:
            return None
        place = metering.address(self._environment).replace(MODEL, model)
        try:
            return Page(place, Endpoint(place).text(""))
        except RegistryError:
            return None  # which is told as what can't be told

    def _grown(self, model: str, version: str, page: Page) -> Figures:
        now, before = page.figures(model, version), self._tallies.get((model, version))
        self._tallies[model, version] = found = before.looked(now) if before else Tally(now)
        return found.total


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
            told = f"was withdrawn while it was tried: {release.withdrawn}" if is_withdrawn else ""
            found[model] = step = Step(decision.ABORT, told) if is_withdrawn else watch.step(model, running)
            _take(target, model, step)
    return found


def _take(target: Target, model: str, step: Step) -> None:
    match step.does:
        case decision.WIDEN:
            target.widen(model)
        case decision.SETTLE:
            target.settle(model)
        case decision.ABORT:
            target.put_back(model)
