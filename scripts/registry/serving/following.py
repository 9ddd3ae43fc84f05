"""Following a directory in TensorFlow Serving's layout: what lies there is loaded, what is gone is let go."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from registry import memory
from registry.errors import within
from registry.running.supervision import Served
from registry.serving import layout, rollout
from registry.serving.layout import Folder, Identity, State
from registry.serving.rollout import Rollout, Tried

LOOK_EVERY = 0.1  # seconds
LOOKING = 0.05  # of the time: a thousand models take a while to look through
LOOK_AT_LEAST_EVERY = 0.5  # seconds, whatever looking takes
KEEP_FOR = 0.5  # seconds a version stays after it went, since replacing one is two renames

Key = tuple[str, int]
Load = Callable[[str, int, Path, Identity], Future[Served]]

log = logging.getLogger("serve")


@dataclass(frozen=True)
class Model:
    """The versions of a model in memory, why others can't be loaded, and the one that answers by default.

    While one is tried, `rollout` says how, and `tried` holds it and the settled one where both can answer.
    """

    versions: dict[int, Served] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)
    latest: Served | None = None
    rollout: Rollout | None = None
    tried: Tried | None = None

    def states(self) -> dict[int, str]:
        """Return each version that is known, with why it doesn't answer, "" where it does."""
        return {**self.faults, **{number: version.fault for number, version in self.versions.items()}}

    def labels(self) -> dict[str, int]:
        """Return the versions that clients can ask for by a name: there is always a stable one where one answers."""
        stable = {rollout.STABLE: self.latest.number} if self.latest else {}
        if self.rollout is None:
            return stable
        if self.rollout.stable in self.versions:
            stable = {rollout.STABLE: self.rollout.stable}
        return stable if self.rollout.trial is None else {**stable, rollout.CANARY: self.rollout.trial}


class Directory:
    """Keeps in memory what a directory holds. One thread follows it; any thread may read `models`.

    `models` and the Model objects in it are replaced, never changed, so a reader always sees a whole state.
    A version stays in memory until its successor is loaded: one that can't be loaded changes nothing.
    """

    def __init__(self, path: Path, load: Load) -> None:
        self.path, self._load = path, load
        self.models: dict[str, Model] = {}
        self._loading: dict[Key, tuple[Identity, Future[Served]]] = {}
        self._failed: dict[Key, tuple[Identity, str]] = {}
        self._gone: dict[Key, float] = {}
        self._rollouts: dict[str, tuple[State, Rollout | None, str]] = {}
        self._readable = True
        self._stopped = False
        self._wake = threading.Event()

    @property
    def ready(self) -> bool:
        """Whether there is something to serve and every model has a version that answers."""
        models = self.models.values()
        return bool(models) and all(model.latest and not model.latest.fault for model in models)

    def follow(self) -> threading.Thread:
        """Load what is there now, then start a thread that keeps looking until `stop`."""
        self.look()
        while self._loading:
            wait([future for _, future in self._loading.values()])
            self.look()
        thread = threading.Thread(target=self._keep_looking, name="directory", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Let the following thread end."""
        self._stopped = True
        self._wake.set()

    def _keep_looking(self) -> None:
        pause = LOOK_EVERY
        while not self._stopped:
            self._wake.wait(pause)
            self._wake.clear()
            started = time.perf_counter()
            self.look()
            took = time.perf_counter() - started
            pause = min(max(LOOK_EVERY, took / LOOKING), LOOK_AT_LEAST_EVERY)

    def look(self) -> None:
        """Take the directory's present state over, but for versions that are still being loaded."""
        present = layout.scan(self.path)
        self._note_readable(present is not None)
        if present is None:
            return
        before = self.models
        self._forget(present)
        for name in sorted(present.keys() | before.keys()):
            self._replace(name, self._update(name, before.get(name, Model()), present.get(name, Folder({}))))
        if self.models is not before:
            memory.settle()

    def _forget(self, present: dict[str, Folder]) -> None:
        """Drop what was loaded in vain, since it is gone by now."""
        for (name, number), (_, future) in list(self._loading.items()):
            if future.done() and not (name in present and number in present[name].versions):
                del self._loading[name, number]

    def _note_readable(self, readable: bool) -> None:
        if self._readable and not readable:
            log.warning("%s: can't be read; what is in memory stays until it can", self.path)
        self._readable = readable

    def _update(self, name: str, before: Model, folder: Folder) -> Model:
        present = folder.versions
        for number, version in before.versions.items():
            if version.fault:
                self._failed[name, number] = version.identity, version.fault
        versions, faults = {n: version for n, version in before.versions.items() if not version.fault}, {}
        for number, identity in sorted(present.items()):
            if number in versions and versions[number].identity == identity:
                continue
            if self._failed.get((name, number), (None, ""))[0] != identity:
                self._try(name, number, identity, versions)
            if (name, number) in self._failed:
                faults[number] = self._failed[name, number][1]
        return self._retire(name, Model(versions, faults, rollout=self._follow_rollout(name, folder.rollout)), present)

    def _try(self, name: str, number: int, identity: Identity, versions: dict[int, Served]) -> None:
        """Begin to load a version, or take it over once it is loaded, unless it was replaced meanwhile."""
        if (name, number) not in self._loading:
            future = self._load(name, number, self.path / name / str(number), identity)
            self._loading[name, number] = identity, future
            future.add_done_callback(lambda _: self._wake.set())
        begun, future = self._loading[name, number]
        if not future.done():
            return
        del self._loading[name, number]
        if begun != identity:
            self._wake.set()
        elif error := future.exception():
            self._note_failed(name, number, identity, error, versions)
        else:
            versions[number] = future.result()
            log.info("%s %d: loaded by %s", name, number, versions[number].kind)
            self._failed.pop((name, number), None)

    def _note_failed(
        self, name: str, number: int, identity: Identity, error: BaseException, versions: dict[int, Served]
    ) -> None:
        """The version in memory goes on all the same."""
        text = within(error, self.path)
        if self._failed.get((name, number), (None, ""))[1] != text:  # while it is copied, it is tried again and again
            log.error("%s; %s", error, f"still serving {max(versions)}" if versions else "nothing else to serve")
        self._failed[name, number] = identity, text

    def _follow_rollout(self, name: str, state: State | None) -> Rollout | None:
        """Return how a version of a model is tried: read anew where that changed, None where nothing readable says so."""
        known, before, told = self._rollouts.get(name, (None, None, ""))
        if state == known:
            return before
        try:
            found, said = rollout.read(self.path / name / layout.ROLLOUT) if state else None, ""
        except OSError:  # gone since, or no file can be opened now: the next look shows more
            return before
        except ValueError as error:
            found, said = None, f"{name}/{layout.ROLLOUT}: {error}"
            if said != told:
                log.error("%s; served as without it", said)
        if found != before:
            log.info("%s: %s", name, found or "nothing is tried any more")
        self._rollouts[name] = state, found, said
        if state is None:
            del self._rollouts[name]
        return found

    def _retire(self, name: str, model: Model, present: dict[int, Identity]) -> Model:
        """Drop the versions that are gone, and choose the one that answers."""
        succeeded = bool(model.versions.keys() & present.keys()) or not present
        kept = {n: v for n, v in model.versions.items() if not (self._is_gone(name, n, present) and succeeded)}
        for number in model.versions.keys() - kept.keys():
            log.info("%s %d: gone, let go", name, number)
        choice = (kept.keys() & present.keys()) or kept.keys()
        return _divided(Model(kept, model.faults, kept[max(choice)] if choice else None, model.rollout), present)

    def _is_gone(self, name: str, number: int, present: dict[int, Identity]) -> bool:
        if number in present:
            self._gone.pop((name, number), None)
            return False
        return time.monotonic() - self._gone.setdefault((name, number), time.monotonic()) >= KEEP_FOR

    def _replace(self, name: str, model: Model) -> None:
        if model == self.models.get(name, Model()):
            return
        others = {other: state for other, state in self.models.items() if other != name}
        self.models = {**others, name: model} if model.versions or model.faults else others


def _divided(model: Model, present: dict[int, Identity]) -> Model:
    """Return a model with the version that answers by default as its rollout says.

    One that is tried ends with its folder. The settled one answers as long as it is in memory: it may be on its way back.
    """
    if model.rollout is None:
        return model
    stable, trial = model.versions.get(model.rollout.stable), model.versions.get(model.rollout.trial)
    trial = trial if model.rollout.trial in present else None
    tried = Tried(model.rollout, stable, trial) if stable and trial else None
    default = trial if model.rollout.taken == 1 else stable
    return replace(model, latest=default or stable or trial or model.latest, tried=tried)
