"""Following a directory in TensorFlow Serving's layout: what lies there is loaded, what is gone is let go."""

import ctypes
import gc
import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy

from registry.artifacts import runtime
from registry.artifacts.tensors import Tensor
from registry.errors import RegistryError, refuse
from registry.serving import layout, tfserving
from registry.serving.layout import Identity

LOOK_EVERY = 0.1  # seconds
LOOKING = 0.05  # of the time at most: a thousand models take a while to look through
KEEP_FOR = 0.5  # seconds a version stays after it went, since replacing one is two renames
GARBAGE = 10_000  # objects: a request makes hundreds, none of them in cycles

log = logging.getLogger("serve")


@dataclass(eq=False)
class Version:
    """A version in memory. `seconds` is the shortest that a prediction took."""

    model: str
    number: int
    identity: Identity
    runtime: runtime.Runtime
    seconds: float = float("inf")

    def run(self, arrays: dict[str, numpy.ndarray]) -> dict[str, numpy.ndarray]:
        """Return the model's outputs; it may raise anything."""
        started = time.perf_counter()
        outputs = self.runtime(arrays)
        self.seconds = min(self.seconds, time.perf_counter() - started)
        return outputs

    def warm_up(self) -> None:
        """Run the model before anybody waits for it: the first run takes longer, and the second tells how long."""
        zeros = {tensor.name: _zeros(tensor) for tensor in self.runtime.inputs}
        with suppress(Exception):  # it need not take zeros
            self.run(zeros)
            self.run(zeros)


@dataclass(frozen=True)
class Model:
    """The versions of a model in memory, why others can't be loaded, and the one that answers by default."""

    versions: dict[int, Version] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)
    latest: Version | None = None


class Directory:
    """Keeps in memory what a directory holds. One thread follows it; any thread may read `models`.

    `models` and the Model objects in it are replaced, never changed, so a reader always sees a whole state.
    A version stays in memory until its successor is loaded: one that can't be loaded changes nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.models: dict[str, Model] = {}
        self._failed: dict[tuple[str, int], tuple[Identity, str]] = {}
        self._gone: dict[tuple[str, int], float] = {}
        self._readable = True
        self._stop = threading.Event()

    @property
    def ready(self) -> bool:
        """Whether there is something to serve and every model has a version that answers."""
        models = self.models.values()
        return bool(models) and all(model.latest for model in models)

    def follow(self) -> threading.Thread:
        """Load what is there now, then start a thread that keeps looking until `stop`."""
        self.look()
        thread = threading.Thread(target=self._keep_looking, name="directory", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Let the following thread end."""
        self._stop.set()

    def _keep_looking(self) -> None:
        pause = LOOK_EVERY
        while not self._stop.wait(pause):
            started = time.perf_counter()
            self.look()
            pause = max(LOOK_EVERY, (time.perf_counter() - started) / LOOKING)

    def look(self) -> None:
        """Take the directory's present state over."""
        present = layout.scan(self.path)
        self._note_readable(present is not None)
        if present is None:
            return
        before = self.models
        for name in sorted(present.keys() | before.keys()):
            self._replace(name, self._update(name, before.get(name, Model()), present.get(name, {})))
        if self.models is not before:
            _settle()

    def _note_readable(self, readable: bool) -> None:
        if self._readable and not readable:
            log.warning("%s: can't be read; what is in memory stays until it can", self.path)
        self._readable = readable

    def _update(self, name: str, before: Model, present: dict[int, Identity]) -> Model:
        versions, faults = dict(before.versions), {}
        for number, identity in sorted(present.items()):
            if number in versions and versions[number].identity == identity:
                continue
            if self._failed.get((name, number), (None, ""))[0] != identity:
                self._try(name, number, identity, versions)
            if (name, number) in self._failed:
                faults[number] = self._failed[name, number][1]
        return self._retire(name, Model(versions, faults), present)

    def _try(self, name: str, number: int, identity: Identity, versions: dict[int, Version]) -> None:
        try:
            versions[number] = self._load(name, number, identity)
            self._failed.pop((name, number), None)
        except Exception as error:  # a damaged model may raise anything: the one in memory goes on all the same
            text = str(error) if isinstance(error, RegistryError) else _unexpected(name, number, error)
            self._failed[name, number] = identity, text
            log.error("%s; %s", text, f"still serving {max(versions)}" if versions else "nothing else to serve")

    def _load(self, name: str, number: int, identity: Identity) -> Version:
        started = time.perf_counter()
        loaded = runtime.load(self.path / name / str(number))
        for tensor in loaded.inputs + loaded.outputs:
            if tensor.dtype not in tfserving.TYPES:
                raise refuse(f"{name}/{number}", f"{tensor.name!r} is {tensor.dtype}, which JSON has no values for")
        log.info("%s %d: loaded by %s in %.2f s", name, number, loaded.kind, time.perf_counter() - started)
        version = Version(name, number, identity, loaded)
        version.warm_up()
        return version

    def _retire(self, name: str, model: Model, present: dict[int, Identity]) -> Model:
        """Drop the versions that are gone, and choose the one that answers."""
        succeeded = bool(model.versions.keys() & present.keys()) or not present
        kept = {n: v for n, v in model.versions.items() if not (self._is_gone(name, n, present) and succeeded)}
        for number in model.versions.keys() - kept.keys():
            log.info("%s %d: gone, let go", name, number)
        choice = (kept.keys() & present.keys()) or kept.keys()
        return Model(kept, model.faults, kept[max(choice)] if choice else None)

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


def _zeros(tensor: Tensor) -> numpy.ndarray:
    shape = [1 if size is None else size for size in tensor.shape]
    return numpy.full(shape, b"", object) if tensor.dtype == "bytes" else numpy.zeros(shape, tensor.dtype)


def _unexpected(name: str, number: int, error: Exception) -> str:
    return f"{name}/{number}: can't be loaded: {type(error).__name__}: {' '.join(str(error).split())}"


def _settle() -> None:
    """Spare the garbage collector what stays in memory, which cuts the slowest answers; give back what loading took."""
    gc.set_threshold(GARBAGE)
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    with suppress(AttributeError):  # glibc's alone
        ctypes.CDLL(None).malloc_trim(0)
