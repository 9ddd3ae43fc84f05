"""Releases in a folder of this machine: the store of a laptop."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from registry import files, tags, versions
from registry.artifacts import archive
from registry.artifacts.archive import Artifact
from registry.errors import refuse
from registry.formats import documents
from registry.releases import ledger
from registry.releases.ledger import Release
from registry.releases.storage import FACTS

FOLDER = "releases"


class FolderStore:
    """A folder with one folder a release, named by its tag; drafts lie in `.drafts` until they are published."""

    mend = "move the release's folder away and publish it again"
    site = None

    def __init__(self, root: Path, folder: Path) -> None:
        self.place = str(folder)
        self._root = root
        self._folder = folder

    def where(self, tag: str) -> str:
        return str(self._folder / tag)

    def pull_of(self, commit: str) -> int | None:
        return None

    def facts(self, tag: str) -> dict | None:  # what each method promises stands in Store
        if not os.path.lexists(self._folder / tag):
            return None
        return documents.load_json(self._folder / tag / FACTS, "release", f"{tag}/{FACTS}", self.mend)

    def fetch(self, tag: str, artifact: Artifact, scratch: Path) -> Path:
        path = self._folder / tag / artifact.name
        if not path.is_file():
            raise refuse(
                tag, f"{artifact.name} is not in {self.place}; publish it again, or name its folder with --releases"
            )
        return path

    def missing(self, tag: str, wanted: list[Artifact]) -> list[str]:
        held = [archive.describe(path) for path in (self._folder / tag).iterdir() if path.is_file()]
        return [one.name for one in wanted if one not in held]

    def tagged(self, tag: str) -> Release | None:  # the tags of a folder's releases are those of the clone
        model, version = versions.split(tag)
        known, others = ledger.survey(self._root, model)
        if taken := ledger.taken(others.get(model, []), tag):
            raise taken
        return ledger.find(known.get(model, []), version)

    def drafted(self, tag: str) -> dict | None:
        return None  # a draft goes with the process that made it

    def free(self, model: str, version: str) -> str:
        known, others = ledger.survey(self._root, model)
        released = [one.version for one in known.get(model, [])]
        taken = [versions.split(one.tag)[1] for one in others.get(model, [])]
        return versions.choices(versions.newest([version, *released]), taken)

    @contextmanager
    def drafting(self, tag: str) -> Iterator[Path]:
        draft = self._draft(tag)
        with files.lock(draft.with_name(f"{tag}.lock"), f"{tag} is being published"):
            files.remove(draft)
            draft.mkdir()
            try:
                yield draft
            finally:
                files.remove(draft)

    def hold(self, release: Release, folder: Path) -> None:
        files.make_readable(folder)
        files.sync_tree(folder)

    def tag(self, release: Release, message: str) -> None:
        tags.create(self._root, release.tag, release.commit, message)

    def publish(self, release: Release, page: str) -> None:
        self._draft(release.tag).rename(self._folder / release.tag)
        files.sync_folder(self._folder)

    def clear(self, tag: str) -> None:
        """A draft goes with the process that made it."""

    def withdrawn(self, model: str, version: str) -> str | None:
        release = ledger.find(ledger.load_all(self._root, model).get(model, []), version)
        return release and release.withdrawn

    def show(self, tag: str, page: str) -> None:
        """A folder has no pages."""

    def withdraw(self, release: Release, reason: str) -> None:
        tags.create(self._root, versions.withdrawal_tag(release.model, release.version), release.commit, f"{reason}\n")

    def tell(self, root: Path, release: Release) -> bool:
        return True

    def _draft(self, tag: str) -> Path:
        return self._folder / ".drafts" / tag
