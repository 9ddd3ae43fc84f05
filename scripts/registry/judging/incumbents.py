"""The incumbent: the version that runs where a candidate would go first."""

from dataclasses import asdict
from pathlib import Path

from registry import console, versions
from registry.artifacts.archive import Artifact
from registry.environments import manifests
from registry.errors import RegistryError
from registry.releases import ledger
from registry.releases.ledger import Release
from registry.releases.storage import Store
from registry.specs.models import Model


def find(root: Path, model: Model, store: Store, scratch: Path) -> dict | None:
    """Return the incumbent's version, tar and artifact for a build to compare with, or None when there is none.

    One whose bytes can't be had has a tar that is not there: what is compared with it can't be told.
    """
    release = expected(root, model)
    if release is None:
        return None
    artifact = Artifact(versions.asset(model.name, release.version), release.size, release.sha256)
    try:
        tar = store.fetch(release.tag, artifact, scratch)
    except RegistryError as error:
        console.warn(f"{release.tag} can't be compared with: {error}")
        tar = scratch / artifact.name
    return {"version": release.version, "tar": str(tar), "artifact": asdict(artifact)}


def expected(root: Path, model: Model) -> Release | None:
    """Return what a model's candidate is to be compared with.

    That is what the first environment that takes from releases pins, else the newest release; never the candidate itself,
    of which a publish that was killed may have left a tag.
    """
    released = ledger.load_all(root, model.name).get(model.name, [])
    known = [one for one in released if (one.version, one.fingerprint) != (model.version, model.fingerprint)]
    places, _ = manifests.load_all(root)
    pins = [place.pins.get(model.name) for place in manifests.first(places)]
    pinned = [ledger.find(known, pin.version) for pin in pins if pin]
    return next(filter(None, pinned), None) or ledger.newest(known)
