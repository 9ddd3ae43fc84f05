"""The target `directory`: a folder in TensorFlow Serving's layout, which `serve` or TensorFlow Serving follows."""

import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from registry import files
from registry.artifacts import archive
from registry.destinations import holding, ownership, unpacked
from registry.destinations.glance import Memory
from registry.destinations.interface import Delivery, blamed
from registry.destinations.ownership import Owner, Record
from registry.environments import placement
from registry.environments.manifests import Environment
from registry.environments.reconcile import Hold, Running, Trial
from registry.errors import Problem, RegistryError, raise_all, refuse

if TYPE_CHECKING:
    from registry.destinations.health import Proof

STAGING = ".staging"
KEPT = ".kept"  # settled versions, while another answers in their place
NOTHING = Running("", "", True)


class Directory:
    """A directory `<path>/<model>/<version>/` with a record beside each model of what deploy put there.

    Of what lies in it only those models are touched that the record of its owner names, and `adopted` ones. `memory`
    returns what reading a model's folder tells, which who looks again and again may know from before.
    """

    def __init__(
        self,
        path: Path,
        root: Path,
        environment: Environment,
        adopted: Iterable[str],
        proof: "Proof | None",
        memory: Memory,
    ) -> None:
        self.path = path
        self._memory = memory
        self.place = str(path)
        self._proof = proof
        self._root = root
        self._environment = environment.name
        self._adopted = frozenset(adopted)

    @cached_property
    def _owner(self) -> Owner:
        return ownership.identify(self._root, self._environment)

    def problems(self) -> list[Problem]:
        """Return why deploy may not touch the directory: where it lies, who may write it, and whose it is."""
        return [*placement.untracked(self._root, self.path), *self._strange()]

    def _strange(self) -> list[Problem]:
        return [*placement.writers(self._root, self.path), *filter(None, [self.stranger()])]

    def stranger(self) -> Problem | None:
        """Return why the directory is not its environment's, or None where it is, or may become so."""
        if record := ownership.read(self.path):
            return ownership.foreign(self.path, record, self._owner)
        return None if self._adopted else ownership.unowned(self.path, self._environment)

    def running(self) -> dict[str, Running]:
        """Return what runs, model by model: only models that deploy put there for this environment."""
        there = [self.path / model for model in sorted(self._models()) if self._is_there(model)]
        return {one.name: self._memory(one, unpacked.observe, one) for one in there}

    def strangers(self, models: Iterable[str]) -> dict[str, Problem]:
        """Return the models whose place is taken by something that deploy did not put there, each with what to do."""
        own = {model for model in self._models() if self._is_there(model)}
        text = "was not put there by deploy, so it is left alone; move it away, or write another target.path"
        places = {model: self.path / model for model in models if model not in own}
        return {model: Problem(str(one), 0, "", text) for model, one in places.items() if os.path.lexists(one)}

    def _models(self) -> frozenset[str]:
        """Return the models that are this environment's own."""
        record = ownership.read(self.path)
        return self._adopted | (record.models if record and record.owner == self._owner else frozenset())

    def _claim(self, models: Iterable[str]) -> None:
        wanted = Record(self._owner, frozenset(models))
        if ownership.read(self.path) != wanted:
            ownership.write(self.path, replace(wanted, name=ownership.name(self._root)))

    def _is_there(self, model: str) -> bool:
        """Say whether there is a folder of a model, which a link is not: who knows whose that is."""
        try:
            return stat.S_ISDIR(os.lstat(f"{self.path}/{model}").st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return False

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the target while the block runs; raise RegistryError where another deploy does, or made it another's.

        Ask for `problems` before. What a killed deploy left half-done out of sight is taken away first.
        """
        with files.readable(), files.lock(self.path / ".lock", "is being deployed to"):
            raise_all(self._strange())
            if self._models():
                missed = self.brought().keys()  # who took it away may put it back
                self._claim(model for model in self._models() if model in missed or self._is_there(model))
            files.remove(self.path / STAGING)
            for model in sorted(self._models()):
                self._finish(model)
            self._forget_kept()
            yield

    def _finish(self, model: str) -> None:
        """Bring to its end what a killed deploy did to a model: what it began and never proved is put back."""
        folder = self.path / model
        found = unpacked.recorded(folder)
        if found is None or (found.trial is None or found.healthy) and not unpacked.is_switching(folder, found):
            return
        if found.trial is None:
            self._alone(folder, found)
        elif not found.healthy:
            self.put_back(model)
        elif found.trial.share == 1:
            self._keep_aside(folder, found, found.trial)
        else:
            unpacked.let_answer(folder, found.version, found.trial.version, found.trial.share)

    def _forget_kept(self) -> None:
        """Take away what is kept aside for no trial: a deploy was killed that had settled its successor."""
        kept = self.path / KEPT
        for one in kept.iterdir() if kept.exists() else []:
            found = unpacked.recorded(self.path / one.name)
            if found is None or found.trial is None:
                files.remove(one)

    def begin(self, delivery: Delivery, share: float) -> None:
        """Let a version answer a share of the requests: unpack beside, prove, switch in one step, record."""
        model, version, artifact = delivery.pin.model, delivery.pin.version, delivery.artifact
        self._claim(self._models())  # before anything lies in it
        staged, folder = self.path / STAGING / model, self.path / model
        raise_all(list(self.strangers([model]).values()))
        self._check_disk(folder)
        try:
            with files.scratch(self.path / STAGING / ".fetched") as scratch:
                with delivery.fetch(scratch).open("rb", buffering=0) as stream:
                    archive.unpack(stream, staged, artifact)
            with blamed():
                self._check(staged, delivery.tag)
            files.make_readable(staged)
            self._claim(self._models() | {model})  # before it is there, and until it is gone
            self._put(staged, folder, Trial(version, artifact.sha256, time.time(), share))
        finally:
            files.remove(staged)
        self._prove(delivery)

    def _check(self, staged: Path, tag: str) -> None:
        """Raise RegistryError where an unpacked version must not be put there."""
        from registry.artifacts import golden, runtime  # NumPy, which `status` does without

        golden.check(staged, runtime.load(staged), tag)

    def _prove(self, delivery: Delivery) -> None:
        folder = self.path / delivery.pin.model
        try:
            if self._proof:
                self._proof.hold(delivery, unpacked.place(folder, delivery.pin))
        except RegistryError:
            if unpacked.recorded(folder).trial:
                self.put_back(delivery.pin.model)
            raise
        found = unpacked.recorded(folder)
        if not found.healthy:
            unpacked.record(folder, replace(found, healthy=True))

    def _make(self, folder: Path) -> None:
        """Make a model's folder, or make it the deployer's."""
        files.make_folder(folder)
        os.chown(folder, os.geteuid(), -1)
        folder.chmod(files.READABLE_FOLDER)

    def _put(self, staged: Path, folder: Path, trial: Trial) -> None:
        self._make(folder)
        settled = unpacked.recorded(folder) or NOTHING
        if settled.version == trial.version:
            return self._repair(staged, folder, Running(trial.version, trial.sha256, True))
        unpacked.record(folder, replace(settled, trial=trial, healthy=False))
        unpacked.let_answer(folder, settled.version, trial.version if trial.share < 1 else "", trial.share)
        files.put_folder(staged, unpacked.place(folder, trial))
        if trial.share == 1:
            self._keep_aside(folder, settled, trial)
        return None

    def _repair(self, staged: Path, folder: Path, settled: Running) -> None:
        unpacked.record(folder, settled)
        files.put_folder(staged, unpacked.place(folder, settled))
        self._alone(folder, settled)

    def _keep_aside(self, folder: Path, settled: Running, trial: Trial) -> None:
        """Let the trial's version answer alone; what was settled lies where it can be put back from in one step."""
        unpacked.let_answer(folder, trial.version)
        kept = self.path / KEPT / folder.name
        for one in unpacked.folders(folder):
            if one == unpacked.place(folder, settled):
                files.make_folder(kept)
                files.remove(kept / one.name)
                one.rename(kept / one.name)
            elif one != unpacked.place(folder, trial):
                self._discard(one)
        files.forget(folder / unpacked.ROLLOUT)

    def _alone(self, folder: Path, settled: Running) -> None:
        """Let the settled version answer alone, and take all others away."""
        others = [one for one in unpacked.folders(folder) if one != unpacked.place(folder, settled)]
        if others:
            unpacked.let_answer(folder, settled.version)
        for one in others:
            self._discard(one)
        files.forget(folder / unpacked.ROLLOUT)
        self._discard(self.path / KEPT / folder.name)

    def widen(self, model: str) -> None:
        """Let the version that is tried answer all requests; the settled one is kept aside."""
        folder = self.path / model
        found = unpacked.recorded(folder)
        trial = replace(found.trial, since=time.time(), share=1.0)
        unpacked.record(folder, replace(found, trial=trial))
        self._keep_aside(folder, found, trial)

    def settle(self, model: str) -> None:
        """Make the version that is tried the settled one, and take the one before away."""
        folder = self.path / model
        if (trial := unpacked.recorded(folder).trial) is not None:
            settled = Running(trial.version, trial.sha256, True)
            if trial.share < 1:
                unpacked.let_answer(folder, trial.version)
            unpacked.record(folder, settled)
            self._alone(folder, settled)

    def put_back(self, model: str) -> None:
        """Let the settled version answer all requests, and take the one that is tried away."""
        folder = self.path / model
        settled = replace(unpacked.recorded(folder), trial=None)
        if not settled.version:
            return self.remove(model)
        kept = self.path / KEPT / model / unpacked.place(folder, settled).name
        if kept.exists():
            unpacked.let_answer(folder, settled.version)
            files.put_folder(kept, unpacked.place(folder, settled))
        unpacked.record(folder, settled)
        return self._alone(folder, settled)

    def holds(self) -> dict[str, Hold]:
        """Return what did badly and is not tried again, by model."""
        return holding.read(self.path / holding.FILE)

    def hold(self, model: str, hold: Hold | None) -> None:
        """Keep that a version of a model is held, or that none is any more."""
        holding.keep(self.path / holding.FILE, model, hold)

    def brought(self) -> dict[str, Running]:
        """Return what `remember` kept in mind, by model."""
        return holding.brought(self.path / holding.BROUGHT)

    def remember(self, models: Iterable[str]) -> None:
        """Keep in mind what is there now of some models."""
        holding.remember(self.path / holding.BROUGHT, models, lambda model: unpacked.recorded(self.path / model))

    def _forget(self, model: str) -> None:
        holding.remember(self.path / holding.BROUGHT, [model], lambda model: None)

    def _check_disk(self, folder: Path) -> None:
        """Raise RegistryError when no version can be put into a model's folder in one step."""
        if folder.exists() and folder.stat().st_dev != self.path.stat().st_dev:
            text = f"lies on another disk than {self.path}, so no version can be put there in one step"
            raise refuse(str(folder), f"{text}; put the folder itself there, or let target.path as a whole be a link")

    def remove(self, model: str) -> None:
        """Take a model away, with what is tried of it, its hold, and what was kept in mind."""
        self._forget(model)
        self._discard(self.path / model)
        self._discard(self.path / KEPT / model)
        self.hold(model, None)
        self._claim(self._models() - {model})

    def _discard(self, folder: Path) -> None:
        """Take a folder out of sight in one step before its files go one by one."""
        grave = self.path / STAGING / ".old"
        files.remove(grave)
        grave.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            folder.rename(grave)
            files.remove(grave)


def find(
    root: Path, environment: Environment, adopted: Iterable[str] = (), proof: "Proof | None" = None,
    kind: "Callable[..., Directory] | None" = None, memory: Memory | None = None,
) -> Directory:  # fmt: skip
    """Return the target of a repository's environment, which takes models over if told to, and may be of another kind.

    Raises RegistryError when a file, or a link that leads nowhere, lies on the way.
    """
    path = environment.path
    for one in (path, *path.parents):
        files.check_link(one)
    if path.exists() and not path.is_dir():
        raise refuse(str(path), "is no folder; write another target.path")
    return (kind or Directory)(path, root, environment, adopted, proof, memory or Memory())
