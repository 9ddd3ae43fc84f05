"""Targets: what an environment really runs. A directory in TensorFlow Serving's layout."""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from registry import files, versions
from registry.artifacts import archive
from registry.artifacts.archive import Artifact
from registry.errors import refuse

RECORD = "deployed.json"
STAGING = ".staging"

Stamps = dict[str, list[int]]  # what deploy left of each file: its size and two times


@dataclass(frozen=True)
class Running:
    """What a target runs of a model; `healthy` is false when its files are not what deploy left there."""

    version: str
    sha256: str
    healthy: bool


class Directory:
    """A directory `<path>/<model>/<version>/` with a record beside each model of what deploy put there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def running(self) -> dict[str, Running]:
        """Return what runs, model by model: only models that deploy put there."""
        models = sorted(os.listdir(self.path)) if self.path.is_dir() else []
        found = {model: self._observe(self.path / model) for model in models if not model.startswith(".")}
        return {model: running for model, running in found.items() if running}

    def _observe(self, folder: Path) -> Running | None:
        try:
            facts = json.loads((folder / RECORD).read_bytes())
            version = folder / str(versions.to_integer(facts["version"]))
            return Running(facts["version"], facts["sha256"], _is_intact(version, facts["files"], facts["sha256"]))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (IsADirectoryError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return Running("unknown", "", False)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the target while the block runs; raise RegistryError when another deploy holds it.

        What a killed deploy left half-done out of sight is taken away first.
        """
        with files.lock(self.path / ".lock", "is being deployed to"):
            files.remove(self.path / STAGING)
            yield

    def scratch(self) -> AbstractContextManager[Path]:
        """Return a folder beside the versions, out of sight, for what is fetched; it goes when its block ends."""
        return files.scratch(self.path / STAGING / ".fetched")

    def install(self, model: str, version: str, artifact: Artifact, tar: Path, prove: Callable[[Path], None]) -> None:
        """Put a version in place of what runs: unpack beside, prove, switch in one step, clean up, record.

        `prove` gets the unpacked folder and raises RegistryError when it must not be served. Raises RegistryError, with
        the old version still in place, when the artifact is not what it should be.
        """
        staged = self.path / STAGING / model
        self._check_disk(self.path / model)
        try:
            with tar.open("rb", buffering=0) as stream:
                names = archive.unpack(stream, staged, artifact)
            prove(staged)
            files.make_readable(staged)
            folder = self.path / model / str(versions.to_integer(version))
            self._switch(staged, folder, {"version": version, "sha256": artifact.sha256}, names)
        finally:
            files.remove(staged)

    def _check_disk(self, folder: Path) -> None:
        """Raise RegistryError when no version can be put into a model's folder in one step."""
        files.check_link(folder)
        if folder.exists() and folder.stat().st_dev != self.path.stat().st_dev:
            text = f"lies on another disk than {self.path}, so no version can be put there in one step"
            raise refuse(str(folder), f"{text}; put the folder itself there, or let target.path as a whole be a link")

    def remove(self, model: str) -> None:
        """Take a model away."""
        self._discard(self.path / model)

    def _switch(self, staged: Path, folder: Path, facts: dict, names: Iterable[str]) -> None:
        record = folder.parent / RECORD
        facts |= {"files": _stamps(staged, names)}
        files.make_folder(folder.parent)
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


def _stamps(folder: Path, names: Iterable[str]) -> Stamps:
    found = {name: (folder / name).stat() for name in names}
    return {name: [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns] for name, stat in found.items()}


def _is_intact(folder: Path, left: Stamps, sha256: str) -> bool:
    """Say whether a version's files are what deploy left there, and no other version lies beside it.

    Where all is as it was left, times included, no file is read. A copied or touched file is: its bytes decide.
    """
    if _version_folders(folder.parent) != [folder]:
        return False
    try:
        found = _stamps(folder, left)
        same_sizes = all(found[name][0] == left[name][0] for name in left)
        return found == left or (same_sizes and archive.digest(folder) == sha256)
    except OSError:
        return False


def _version_folders(model: Path) -> list[Path]:
    return sorted(one for one in model.iterdir() if one.name.isdecimal() and one.is_dir())


def find(path: Path) -> Directory:
    """Return the target of a path; raise RegistryError when a file, or a link that leads nowhere, lies on the way."""
    for one in (path, *path.parents):
        files.check_link(one)
    if path.exists() and not path.is_dir():
        raise refuse(str(path), "is no folder; write another target.path")
    return Directory(path)
