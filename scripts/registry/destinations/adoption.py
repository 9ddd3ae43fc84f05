"""What an earlier deploy, which recorded no owner, left in a target: found by the releases that it is of."""

import json
import os
import re
from pathlib import Path

from registry.destinations import ownership, unpacked
from registry.errors import refuse
from registry.releases import ledger
from registry.releases.ledger import Releases

OWN = re.compile(r"\d+|deployed\.json|\.deployed\.json\..*\.new")  # what an earlier deploy put into a model's folder


def left(path: Path, known: Releases) -> dict[str, str]:
    """Return the models in a target without an owner that deploy may take over: model -> version.

    These are folders with versions, and a record of a release of this repository, which an earlier deploy wrote; not
    what holds anything else. Raises RegistryError where something lies there, and none of it is such a folder.
    """
    names = ownership.contents(path)
    if not names or ownership.read(path):
        return {}
    found = {name: _recorded(path / name, name, known) for name in names}
    models = {name: version for name, version in found.items() if version}
    if not models:
        text = f"holds nothing of a release of this repository ({ownership.told(names)}), so nothing is taken over"
        raise refuse(str(path), f"{text}; write another target.path, or move away what lies there")
    return models


def _recorded(folder: Path, model: str, known: Releases) -> str | None:
    """Return the version that a model's folder has a record of, where that is a release, else None."""
    try:
        if folder.is_symlink() or not all(map(OWN.fullmatch, os.listdir(folder))):
            return None
        facts = json.loads((folder / unpacked.RECORD).read_bytes())
        release = ledger.find(known.get(model, []), facts["version"])
        return release.version if release and release.sha256 == facts["sha256"] else None
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
