"""Where releases' bytes lie: the interface, and a folder behind it."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from registry import artifacts, documents, files, git, releases, versions
from registry.artifacts import Artifact
from registry.errors import refuse
from registry.releases import Release
from registry.sites import Site

FOLDER = "releases"
FACTS = "release.json"


class Store(Protocol):
    """What holds releases. `place` says where, `mend` how to mend a damaged one, `site` where its pages are, if any."""

    place: str
    mend: str
    site: Site | None

    def where(self, tag: str) -> str:
        """Return where people find a release: a folder or an address."""

    def pull_of(self, commit: str) -> int | None:
        """Return the number of the pull request that brought a commit, or None."""

    def facts(self, tag: str) -> dict | None:
        """Return the release.json of a published release, or None; raise Taken where something else is published."""

    def fetch(self, tag: str, artifact: Artifact, scratch: Path) -> Path:
        """Return a file with an artifact's bytes, which may lie in `scratch`; raise RegistryError without one."""

    def missing(self, tag: str, wanted: list[Artifact]) -> list[str]:
        """Return the names of the files that a release, or its draft, does not hold as they should be."""

    def tagged(self, tag: str) -> Release | None:
        """Return the release of a tag, which this clone may not know yet, or None; raise Taken where it is none."""

    def drafted(self, tag: str) -> dict | None:
        """Return the release.json of a draft, or None where there is none that can be read."""

    def free(self, model: str, version: str) -> str:
        """Return which version can be released in place of one whose tag is taken."""

    def drafting(self, tag: str) -> AbstractContextManager[Path]:
        """Yield an empty folder for the files of a new release, while no other process publishes it."""

    def hold(self, release: Release, folder: Path) -> None:
        """Make the draft of a release hold a folder's files and no others, and read them back."""

    def tag(self, release: Release, message: str) -> None:
        """Put the annotated tag on the commit that was built."""

    def publish(self, release: Release, page: str) -> None:
        """Make the draft the release; `page` is what people read of it."""

    def clear(self, tag: str) -> None:
        """Take away the drafts that a stopped run left of a release that is published."""

    def withdrawn(self, release: Release) -> str | None:
        """Return why a release was withdrawn, which this clone may not know yet, or None."""

    def withdraw(self, release: Release, reason: str, page: str) -> None:
        """Mark a release as not to be promoted any more; nothing is deleted."""

    def tell(self, root: Path, release: Release) -> bool:
        """Make a clone know that a release is withdrawn; say whether it does then."""


def artifact(store: Store, tag: str, name: str) -> Artifact:
    """Return the size and digest that a release's artifact has by its release.json; raise RegistryError without one."""
    facts = store.facts(tag)
    if facts is None:
        raise refuse(
            tag, f"is not in {store.place}; name the folder that holds it with --releases, or its --repository"
        )
    for asset in facts["assets"]:
        if asset["name"] == name:
            return Artifact(**asset)
    raise refuse(f"{tag}/{FACTS}", f"knows no {name}; {store.mend}")


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
        held = [artifacts.describe(path) for path in (self._folder / tag).iterdir() if path.is_file()]
        return [one.name for one in wanted if one not in held]

    def tagged(self, tag: str) -> Release | None:  # the tags of a folder's releases are those of the clone
        if taken := releases.by_hand(self._root, tag):
            raise taken
        model, version = versions.split(tag)
        return releases.find(releases.load_all(self._root).get(model, []), version)

    def drafted(self, tag: str) -> dict | None:
        return None  # a draft goes with the process that made it

    def free(self, model: str, version: str) -> str:
        released = [one.version for one in releases.load_all(self._root).get(model, [])]
        taken = [versions.split(one.tag)[1] for one in releases.foreign(self._root).get(model, [])]
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
        files.sync_tree(folder)

    def tag(self, release: Release, message: str) -> None:
        git.create_tag(self._root, release.tag, release.commit, message)

    def publish(self, release: Release, page: str) -> None:
        self._draft(release.tag).rename(self._folder / release.tag)
        files.sync_folder(self._folder)

    def clear(self, tag: str) -> None:
        """A draft goes with the process that made it."""

    def withdrawn(self, release: Release) -> str | None:
        return release.withdrawn

    def withdraw(self, release: Release, reason: str, page: str) -> None:
        git.create_tag(
            self._root, versions.withdrawal_tag(release.model, release.version), release.commit, f"{reason}\n"
        )

    def tell(self, root: Path, release: Release) -> bool:
        return True

    def _draft(self, tag: str) -> Path:
        return self._folder / ".drafts" / tag
