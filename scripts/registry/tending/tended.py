"""The target of an agent: what is pinned against what runs, made so, and looked at cheaply while nothing changes."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from registry.deploying import rounds
from registry.deploying.onward import Watch
from registry.deploying.rounds import Ground, Outcome
from registry.destinations import aiming
from registry.destinations.glance import Memory
from registry.destinations.interface import Target
from registry.environments.manifests import Environment
from registry.environments.reconcile import Change
from registry.errors import RegistryError, raise_all, refuse
from registry.github import answers
from registry.releases.storage import Store
from registry.tending import complaints
from registry.tending.complaints import Complaint
from registry.tending.informing import Reports
from registry.tending.patience import Patience
from registry.tending.pinned import Known
from registry.watching import decision


@dataclass(frozen=True)
class Failing:
    """A pin that could not be followed: its version and digest, why not, and when to try again."""

    pinned: tuple[str, str]
    error: RegistryError
    patience: Patience


class Tended:
    """Lets a target run what is pinned. `held` and `drift` tell of the last look, by model."""

    def __init__(
        self, root: Path, store: Store, reports: Reports, patience: Callable[[], Patience], say: Callable[[str], None]
    ) -> None:
        self._root, self._store, self._reports, self._new_patience, self._say = root, store, reports, patience, say
        self._releases = patience()
        self._away: list[Complaint] = []
        self._failing: dict[str, Failing] = {}
        self._memory = Memory()
        self._settled: str | None = None  # the commit of which all was made
        self._watch: Watch | None = None
        self._watched: dict | None = None
        self._lock: tuple[int, os.stat_result] | None = None
        self.held: Mapping[str, str] = {}
        self.drift: Mapping[str, str] = {}

    def round(self, known: Known) -> list[Complaint]:
        """Make a target run what is pinned; return what is the matter. Raises RegistryError where all of it has to wait."""
        place = aiming.find(self._root, known.environment, is_asked=True, memory=self._memory)
        self._claim(known.environment.path)
        raise_all(place.problems())
        found = self._reconcile(known, place, time.monotonic())
        self._claim(known.environment.path)  # which is there by now
        return found

    def _claim(self, folder: Path | None) -> None:
        """Be the only agent of a folder, as long as it is the one of that name; raise RegistryError where another is."""
        if folder is None or not folder.is_dir():
            return
        if self._lock and os.path.samestat(self._lock[1], folder.stat()):
            return
        self.leave()
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise refuse(str(folder), "is tended by another agent, and one is enough; stop the other") from error
        self._lock = descriptor, os.fstat(descriptor)

    def leave(self) -> None:
        """Let another agent have the folder."""
        if self._lock:
            os.close(self._lock[0])
            self._lock = None

    def _reconcile(self, known: Known, place: Target, now: float) -> list[Complaint]:
        """Do what is to do, and return what is the matter."""
        environment, kept = known.environment, []
        self._forget(environment)
        if self._releases.is_due(now):
            self._away = []
        ground = self._ground(known, place)
        outcome = rounds.go(
            ground, lambda _: self._reports.begin(known, now), kept.extend,
            waits=lambda change: self._waits(change, now), ends=answers.is_passing,
        )  # fmt: skip
        self._note(environment, outcome, now)
        self._note_drift(known, outcome.changes)
        self.held = {model: one.why for model, one in place.holds().items()}
        failed = {one for error in outcome.failed.values() for one in error.problems}
        faults = [*(complaints.of(one) for one in outcome.problems if one not in failed), *self._complaints()]
        if len(outcome.made) == len(outcome.changes):
            self._settled = known.commit
        self._reports.end(known, [one.text for one in faults], outcome, now)
        notes = [complaints.of(one, is_fault=False) for one in kept]
        return [*faults, *notes, *self._reports.untold]

    def _ground(self, known: Known, place: Target) -> Ground:
        """What is counted of versions that are tried outlives commits, as long as the environment says the same."""
        if self._watch is None or self._watched != known.environment.document.data:
            self._watch, self._watched = Watch(self._root, known.environment), known.environment.document.data
        return Ground(
            self._root, known.environment, place, self._store, known.releases, known.others, self._watch, known.commit
        )

    def _forget(self, environment: Environment) -> None:
        """Forget what failed of pins that are others now."""
        pins = {model: (pin.version, pin.sha256) for model, pin in environment.pins.items()}
        self._failing = {model: one for model, one in self._failing.items() if pins.get(model) == one.pinned}

    def _waits(self, change: Change, now: float) -> bool:
        """Say whether it is too early to try again what a change needs."""
        if change.kind == "remove":
            return False
        if self._store.site is None and not os.path.isdir(self._store.place):
            self._note_away(refuse(self._store.place, "is no folder here"), now)
        failing = self._failing.get(change.model)
        return bool(self._away) or not (failing is None or failing.patience.is_due(now))

    def _note(self, environment: Environment, outcome: Outcome, now: float) -> None:
        for model, step in outcome.steps.items():
            if step.does != decision.WAIT:
                self._say(f"{environment.name}: {model}: {step.told}")
        for change in outcome.made:
            self._say(f"{environment.name}: {change}")
            self._failing.pop(change.model, None)
        away = next((one for one in outcome.failed.values() if answers.is_passing(one)), None)
        for model, error in outcome.failed.items():
            if error is not away:
                self._note_failing(environment, model, error, now)
        if away:
            self._note_away(away, now)
        elif outcome.made:
            self._releases.succeeded()

    def _note_failing(self, environment: Environment, model: str, error: RegistryError, now: float) -> None:
        pin = environment.pins.get(model)
        before = self._failing.get(model)
        patience = before.patience if before else self._new_patience()
        patience.failed(now)
        self._failing[model] = Failing((pin.version, pin.sha256) if pin else ("", ""), error, patience)

    def _note_away(self, error: RegistryError, now: float) -> None:
        if not self._away:
            self._releases.failed(now, getattr(error, "wait", None) or 0)
        text = f"releases can't be fetched: {error}; what runs keeps running"
        self._away = [Complaint("releases", text, "releases can be fetched again")]

    def _note_drift(self, known: Known, changes: list[Change]) -> None:
        was_made = self._settled == known.commit
        drifted = (one for one in changes if one.kind == "repair" or (was_made and one.model not in self._failing))
        self.drift = {one.model: str(one) for one in drifted}

    def _complaints(self) -> Iterator[Complaint]:
        yield from self._away
        for one in self._failing.values():
            yield from map(complaints.of, one.error.problems)
