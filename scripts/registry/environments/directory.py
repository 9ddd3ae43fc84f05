"""Targets: what an environment really runs. A directory in TensorFlow Serving's layout."""

import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from registry import files, versions
from registry.artifacts import archive
from registry.artifacts.archive import Artifact
from registry.environments import ownership, placement
from registry.environments.manifests import Environment
from registry.environments.ownership import Owner, Record
from registry.errors import Problem, RegistryError, raise_all, refuse

RECORD = "deployed.json"
STAGING = ".staging"


@dataclass(frozen=True)
class Running:
    """What a target runs of a model; `healthy` is false when its files are not those of its release."""

    version: str
    sha256: str
    healthy: bool


class Directory:
    """A directory `<path>/<model>/<version>/` with a record beside each model of what deploy put there.

    Of what lies in it only those models are touched that the record of its owner names, and `adopted` ones.
    """

    def __init__(self, path: Path, root: Path, environment: str, adopted: Iterable[str] = ()) -> None:
        self.path = path
        self._root = root
        self._environment = environment
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
        return {model: self._observe(self.path / model) for model in sorted(self._models()) if self._is_there(model)}

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
        return (self.path / model).is_dir() and not (self.path / model).is_symlink()

    def _observe(self, folder: Path) -> Running:
        try:
            facts = json.loads((folder / RECORD).read_bytes())
            version = folder / str(versions.to_integer(facts["version"]))
            return Running(facts["version"], facts["sha256"], _is_intact(version, facts["sha256"]))
        except (FileNotFoundError, IsADirectoryError, ValueError, LookupError, TypeError, RecursionError):
            return Running("unknown", "", False)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the target while the block runs; raise RegistryError where another deploy does, or made it another's.

        Ask for `problems` before. What a killed deploy left half-done out of sight is taken away first.
        """
        with files.readable(), files.lock(self.path / ".lock", "is being deployed to"):
            raise_all(self._strange())
            if self._models():
                self._claim(model for model in self._models() if self._is_there(model))
            files.remove(self.path / STAGING)
            yield

    def scratch(self) -> AbstractContextManager[Path]:
        """Return a folder beside the versions, out of sight, for what is fetched; it goes when its block ends.

        Before that the target becomes its environment's.
        """
        self._claim(self._models())
        return files.scratch(self.path / STAGING / ".fetched")

    def install(self, model: str, version: str, artifact: Artifact, tar: Path, prove: Callable[[Path], None]) -> None:
        """Put a version in place of what runs: unpack beside, prove, switch in one step, clean up, record.

        `prove` gets the unpacked folder and raises RegistryError when it must not be served. Raises RegistryError, with
        the old version still in place, when the artifact is not what it should be.
        """
        staged = self.path / STAGING / model
        raise_all(list(self.strangers([model]).values()))
        self._check_disk(self.path / model)
        try:
            with tar.open("rb", buffering=0) as stream:
                archive.unpack(stream, staged, artifact)
            prove(staged)
            files.make_readable(staged)
            self._claim(self._models() | {model})  # before it is there, and until it is gone
            folder = self.path / model / str(versions.to_integer(version))
            self._switch(staged, folder, {"version": version, "sha256": artifact.sha256})
        finally:
            files.remove(staged)

    def _check_disk(self, folder: Path) -> None:
        """Raise RegistryError when no version can be put into a model's folder in one step."""
        if folder.exists() and folder.stat().st_dev != self.path.stat().st_dev:
            text = f"lies on another disk than {self.path}, so no version can be put there in one step"
            raise refuse(str(folder), f"{text}; put the folder itself there, or let target.path as a whole be a link")

    def remove(self, model: str) -> None:
        """Take a model away."""
        self._discard(self.path / model)
        self._claim(self._models() - {model})

    def _switch(self, staged: Path, folder: Path, facts: dict) -> None:
        record = folder.parent / RECORD
        files.make_folder(folder.parent)
        os.chown(folder.parent, os.geteuid(), -1)
        folder.parent.chmod(files.READABLE_FOLDER)
        others = [one for one in _version_folders(folder.parent) if one != folder]
        recorded_first = not others or not record.exists()  # what is served is known as deploy's own, killed anywhere
        if recorded_first:
            _record(record, facts)
        files.put_folder(staged, folder)
        for other in others:
            self._discard(other)
        if not recorded_first:
            _record(record, facts)

    def _discard(self, folder: Path) -> None:
        """Take a folder out of sight in one step before its files go one by one."""
        grave = self.path / STAGING / ".old"
        files.remove(grave)
        grave.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            folder.rename(grave)
            files.remove(grave)


def _record(place: Path, facts: dict) -> None:
    if place.is_dir():
        files.remove(place)
    files.write(place, json.dumps(facts))


def _is_intact(folder: Path, sha256: str) -> bool:
    """Say whether a version's files are those of its artifact and no others, and no other version lies beside it.

    Every file is read: what a record says of files is worth no more than who wrote it.
    """
    if _version_folders(folder.parent) != [folder]:
        return False
    deployer = folder.parents[1].stat().st_uid
    try:
        is_plain = _is_own(folder.parent.stat(), deployer) and _is_plain(folder, deployer)
        return is_plain and archive.digest(folder) == sha256
    except (OSError, RegistryError):  # a file that is gone or can't be read, a name that no artifact has
        return False


def _is_plain(folder: Path, deployer: int) -> bool:
    """Say whether a folder holds files and folders of files only, all of them the deployer's own: no link, no pipe."""
    for path, folders, names in os.walk(folder):
        states = [os.lstat(os.path.join(path, name)) for name in (*folders, *names, ".")]
        if not states[1:] or not all(_is_own(one, deployer) for one in states):
            return False
    return not folder.is_symlink()


def _is_own(state: os.stat_result, deployer: int) -> bool:
    is_usual = stat.S_ISREG(state.st_mode) or stat.S_ISDIR(state.st_mode)
    return is_usual and state.st_uid == deployer and not state.st_mode & placement.OTHERS


def _version_folders(model: Path) -> list[Path]:
    return sorted(one for one in model.iterdir() if one.name.isdecimal() and one.is_dir())


def find(root: Path, environment: Environment, adopted: Iterable[str] = ()) -> Directory:
    """Return the target of a repository's environment, which takes models over if told to.

    Raises RegistryError when a file, or a link that leads nowhere, lies on the way.
    """
    path = environment.path
    for one in (path, *path.parents):
        files.check_link(one)
    if path.exists() and not path.is_dir():
        raise refuse(str(path), "is no folder; write another target.path")
    return Directory(path, root, environment.name, adopted)
