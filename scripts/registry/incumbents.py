"""The incumbent: the version that runs where a candidate would go first."""

from dataclasses import asdict
from pathlib import Path

from registry import console, environments, releases, versions
from registry.artifacts import Artifact
from registry.errors import RegistryError
from registry.releases import Release
from registry.stores import Store


def find(root: Path, model: str, store: Store, scratch: Path) -> dict | None:
    """Return the incumbent's version, tar and artifact for a build to compare with, or None when there is none.

    One whose bytes can't be had has a tar that is not there: what is compared with it can't be told.
    """
    release = _release(root, model)
    if release is None:
        return None
    artifact = Artifact(versions.asset(model, release.version), release.size, release.sha256)
    try:
        tar = store.fetch(release.tag, artifact, scratch)
    except RegistryError as error:
        console.warn(f"{release.tag} can't be compared with: {error}")
        tar = scratch / artifact.name
    return {"version": release.version, "tar": str(tar), "artifact": asdict(artifact)}


def _release(root: Path, model: str) -> Release | None:
    """What the first environment that takes from releases pins, else the newest release."""
    known = releases.load_all(root).get(model, [])
    places, _ = environments.load_all(root)
    pins = [place.pins.get(model) for place in environments.first(places)]
    pinned = [releases.find(known, pin.version) for pin in pins if pin]
    return next(filter(None, pinned), None) or releases.newest(known)
