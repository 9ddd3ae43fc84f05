"""Registries of images supplied with released versions: out of the store where the bytes lie, to each place that wants them."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from registry import git
from registry.images import pushing
from registry.images.naming import Repository
from registry.releases import storage
from registry.releases.storage import Store


def supply(root: Path, store: Store, facts: Mapping, repositories: Sequence[Repository]) -> Iterator[tuple[str, bool]]:
    """Yield each repository's image of a release, `ghcr.io/octo/models/digits@sha256:…`, and whether it was pushed now.

    `facts` is the release.json. Raises RegistryError as `pushing.push` does.
    """
    tag, artifact = facts["tag"], facts["report"]["artifact"]["name"]
    with tempfile.TemporaryDirectory() as scratch:
        tar = store.fetch(tag, storage.artifact(store, facts, tag, artifact), Path(scratch))
        made = pushing.make(facts, tar, source(root, store))
        for repository in repositories:
            digest, is_new = pushing.push(repository, made)
            yield f"{repository}@{digest}", is_new


def source(root: Path, store: Store) -> str:
    """Return the address of the repository that images come from, or nothing where only this machine knows it."""
    if store.site:
        return store.site.address
    found = urlsplit(git.origin(root))
    return f"https://{found.hostname}{found.path.removesuffix('.git')}" if found.scheme in ("https", "ssh") else ""
