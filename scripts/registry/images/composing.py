"""An image as a value: its configuration and manifest, which follow from a release alone. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
# the CNCF's specification ModelPack
PACK = "application/vnd.cncf.model.manifest.v1+json"
PACK_CONFIG = "application/vnd.cncf.model.config.v1+json"
PACK_LAYER = "application/vnd.cncf.model.weight.v1.tar"
PACK_PATH = "org.cncf.model.filepath"
KEYS = "org.opencontainers.image"
ARTIFACT = "model.artifact.sha256"
PLATFORM = {"architecture": "amd64", "os": "linux"}  # one must be named; nothing in it runs, so it fits each


@dataclass(frozen=True)
class Image:
    """A manifest as bytes, under a tag, and the configuration that it names."""

    tag: str
    config: bytes
    manifest: bytes

    @property
    def digest(self) -> str:
        """What the image is pinned by."""
        return digest(self.manifest)


def digest(content: bytes) -> str:
    """Return a SHA-256 as registries write it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def image(facts: Mapping, layer: str, size: int, source: str = "") -> Image:
    """Return the image of a release, of which `facts` is the release.json.

    `layer` is the digest of its one layer, `size` how many bytes that has, `source` the repository's address, where it
    has one. Only annotations tell of that: the configuration, as the layer, is the same wherever it is made.
    """
    labels = _labels(facts)
    config = _json(PLATFORM | {"config": {"Labels": labels}, "rootfs": {"type": "layers", "diff_ids": [layer]}})
    annotations = (
        labels | _told(f"{KEYS}.description", facts["report"]["description"]) | _told(f"{KEYS}.source", source)
    )
    return _image(facts["report"]["version"], (CONFIG, config), (LAYER, layer, size), annotations)


def pack(facts: Mapping, layer: str, size: int, source: str = "") -> Image:
    """Return what describes the same layer by ModelPack, beside the image: a cluster mounts no layer of that kind."""
    report, labels = facts["report"], _labels(facts)
    told = {"name": report["model"], "version": report["version"], "revision": facts["commit"]}
    told |= {"description": report["description"]} | _told("sourceURL", source)
    shape = {"format": "onnx" if report["runtime"] == "onnx" else "tensorflow"}
    config = _json({"descriptor": told, "config": shape, "modelfs": {"type": "layers", "diffIds": [layer]}})
    tag = f"{report['version']}-modelpack"
    return _image(tag, (PACK_CONFIG, config), (PACK_LAYER, layer, size), labels, {PACK_PATH: "models"}, PACK)


def is_same(served: Mapping, image: Image) -> bool:
    """Say whether a manifest is an image's: the same configuration and layer, whatever else it is annotated with."""
    ours = json.loads(image.manifest)
    return all(served.get(name) == ours.get(name) for name in ("mediaType", "artifactType", "config", "layers"))


def _labels(facts: Mapping) -> dict[str, str]:
    report = facts["report"]
    told = {"title": report["model"], "version": report["version"], "revision": facts["commit"]}
    return {f"{KEYS}.{name}": value for name, value in told.items()} | {ARTIFACT: report["artifact"]["sha256"]}


def _image(
    tag: str,
    config: tuple[str, bytes],
    layer: tuple[str, str, int],
    annotations: Mapping[str, str],
    of_layer: Mapping[str, str] | None = None,
    kind: str = "",
) -> Image:
    (kind_of_config, content), (kind_of_layer, name, size) = config, layer
    listed = {"mediaType": kind_of_layer, "digest": name, "size": size} | _told("annotations", of_layer)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": kind_of_config, "digest": digest(content), "size": len(content)},
        "layers": [listed],
        "annotations": annotations,
    }
    return Image(tag, content, _json(manifest | _told("artifactType", kind)))


def _told(name: str, value: object) -> dict:
    return {name: value} if value else {}


def _json(content: Mapping) -> bytes:
    """Return JSON in one form only, since its digest counts."""
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
