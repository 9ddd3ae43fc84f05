"""Where releases' bytes lie: a folder in place of GitHub Releases."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from registry import documents, files
from registry.artifacts import Artifact
from registry.errors import refuse

FOLDER = "releases"
FACTS = "release.json"


class FolderStore:
    """A folder with one folder a release, named by its tag; drafts lie in `.drafts` until they are published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def facts(self, tag: str) -> dict | None:
        """Return the release.json of a published release, or None."""
        if not os.path.lexists(self.folder / tag):
            return None
        advice = "move the release's folder away and publish it again"
        return documents.load_json(self.folder / tag / FACTS, "release", f"{tag}/{FACTS}", advice)

    def artifact(self, tag: str, name: str) -> Artifact:
        """Return what release.json says of a release's artifact; raise RegistryError when it says nothing."""
        facts = self.facts(tag)
        if facts is None:
            raise refuse(tag, f"is not in {self.folder}; name the folder that holds it with --releases")
        for asset in facts["assets"]:
            if asset["name"] == name:
                return Artifact(**asset)
        raise refuse(f"{tag}/{FACTS}", f"knows no {name}; move the release's folder away and publish it again")

    def find(self, tag: str, asset: str) -> Path:
        """Return the file of a release's asset; raise RegistryError when it is not there."""
        path = self.folder / tag / asset
        if not path.is_file():
            raise refuse(tag, f"{asset} is not in {self.folder}; publish it again, or name its folder with --releases")
        return path

    @contextmanager
    def drafting(self, tag: str) -> Iterator[Path]:
        """Yield an empty draft that no other process holds; what is not published when the block ends is taken away."""
        draft = self._draft(tag)
        with files.lock(draft.with_name(f"{tag}.lock"), f"{tag} is being published"):
            files.remove(draft)
            draft.mkdir()
            try:
                yield draft
            finally:
                files.remove(draft)

    def assets(self, tag: str, *, draft: bool) -> list[Artifact]:
        """Read back what lies in a release or draft: name, size and SHA-256 of each asset, sorted by name."""
        folder = self._draft(tag) if draft else self.folder / tag
        return [Artifact(path.name, path.stat().st_size, files.digest(path)) for path in sorted(folder.iterdir())]

    def publish(self, tag: str) -> None:
        """Make a draft the release, in one step."""
        files.sync_tree(self._draft(tag))
        self._draft(tag).rename(self.folder / tag)
        files.sync_folder(self.folder)

    def _draft(self, tag: str) -> Path:
        return self.folder / ".drafts" / tag
