"""Images of others that ours stand on: fetched by digest, so that they stay what they are. Pure."""

import json
from collections.abc import Iterator
from typing import Protocol

from registry.errors import RegistryError, refuse
from registry.images.composing import LAYER, Part
from registry.images.naming import Base

MOST_CONFIG, MOST_LAYER = 4 * 1024 * 1024, 512 * 1024 * 1024  # bytes
DOCKER = "application/vnd.docker.image.rootfs.diff.tar"  # what older images call a layer


class Registry(Protocol):
    """Where a base lies."""

    def manifest(self, reference: str) -> tuple[bytes, dict] | None: ...

    def blob(self, name: str, most: int) -> bytes: ...


def parts(base: Base, registry: Registry) -> list[Part]:
    """Return what a base is for each platform of Linux; raise RegistryError where it is no image, or not there."""
    try:
        found = [_part(registry, digest) for digest in _digests(base, registry)]
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise _refuse(base, f"can't be read as an image: {type(error).__name__}") from error
    if not found:
        raise _refuse(base, "is for no platform of Linux")
    return found


def _digests(base: Base, registry: Registry) -> Iterator[str]:
    found = registry.manifest(base.digest)
    if found is None:
        raise _refuse(base, "is not there")
    listed = found[1].get("manifests")
    if listed is None:
        yield base.digest
    for one in listed or []:
        if one["platform"]["os"] == "linux":
            yield one["digest"]


def _part(registry: Registry, digest: str) -> Part:
    _, served = registry.manifest(digest)
    config = json.loads(registry.blob(served["config"]["digest"], MOST_CONFIG))
    names = "architecture", "os", "variant"
    layers = [
        {
            "mediaType": one["mediaType"].replace(DOCKER, LAYER).replace(".gzip", "+gzip"),
            "digest": one["digest"],
            "size": one["size"],
        }
        for one in served["layers"]
    ]
    labels = (config.get("config") or {}).get("Labels") or {}
    if len(layers) != len(config["rootfs"]["diff_ids"]) or not isinstance(labels, dict):
        raise ValueError
    return Part({name: config[name] for name in names if name in config}, config, layers)


def _refuse(base: Base, text: str) -> RegistryError:
    advice = "name one with a shell, such as busybox, by its digest"
    return refuse(f"{base.repository}@{base.digest}", f"{text}; check modelcar_base in the environment: {advice}")
