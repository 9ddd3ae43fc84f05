"""Images on their way: pushed once and never moved, and held against the release before a cluster is pinned to one."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from registry.artifacts.archive import Artifact
from registry.errors import RegistryError, refuse
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


def push(repository: Repository, made: Made) -> bool:
    """Make a repository hold the image of a release; return False where it does already.

    Killed anywhere and called again, it ends the same: blobs first, then the manifest that names them. Raises
    RegistryError where the tag is another image.
    """
    registry = _registry(repository)
    missing = [one for one in (made.pack, made.image) if not _is_there(registry, one)]
    for one in missing:
        registry.upload(composing.digest(one.config), one.config)
        registry.upload(made.layer.digest, made.layer)
        registry.put(one.tag, one.manifest)
    return bool(missing)


def is_pushed(repository: Repository, facts: Mapping) -> bool:
    """Say whether a repository has an image under the tag of a release; whether it is the right one, `reference` says."""
    return _registry(repository).manifest(facts["report"]["version"]) is not None


def reference(images: str, facts: Mapping, tar: Path) -> str:
    """Return what a cluster is pinned to: `ghcr.io/octo/models/digits@sha256:…`, the image of a released version.

    `images` is that field of the environment, `facts` the release.json, `tar` the artifact, whose bytes are held against
    it. The registry's image must have the layer and the configuration that follow from these; raises RegistryError else.
    """
    made, repository = make(facts, tar), naming.repository(images, facts["report"]["model"])
    found = _registry(repository).manifest(made.image.tag)
    if found is None:
        raise refuse(f"{repository}:{made.image.tag}", f"is not there; push what is missing: `{PUSH}`")
    content, served = found
    if not composing.is_same(served, made.image):
        raise _another(repository, made.image)
    return f"{repository}@{composing.digest(content)}"


def _registry(repository: Repository):
    from registry.images.distribution import Distribution  # what needs no image is not to wait for it

    return Distribution(repository)


def _is_there(registry, image: Image) -> bool:
    found = registry.manifest(image.tag)
    if found and not composing.is_same(found[1], image):
        raise _another(registry.repository, image)
    return found is not None


def _another(repository: Repository, image: Image) -> RegistryError:
    text = (
        f"is another image than the release makes, and a tag is never moved; delete it in the registry, then `{PUSH}`"
    )
    return refuse(f"{repository}:{image.tag}", text)
