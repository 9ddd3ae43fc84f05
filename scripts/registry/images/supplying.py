"""Registries of images supplied with released versions: out of the store where the bytes lie, to each place that wants them."""

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from registry import git
from registry.images import naming, pushing
from registry.images.naming import Base, Repository
from registry.releases import storage
from registry.releases.storage import Store

SHORT = re.compile(r"^([\w.-]+@[\w.-]+):(?!//)/?(.+)$")  # how Git calls git@github.com:octo/models.git


class Wanted(NamedTuple):
    """What an environment asks for: the place of its images, and the base of those that run beside a server, or None."""

    images: str
    base: str | None

    def of(self, model: str) -> tuple[Repository, Base | None]:
        """Return where the images of a model lie, and their base; raise RegistryError where there can be none."""
        return naming.repository(self.images, model), naming.base(self.base) if self.base else None


def supply(
    root: Path, store: Store, facts: Mapping, those: Sequence[tuple[Repository, Base | None]]
) -> Iterator[tuple[str, bool]]:
    """Yield each repository's image of a release, `ghcr.io/octo/models/digits@sha256:…`, and whether it was pushed now.

    `facts` is the release.json. Raises RegistryError as `pushing.push` does.
    """
    tag, artifact = facts["tag"], facts["report"]["artifact"]["name"]
    with tempfile.TemporaryDirectory() as scratch:
        tar = store.fetch(tag, storage.artifact(store, facts, tag, artifact), Path(scratch))
        made = pushing.make(facts, tar, source(root, store))
        for repository, base in those:
            digest, is_new = pushing.push(repository, made, base)
            yield f"{repository}@{digest}", is_new


def source(root: Path, store: Store) -> str:
    """Return the address of the repository that images come from, or nothing where only this machine knows it."""
    if store.site:
        return store.site.address
    found = urlsplit(SHORT.sub(r"ssh://\1/\2", git.origin(root)))
    return f"https://{found.hostname}{found.path.removesuffix('.git')}" if found.scheme in ("https", "ssh") else ""
