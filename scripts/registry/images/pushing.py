"""Images on their way: pushed once and never moved, and held against the release before a cluster is pinned to one."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from registry.artifacts.archive import Artifact
from registry.errors import refuse
from registry.images import composing, layers, naming
from registry.images.composing import Image
from registry.images.layers import Layer
from registry.images.naming import Repository

PUSH = "tox run -e publish -- --images"


class Made(NamedTuple):
    """What a release becomes: the image that clusters mount, what describes it by ModelPack, and the layer of both."""

    image: Image
    pack: Image
    layer: Layer


def make(facts: Mapping, tar: Path, source: str = "") -> Made:
    """Return the image of a release, from its release.json and its artifact, which lies at a path.

    Raises RegistryError where that is not the one that was released.
    """
    report = facts["report"]
    layer = layers.layer(tar, Artifact(**report["artifact"]), report)
    told = facts, layer.digest, layer.size, source
    return Made(composing.image(*told), composing.pack(*told), layer)


def push(repository: Repository, made: Made) -> tuple[str, bool]:
    """Make a repository hold the image of a release; return its digest there, and whether it was pushed now.

    Killed anywhere and called again, it ends the same: blobs first, then the manifest that names them. Raises
    RegistryError where the tag is another image, before anything is sent.
    """
    registry = _registry(repository)
    held = [(one, _held(registry, one)) for one in (made.pack, made.image)]
    for one in [one for one, digest in held if digest is None]:
        registry.upload(composing.digest(one.config), one.config)
        registry.upload(made.layer.digest, made.layer)
        registry.put(one.tag, one.manifest)
    digest = held[-1][1]
    return digest or made.image.digest, digest is None


def lacks(repository: Repository, facts: Mapping) -> bool:
    """Say whether a repository lacks the image of a release, or has something else of its name.

    It is told by what the image says of itself, so nothing is fetched; `reference` is not content with that.
    """
    found = _registry(repository).manifest(facts["report"]["version"])
    return found is None or not composing.is_told(found[1], facts)


def reference(images: str, facts: Mapping, tar: Path) -> str:
    """Return what a cluster is pinned to: `ghcr.io/octo/models/digits@sha256:…`, the image of a released version.

    `images` is that field of the environment, `facts` the release.json, `tar` the artifact, whose bytes are held against
    it. The registry's image must have the layer and the configuration that follow from these; raises RegistryError else.
    """
    made, repository = make(facts, tar), naming.repository(images, facts["report"]["model"])
    digest = _held(_registry(repository), made.image)
    if digest is None:
        raise refuse(f"{repository}:{made.image.tag}", f"is not there; push what is missing: `{PUSH}`")
    return f"{repository}@{digest}"


def _registry(repository: Repository):
    from registry.images.distribution import Distribution  # what needs no image is not to wait for it

    return Distribution(repository)


def _held(registry, image: Image) -> str | None:
    """Return the digest of an image that a registry has under its tag, or None; raise RegistryError for another one."""
    found = registry.manifest(image.tag)
    if found and not composing.is_same(found[1], image):
        text = "is another image than the release makes, and a tag is never moved; delete it in the registry, then"
        raise refuse(f"{registry.repository}:{image.tag}", f"{text} `{PUSH}`")
    return composing.digest(found[0]) if found else None
