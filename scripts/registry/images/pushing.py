"""Images on their way: pushed once and never moved, and held against the release before a cluster is pinned to one."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from registry.artifacts.archive import Artifact
from registry.errors import refuse
from registry.images import bases, composing, layers, naming
from registry.images.composing import Image, Part
from registry.images.layers import Layer
from registry.images.naming import Base, Repository

PUSH = "tox run -e publish -- --images"


class Made(NamedTuple):
    """What a release becomes: the image that clusters mount, what describes it by ModelPack, and the layer of both."""

    image: Image
    pack: Image
    layer: Layer
    facts: Mapping

    def cars(self, parts: list[Part]) -> list[Image]:
        """Return the images that stand on a base, and last the index of them; none without a base."""
        return composing.cars(self.facts, parts, self.layer.digest, self.layer.size) if parts else []


def make(facts: Mapping, tar: Path, source: str = "") -> Made:
    """Return the image of a release, from its release.json and its artifact, which lies at a path.

    Raises RegistryError where that is not the one that was released.
    """
    report = facts["report"]
    layer = layers.layer(tar, Artifact(**report["artifact"]), report)
    told = facts, layer.digest, layer.size, source
    return Made(composing.image(*told), composing.pack(*told), layer, facts)


def push(repository: Repository, made: Made, base: Base | None = None) -> tuple[str, bool]:
    """Make a repository hold the image of a release; return its digest there, and whether it was pushed now.

    With a `base` one that stands on it is held as well, and its digest returned. Killed anywhere and called again, it
    ends the same: blobs first, then the manifest that names them, an index last. Raises RegistryError where a tag is
    another image, before anything is sent.
    """
    registry, parts = _registry(repository), _parts(base)
    cars = made.cars(parts)
    held = [(one, _held(registry, one)) for one in (made.pack, made.image, *cars)]
    missing = [one for one, digest in held if digest is None]
    if base and {*cars} & {*missing}:
        _copy(registry, base, parts)
    for one in missing:
        if one.config:
            registry.upload(composing.digest(one.config), one.config)
            registry.upload(made.layer.digest, made.layer)
        registry.put(one.tag, one.manifest)
    last, digest = held[-1]
    return digest or last.digest, digest is None


def lacks(repository: Repository, facts: Mapping, base: Base | None = None) -> bool:
    """Say whether a repository lacks the image of a release, or has something else of its name.

    It is told by what the image says of itself, so nothing is fetched; `reference` is not content with that.
    """
    version, registry = facts["report"]["version"], _registry(repository)
    found = [registry.manifest(tag) for tag in (version, *([f"{version}-modelcar"] if base else []))]
    return any(one is None or not composing.is_told(one[1], facts) for one in found)


def reference(images: str, facts: Mapping, tar: Path, base: str | None = None) -> str:
    """Return what a cluster is pinned to: `ghcr.io/octo/models/digits@sha256:…`, the image of a released version.

    `images` and `base` are the fields images and modelcar_base of the environment, `facts` the release.json, `tar` the
    artifact, whose bytes are held against it. The registry's image must have the layers and the configuration that
    follow from these; raises RegistryError else.
    """
    made, repository = make(facts, tar), naming.repository(images, facts["report"]["model"])
    image = [made.image, *made.cars(_parts(naming.base(base) if base else None))][-1]
    digest = _held(_registry(repository), image)
    if digest is None:
        raise refuse(f"{repository}:{image.tag}", f"is not there; push what is missing: `{PUSH}`")
    return f"{repository}@{digest}"


def _parts(base: Base | None) -> list[Part]:
    return bases.parts(base, _registry(base.repository)) if base else []


def _copy(registry, base: Base, parts: list[Part]) -> None:
    """Make a registry hold the layers of a base."""
    source = _registry(base.repository)
    for layer in (layer for part in parts for layer in part.layers):
        if not registry.holds(layer["digest"], layer["size"]):
            registry.upload(layer["digest"], source.blob(layer["digest"], bases.MOST_LAYER))


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
