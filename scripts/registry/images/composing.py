"""An image as a value: its configuration and manifest, which follow from a release alone. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
# the CNCF's specification ModelPack
PACK = "application/vnd.cncf.model.manifest.v1+json"
PACK_CONFIG = "application/vnd.cncf.model.config.v1+json"
PACK_LAYER = "application/vnd.cncf.model.weight.v1.tar"
PACK_PATH = "org.cncf.model.filepath"
KEYS = "org.opencontainers.image"
ARTIFACT = "model.artifact.sha256"
PARTS = "mediaType", "artifactType", "config", "layers", "manifests"
FORM = {"schemaVersion": 2, "mediaType": MANIFEST}
PLATFORM = {"architecture": "amd64", "os": "linux"}  # one must be named; nothing in it runs, so it fits each


class Part(NamedTuple):
    """What a base is for one platform: that, its configuration, and descriptors of its layers."""

    platform: dict
    config: dict
    layers: list[dict]


@dataclass(frozen=True)
class Image:
    """A manifest as bytes, under a tag or its digest, and the configuration that it names; an index has none."""

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
    root = {"type": "layers", "diff_ids": [layer]}
    config = _json(PLATFORM | {"config": {"Labels": _labels(facts)}, "rootfs": root})
    layers = [{"mediaType": LAYER, "digest": layer, "size": size}]
    manifest = {"config": _descriptor(CONFIG, config), "layers": layers, "annotations": _annotations(facts, source)}
    return Image(facts["report"]["version"], config, _json(FORM | manifest))


def cars(facts: Mapping, parts: Sequence[Part], layer: str, size: int) -> list[Image]:
    """Return an image for each part of a base, with the same layer on top, and last the index that names them all."""
    made = [_car(facts, part, layer, size) for part in parts]
    listed = [
        {"mediaType": MANIFEST, "digest": one.digest, "size": len(one.manifest), "platform": part.platform}
        for one, part in zip(made, parts, strict=True)
    ]
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": listed, "annotations": _labels(facts)}
    return [*made, Image(f"{facts['report']['version']}-modelcar", b"", _json(index))]


def _car(facts: Mapping, part: Part, layer: str, size: int) -> Image:
    shape = {name: value for name, value in part.config.items() if name not in ("history", "rootfs")}
    run = shape.get("config") or {}
    labels = (run.get("Labels") or {}) | _labels(facts)
    root = {"type": "layers", "diff_ids": [*part.config["rootfs"]["diff_ids"], layer]}
    config = _json(shape | {"config": run | {"Labels": labels}, "rootfs": root})
    layers = [*part.layers, {"mediaType": LAYER, "digest": layer, "size": size}]
    manifest = _json(FORM | {"config": _descriptor(CONFIG, config), "layers": layers, "annotations": _labels(facts)})
    return Image(digest(manifest), config, manifest)


def pack(facts: Mapping, layer: str, size: int, source: str = "") -> Image:
    """Return what describes the same layer by ModelPack, beside the image: a cluster mounts no layer of that kind."""
    report = facts["report"]
    told = {"name": report["model"], "version": report["version"], "description": report["description"]}
    shape = {"format": "onnx" if report["runtime"] == "onnx" else "tensorflow"}
    files = {"type": "layers", "diffIds": [layer]}
    config = _json({"descriptor": told | {"revision": facts["commit"]}, "config": shape, "modelfs": files})
    layers = [{"mediaType": PACK_LAYER, "digest": layer, "size": size, "annotations": {PACK_PATH: "models"}}]
    manifest = {"config": _descriptor(PACK_CONFIG, config), "layers": layers, "artifactType": PACK}
    annotations = {"annotations": _annotations(facts, source)}
    return Image(f"{report['version']}-modelpack", config, _json(FORM | manifest | annotations))


def is_same(served: Mapping, image: Image) -> bool:
    """Say whether a manifest is an image's: the same configuration and layer, whatever else it is annotated with."""
    ours = json.loads(image.manifest)
    return all(served.get(name) == ours.get(name) for name in PARTS)


def is_told(served: Mapping, facts: Mapping) -> bool:
    """Say whether a manifest tells of a release: its commit, version and artifact."""
    annotations = served.get("annotations")
    return isinstance(annotations, dict) and _labels(facts).items() <= annotations.items()


def _labels(facts: Mapping) -> dict[str, str]:
    report = facts["report"]
    told = {"title": report["model"], "version": report["version"], "revision": facts["commit"]}
    return {f"{KEYS}.{name}": value for name, value in told.items()} | {ARTIFACT: report["artifact"]["sha256"]}


def _annotations(facts: Mapping, source: str) -> dict[str, str]:
    where = {f"{KEYS}.source": source} if source else {}
    return _labels(facts) | {f"{KEYS}.description": facts["report"]["description"]} | where


def _descriptor(kind: str, content: bytes) -> dict:
    return {"mediaType": kind, "digest": digest(content), "size": len(content)}


def _json(content: Mapping) -> bytes:
    """Return JSON in one form only, since its digest counts."""
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
