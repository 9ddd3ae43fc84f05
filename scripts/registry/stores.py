"""Where releases' bytes lie: a folder in place of GitHub Releases."""

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
        if not (self.folder / tag).is_dir():
            return None
        return documents.load_json(self.folder / tag / FACTS, "release", f"{tag}/{FACTS}")

    def find(self, tag: str, asset: str) -> Path:
        """Return the file of a release's asset; raise RegistryError when it is not there."""
        path = self.folder / tag / asset
        if not path.is_file():
            raise refuse(tag, f"{asset} is not in {self.folder}; publish it again, or name its folder with --releases")
        return path

    def draft(self, tag: str) -> Path:
        """Return the folder of an empty draft; what an earlier, killed run left there is taken away."""
        folder = self.folder / ".drafts" / tag
        files.remove_folder(folder)
        folder.mkdir(parents=True)
        return folder

    def assets(self, tag: str, *, draft: bool) -> list[Artifact]:
        """Read back what lies in a release or draft: name, size and SHA-256 of each asset, sorted by name."""
        folder = self.folder / ".drafts" / tag if draft else self.folder / tag
        return [Artifact(path.name, path.stat().st_size, files.digest(path)) for path in sorted(folder.iterdir())]

    def publish(self, tag: str) -> None:
        """Make a draft the release, in one step."""
        (self.folder / ".drafts" / tag).rename(self.folder / tag)
        files.sync_folder(self.folder)
