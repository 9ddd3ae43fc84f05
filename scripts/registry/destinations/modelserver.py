"""The target `tensorflow-serving`: a running one, which follows the model config file that deploy writes.

A version is loaded beside the one that answers, is proven there, and only then gets the label. Killed anywhere, the file
is one that the server can start with: what it names lies there, and labels are on versions that it names.
"""

import json
import math
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from registry import files, versions
from registry.destinations import unpacked
from registry.destinations.directory import NOTHING, Directory
from registry.destinations.interface import Delivery
from registry.destinations.modelstates import SOON, States
from registry.destinations.probing import AVAILABLE
from registry.environments import placement
from registry.environments.manifests import Environment
from registry.environments.reconcile import Running, Trial
from registry.errors import Problem, RegistryError, refuse
from registry.protocols import modelconfig
from registry.protocols.modelconfig import Entry

if TYPE_CHECKING:  # `status` does without NumPy
    from registry.artifacts.golden import Golden

STABLE, CANARY = "stable", "canary"  # the settled version, or the one that answers in its place; the newest
UNFINISHED = ".unfinished.json"  # which model a deploy is at work on, or was when it was killed


class ModelServer(Directory):
    """A directory, and the file by which TensorFlow Serving knows which versions in it to load, and their labels.

    Labels are only ever put on versions that the server has loaded: one that is not, and it refuses the whole file.
    """

    def __init__(
        self, path: Path, root: Path, environment: Environment, *more: object, patience: float = math.inf
    ) -> None:
        super().__init__(path, root, environment, *more)
        self._config = root / environment.target["config"]
        self._seen_as = Path(environment.target.get("seen_as", os.path.abspath(path)))
        self._within = environment.health.within
        self._states = States(environment.target["endpoint"], self._config, self._within, patience)

    def problems(self) -> list[Problem]:
        """Return why deploy may not touch the directory or the file."""
        return [*super().problems(), *placement.untracked(self._root, self._config.parent)]

    def _strange(self) -> list[Problem]:
        return [*super()._strange(), *placement.writers(self._root, self._config)]

    def stranger(self) -> Problem | None:
        """Return why the directory or the file is not its environment's, or None where both are, or may become so."""
        return super().stranger() or self._foreign()

    def _foreign(self) -> Problem | None:
        if self._config.exists() and not self._config.is_file():
            return Problem(str(self._config), 0, "", "is no file; write one into target.config")
        text = self._text()
        wanted, found = (self._owner.environment, self._owner.repository), modelconfig.owner(text)
        if found == wanted or (found is None and modelconfig.is_empty(text)):
            return None
        whose = f"was written for {' of '.join(found)}" if found else "was not written by deploy"
        advice = "so it is left alone; move it away, or write another target.config"
        return Problem(str(self._config), 0, "", f"{whose}, {advice}")

    def _text(self) -> str:
        """Return the file as text, "" where there is none: a pipe would never end."""
        try:
            return self._config.read_text("utf-8", "replace") if self._config.is_file() else ""
        except FileNotFoundError:
            return ""

    def running(self) -> dict[str, Running]:
        """Return what the server runs: as recorded, and healthy where file, folders and the server all agree with that.

        Where nobody answers, what lies there wrongly is told, which may be why; else that raises RegistryError.
        """
        text, at_work, found, silence = self._text(), self._at_work(), {}, None
        for model in (one for one in sorted(self._models()) if self._is_there(one)):
            try:
                states = None if silence else self._states.of(model)
            except RegistryError as error:
                states, silence = None, error
            if (running := self._observe(model, text, states, at_work == model)) is not None:
                found[model] = running
        found = found if at_work else self._with_strangers(found, text)
        if silence and all(one.healthy for one in found.values()):
            raise silence
        return found

    def _with_strangers(self, found: dict[str, Running], text: str) -> dict[str, Running]:
        """Return models with those that are in the file alone; what else was written there is one model's drift."""
        by_hand = modelconfig.names(text) - {model for model in self._models() if self._is_there(model)}
        if found and not by_hand and all(one.healthy for one in found.values()) and text != self._wanted():
            first = next(iter(found))  # whoever is repaired, the whole file is written anew
            found = found | {first: replace(found[first], healthy=False)}
        return found | {model: Running("unknown", "", False) for model in sorted(by_hand)}

    def _observe(self, model: str, text: str, states: dict[int, str] | None, is_at_work: bool) -> Running | None:
        """Return what runs of a model; of one that a deploy is at work on only what was there before counts."""
        folder = self.path / model
        if (found := unpacked.recorded(folder)) is None:
            return None if is_at_work else Running("unknown", "", False)
        wanted = {unpacked.place(folder, one): one.sha256 for one in _both(found)}
        present, entry = set(unpacked.folders(folder)), str(self._entry(model, found))
        is_sound = wanted.keys() <= present if is_at_work else present == wanted.keys() and entry in text
        is_sound = is_sound and (states is None or all(states.get(int(one.name)) == AVAILABLE for one in wanted))
        return replace(found, healthy=is_sound and self._memory(folder, _are_intact, wanted))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the target while the block runs. What a killed deploy was at work on becomes as it is recorded."""
        with super().locked():
            if model := self._at_work():
                self._tidy(model)
            yield

    def _at_work(self) -> str | None:
        try:
            model = json.loads((self.path / UNFINISHED).read_bytes())["model"]
            return model if versions.NAME.fullmatch(model) else None
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return None

    @contextmanager
    def _working(self, model: str) -> Iterator[None]:
        """Note a model while the block runs; where that ends, well or not, all is made as it is recorded then."""
        files.write(self.path / UNFINISHED, json.dumps({"model": model}))
        try:
            yield
        except RegistryError:
            self._tidy(model)
            raise
        self._tidy(model)

    def _tidy(self, model: str) -> None:
        """Let the file say what is recorded, and take away what of a model is not."""
        folder = self.path / model
        self._write()
        if (found := unpacked.recorded(folder)) is None:
            self._discard(folder)
            self._claim(self._models() - {model})
        else:
            self._states.wait_while_elsewhere(model, STABLE, self._entry(model, found).labels[STABLE])
            kept = [unpacked.place(folder, one) for one in _both(found)]
            for one in unpacked.folders(folder):
                if one not in kept:
                    self._discard(one)
        files.remove(self.path / UNFINISHED)

    def _write(self, coming: tuple[str, int] | None = None, without: str = "") -> None:
        """Write the file: what is recorded, a version that is to be loaded, and not what is to be unloaded."""
        text = self._wanted(coming, without)
        if text != self._text():
            files.write(self._config, text)

    def _wanted(self, coming: tuple[str, int] | None = None, without: str = "") -> str:
        entries = []
        for model in sorted(self._models() - {without}):
            found = unpacked.recorded(self.path / model) or NOTHING
            entry = self._entry(model, found, [coming[1]] if coming and coming[0] == model else [])
            labels = {
                label: number for label, number in entry.labels.items() if self._states.may_be_labelled(model, number)
            }
            entries += [replace(entry, labels=labels)] if entry.versions else []
        return modelconfig.write(self._owner.environment, self._owner.repository, entries)

    def _entry(self, model: str, found: Running, coming: Iterable[int] = ()) -> Entry:
        numbers = {one: versions.to_integer(one.version) for one in _both(found)}
        trial = found.trial
        answers = trial if trial and (trial.share == 1 or not found.version) else found
        labels = {STABLE: numbers[answers], CANARY: numbers[trial or found]} if numbers else {}
        return Entry(model, str(self._seen_as / model), tuple(dict.fromkeys([*numbers.values(), *coming])), labels)

    def _prove(self, delivery: Delivery) -> None:
        """Do nothing: before it got its label, it was proven."""

    def _check(self, staged: Path, tag: str) -> None:
        """Raise RegistryError for what the server can't load, or must not; how it answers is seen there."""
        from registry.artifacts import runtime

        if "tensorflow" not in runtime.kinds(staged):
            text = "is ONNX, which TensorFlow Serving does not load"
            raise refuse(tag, f"{text}; take its pin out of environments/{self._environment}")
        runtime.check(staged)

    def _put(self, staged: Path, folder: Path, trial: Trial) -> None:
        from registry.artifacts import golden

        self._states.check_hearing()
        known, before = golden.read(staged), unpacked.recorded(folder)
        with self._working(folder.name):
            self._make(folder)
            if before and before.version == trial.version:
                self._renew(staged, folder, Running(trial.version, trial.sha256, True), known)
            else:
                self._bring(staged, folder, replace(before or NOTHING, trial=None), trial, known)

    def _bring(self, staged: Path, folder: Path, settled: Running, trial: Trial, known: "Golden") -> None:
        """Load a version, prove it by its number, record it, and move the label; or leave what was settled."""
        model, number = folder.name, versions.to_integer(trial.version)
        if settled.version:
            unpacked.record(folder, settled)  # without what else was tried
        files.put_folder(staged, unpacked.place(folder, trial))
        before = self._states.now(model, number)
        self._write(coming=(model, number))
        self._states.wait_until_loaded(model, number, before)
        self._states.prove(known, model, number)
        unpacked.record(folder, replace(settled, trial=trial))
        try:
            self._label(model, CANARY if trial.share < 1 else STABLE, number)
        except RegistryError:
            if settled.version:
                unpacked.record(folder, settled)
            else:
                files.remove(folder / unpacked.RECORD)
            raise

    def _renew(self, staged: Path, folder: Path, settled: Running, known: "Golden") -> None:
        """Put a version's files right, and load it again where it is not loaded, or otherwise than it was judged."""
        model, number = folder.name, versions.to_integer(settled.version)
        files.put_folder(staged, unpacked.place(folder, settled))
        unpacked.record(folder, settled)
        if self._states.now(model, number) == AVAILABLE:
            try:
                self._states.prove(known, model, number)
            except RegistryError:
                self._write(without=model)
                self._states.wait_until_gone(model, number)
        self._load_again(model, number)
        self._states.prove(known, model, number)
        self._label(model, STABLE, number)

    def _load_again(self, model: str, number: int) -> None:
        """Let the server load a version that it may have given up: it tries again once the file was without it.

        How often it reads the file it does not tell, so that is left without it for longer each time.
        """
        end, pause = time.monotonic() + self._within, SOON
        self._write(coming=(model, number))
        while not self._states.is_up(model, number, pause):
            if time.monotonic() > end:
                raise self._states.unread(model, number)
            self._write(without=model)
            time.sleep(pause)
            self._write(coming=(model, number))
            pause *= 2

    def _label(self, model: str, label: str, number: int) -> None:
        """Write the file with all labels, and return once the one that matters leads to a version."""
        self._states.now(model, 0)  # seen anew: what was loaded meanwhile may have its label
        self._write()
        self._states.wait_until_labelled(model, label, number)

    def widen(self, model: str) -> None:
        """Let the version that is tried have the label of the settled one."""
        folder = self.path / model
        found = unpacked.recorded(folder)
        with self._working(model):
            unpacked.record(folder, replace(found, trial=replace(found.trial, since=time.time(), share=1.0)))

    def settle(self, model: str) -> None:
        """Make the version that is tried the settled one; the one before is unloaded, and its folder goes."""
        folder = self.path / model
        found = unpacked.recorded(folder)
        if (trial := found.trial) is not None:
            with self._working(model):
                if trial.share < 1:  # the label moves before the one before goes
                    unpacked.record(folder, replace(found, trial=replace(trial, share=1.0)))
                    self._label(model, STABLE, versions.to_integer(trial.version))
                unpacked.record(folder, Running(trial.version, trial.sha256, True))

    def put_back(self, model: str) -> None:
        """Let the settled version have its label again; the one that is tried is unloaded, and its folder goes."""
        folder = self.path / model
        settled = replace(unpacked.recorded(folder), trial=None)
        if not settled.version:
            return self.remove(model)
        with self._working(model):
            unpacked.record(folder, settled)
        return None

    def remove(self, model: str) -> None:
        """Take a model out of the file, and its folder away where deploy put that there."""
        self._write(without=model)
        if model in self._models():
            super().remove(model)


def _both(found: Running) -> list[Running | Trial]:
    """Return the versions that are loaded: the settled one, where there is one, and the one that is tried."""
    return [one for one in (found, found.trial) if one and one.version]


def _are_intact(wanted: Mapping[Path, str]) -> bool:
    return all(unpacked.is_intact(folder, sha256) for folder, sha256 in wanted.items())
