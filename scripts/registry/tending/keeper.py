"""An agent's round: main followed, what it pins made so, and what is the matter, told once.

Whatever fails is told, and tried again later; what runs keeps running. What a round did stands in Git and in the
target, so one that is killed anywhere is made up for by the next.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path

from registry import console, files, git
from registry.environments import manifests, merged
from registry.errors import Problem, RegistryError
from registry.releases.storage import Store
from registry.tending import advancing, complaints, pinned, renewal, seen
from registry.tending.advancing import Offer
from registry.tending.complaints import Complaint, Complaints
from registry.tending.informing import Informer, Reports
from registry.tending.patience import Patience
from registry.tending.pinned import Known
from registry.tending.tended import Tended
from registry.tending.vitals import Vitals


class Agent:
    """Follows main for one environment of a clone, each `every` so many seconds; `say` prints a line."""

    def __init__(
        self, root: Path, name: str, every: float, store: Store, informer: Informer | None, say: Callable[[str], None]
    ) -> None:
        self._root, self._name, self._say = root, name, say
        self._folder = seen.place(root, name)
        self._branch = advancing.branch(root)
        self._ref = advancing.ref(name)
        before = seen.load(self._folder)
        self.vitals = Vitals(name, advancing.begin(root, self._folder, before))
        self._code = renewal.Code(root, self._folder)
        patience = partial(Patience, every, random.random)
        self._tended = Tended(root, store, Reports(informer, patience()), patience, say)
        self._main = patience()
        self._offer: Offer | None = None
        self._there = ""  # where main of origin is, followed or not
        self._moved: list[Problem] = []
        self._known: Known | None = None
        self._found: dict[str, list[Complaint]] = {}
        self._complaints = Complaints()
        if before is None:  # a name that is none is refused at once; what is gone later may come back
            self._known = pinned.read(root, self.vitals.followed, name)
            seen.store(self._folder, self.vitals.followed)

    def alone(self) -> AbstractContextManager[None]:
        """Be the only agent of the environment in this clone while a block runs."""
        doing = f"main is followed for {self._name}"
        return files.lock(self._folder / "lock", doing, "one agent is enough, so stop the other first")

    def leave(self) -> None:
        """Let another agent have the target."""
        self._tended.leave()

    def round(self) -> None:
        """Make one round, and say what is new of it."""
        for name, step in (("main", self._follow), ("code", self._look_at_code), ("target", self._tend)):
            try:
                self._found[name] = list(step())
            except (RegistryError, OSError) as error:
                told = console.explain(error) if isinstance(error, OSError) else error
                self._found[name] = list(map(complaints.of, told.problems))
        for line in self._complaints.update(one for those in self._found.values() for one in those):
            self._say(line)
        self._note_round(time.time())

    def _note_round(self, now: float) -> None:
        faults = self._complaints.faults
        self.vitals = replace(
            self.vitals,
            rounds=self.vitals.rounds + 1,
            failures=self.vitals.failures + bool(faults),
            last_round=now,
            last_success=self.vitals.last_success if faults else now,
            held=self._tended.held,
            drift=self._tended.drift,
            faults=faults,
            notes=self._complaints.notes,
        )

    def successor(self) -> Path | None:
        """Return the checkout that the agent has to go on as, or None where its code is the right one."""
        return self._code.successor()

    def _follow(self) -> Iterator[Complaint]:
        """Go on to what main is now, as far as may be."""
        if not self._main.is_due(time.monotonic()):
            yield from self._found["main"]
            return
        try:
            self._fetch()
        except RegistryError as error:
            self._main.failed(time.monotonic())
            why = "; ".join(one.text for one in error.problems)
            text = (
                f"origin can't be asked for {self._branch}: {why}; what was followed stays, and what runs keeps running"
            )
            yield Complaint("away", text, f"origin answers again, and {self._branch} is followed")
            return
        self._main.succeeded()
        yield from (complaints.of(one, is_fault=False) for one in self._moved)
        yield from self._step()

    def _fetch(self) -> None:
        offer = advancing.offered(self._root, self._branch)
        if offer != self._offer:
            self._moved = advancing.fetch(self._root, self._branch, self._ref, offer)
            self._there = git.resolve(self._root, self._ref) or ""
            self._offer, self._known = offer, None

    def _step(self) -> Iterator[Complaint]:
        if accepted := seen.accepted(self._folder):
            self._go_to(accepted, ", as a person accepted")
            seen.accept(self._folder, None)
        if self.vitals.followed == self._there:
            return
        asks = advancing.asking(self._root, f"{manifests.FOLDER}/{self._name}.yaml", merged.asks_for_signatures)
        step = advancing.step(self._root, self.vitals.followed, self._there, asks, self._name)
        if step.commit != self.vitals.followed:
            self._go_to(step.commit)
        if step.stop:
            yield complaints.of(step.stop)

    def _go_to(self, commit: str, why: str = "") -> None:
        """Follow a commit from now on, here and after a restart; releases on it are no foreign ones."""
        advancing.note(self._root, self._branch, commit)
        seen.store(self._folder, commit)
        self._say(f"{self._branch} is followed to {commit[:12]}{why}")
        self.vitals, self._known = replace(self.vitals, followed=commit), None

    def _look_at_code(self) -> Iterator[Complaint]:
        problems = self._code.problems(self.vitals.followed, self._name)
        return (complaints.of(one, is_fault=False) for one in problems)

    def _tend(self) -> Iterator[Complaint]:
        self._known = self._known or pinned.read(self._root, self.vitals.followed, self._name)
        return self._tended.round(self._known)
