"""What images are called: the field `images` of an environment, and the repository of each model below it. Pure."""

import re
from typing import NamedTuple

from registry.errors import LONGEST, one_line, refuse

PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
HOST = re.compile(rf"(?:localhost|{LABEL}(?:\.{LABEL})+|\[[0-9a-f:.]+\])(?::[0-9]{{1,5}})?|{LABEL}:[0-9]{{1,5}}")
PATH = re.compile(rf"{PART}(?:/{PART})*")
SCHEME = re.compile(r"^[a-z+]+://", re.IGNORECASE)
LOCAL = re.compile(r"(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]+)?")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
MOST = 255  # letters, which a registry takes of a repository's name with its host
EXAMPLE = "ghcr.io/octo/models"


class Repository(NamedTuple):
    """Where the images of a model lie: `ghcr.io`, `octo/models/digits`. Each version is a tag in it."""

    host: str
    path: str

    def __str__(self) -> str:
        return f"{self.host}/{self.path}"

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, where nothing is encrypted: so say all who pull images."""
        return bool(LOCAL.fullmatch(self.host))


class Base(NamedTuple):
    """An image with a shell, on which those are made that KServe runs beside a server."""

    repository: Repository
    digest: str


def fault(images: str) -> str | None:
    """Say what keeps images from lying at a place, or None; the words stand behind the place's name."""
    short = one_line(images)
    if found := SCHEME.match(images):
        return f"{short} begins as an address does; leave {found[0]} out"
    if images != images.lower():
        return f"{short} has upper-case letters, which registries refuse; write {one_line(images.lower())}"
    host, _, path = images.partition("/")
    if "@" in path:
        return f"{short} ends in a digest; leave it out: each version has its own"
    if ":" in path:
        return f"{short} ends in a tag; leave it out: each version is a tag of its own"
    if not HOST.fullmatch(host):
        return f"{short} names no registry; write it first, as in {EXAMPLE}"
    if not PATH.fullmatch(path) or len(images) > MOST - LONGEST:
        return f"{short} is no place that a registry knows; write one such as {EXAMPLE}"
    return None


def model_fault(model: str) -> str | None:
    """Say what keeps a model from having images, or None; the words stand behind its place."""
    if re.fullmatch(PART, model):
        return None
    return "is a name that registries of images refuse; name the model with single -, _ or __ between letters"


def repository(images: str, model: str) -> Repository:
    """Return where the images of a model lie below a place; raise RegistryError where registries take no such name."""
    if text := fault(images):
        raise refuse("images", text)
    if text := model_fault(model):
        raise refuse(f"models/{model}", text)
    host, _, path = images.partition("/")
    return Repository(host, f"{path}/{model}")


def base_fault(text: str) -> str | None:
    """Say what keeps an image from being the base of others, or None; the words stand behind the field's name."""
    place, _, digest = text.partition("@")
    if not DIGEST.fullmatch(digest):
        return f"{one_line(text)} names no digest; write it behind the name, @sha256:…, so that it stays what it is"
    return fault(place)


def base(text: str) -> Base:
    """Return the base that a field names; raise RegistryError where it is none."""
    if found := base_fault(text):
        raise refuse("modelcar_base", found)
    place, _, digest = text.partition("@")
    host, _, path = place.partition("/")
    return Base(Repository(host, path), digest)
