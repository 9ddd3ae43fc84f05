"""Targets: what an environment really runs. A directory in TensorFlow Serving's layout."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from registry import artifacts, files, versions
from registry.artifacts import Artifact
from registry.errors import refuse

RECORD = "deployed.json"


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
        records = sorted(self.path.glob(f"*/{RECORD}")) if self.path.is_dir() else []
        return {record.parent.name: self._observe(record) for record in records}

    def _observe(self, record: Path) -> Running:
        try:
            facts = json.loads(record.read_bytes())
            folder = record.parent / str(versions.to_integer(facts["version"]))
            return Running(facts["version"], facts["sha256"], _is_intact(record.parent, folder, facts["files"]))
        except (ValueError, KeyError, TypeError):
            return Running("unknown", "", False)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the target while the block runs; raise RegistryError when another deploy holds it."""
        with files.lock(self.path / ".lock", "is being deployed to"):
            yield

    def install(self, model: str, version: str, artifact: Artifact, tar: Path, prove: Callable[[Path], None]) -> None:
        """Put a version in place of what runs: unpack beside, prove, switch by rename, clean up, record.

        `prove` gets the unpacked folder and raises RegistryError when it must not be served. Raises RegistryError, with
        the old version still in place, when the artifact is not what it should be.
        """
        staged = self.path / ".staging" / model
        files.remove_folder(staged)
        with tar.open("rb", buffering=0) as stream:
            sizes = artifacts.unpack(stream, staged, artifact)
        prove(staged)
        folder = self.path / model / str(versions.to_integer(version))
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._discard(folder)
        staged.rename(folder)
        files.sync_folder(folder.parent)
        for old in _version_folders(folder.parent):
            if old != folder:
                self._discard(old)
        self._record(folder, version, artifact, sizes)

    def remove(self, model: str) -> None:
        """Take a model away."""
        self._discard(self.path / model)

    def _record(self, folder: Path, version: str, artifact: Artifact, sizes: dict[str, int]) -> None:
        stamps = {name: [size, (folder / name).stat().st_mtime_ns] for name, size in sizes.items()}
        facts = {"version": version, "sha256": artifact.sha256, "files": stamps}
        files.write(folder.parent / RECORD, json.dumps(facts))

    def _discard(self, folder: Path) -> None:
        """Take a folder out of sight in one step before its files go one by one."""
        grave = self.path / ".staging" / ".old"
        files.remove_folder(grave)
        if folder.exists():
            grave.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(grave)
            shutil.rmtree(grave)


def _is_intact(model: Path, folder: Path, stamps: dict[str, list[int]]) -> bool:
    """Say whether a version's files have the sizes and times that deploy recorded, and no other version lies there."""
    if _version_folders(model) != [folder]:
        return False
    try:
        found = {name: [(stat := (folder / name).stat()).st_size, stat.st_mtime_ns] for name in stamps}
    except OSError:
        return False
    return found == stamps


def _version_folders(model: Path) -> list[Path]:
    return sorted(one for one in model.iterdir() if one.name.isdecimal() and one.is_dir())


def find(path: Path) -> Directory:
    """Return the target of a path; raise RegistryError when a file lies there."""
    if path.exists() and not path.is_dir():
        raise refuse(str(path), "is no folder; write another target.path")
    return Directory(path)
