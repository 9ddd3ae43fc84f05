"""Where releases' bytes lie: what each store can do."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from registry.artifacts.archive import Artifact
from registry.errors import refuse
from registry.github.sites import Site
from registry.releases.ledger import Release

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

    def withdrawn(self, model: str, version: str) -> str | None:
        """Return why a version was withdrawn, which this clone need not know, or None."""

    def show(self, tag: str, page: str) -> None:
        """Make a page what people read of a published release, where there are pages."""

    def withdraw(self, release: Release, reason: str) -> None:
        """Mark a release as not to be promoted any more; nothing is deleted."""

    def tell(self, root: Path, release: Release) -> bool:
        """Make a clone know that a release is withdrawn; say whether it does then."""


def artifact(store: Store, facts: dict | None, tag: str, name: str) -> Artifact:
    """Return the size and digest that a release's artifact has by its release.json; raise RegistryError without one."""
    if facts is None:
        raise refuse(
            tag, f"is not in {store.place}; name the folder that holds it with --releases, or its --repository"
        )
    for asset in facts["assets"]:
        if asset["name"] == name:
            return Artifact(**asset)
    raise refuse(f"{tag}/{FACTS}", f"knows no {name}; {store.mend}")
