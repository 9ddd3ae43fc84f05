"""A candidate is never compared with itself: its own version may be released, or half of it, before it is built again."""

from pathlib import Path

import forks
from registries import candidate, commit

from registry.judging import incumbents
from registry.releases.folder import FolderStore
from registry.specs import models


def test_what_is_compared_with_is_the_version_before_whatever_there_is_of_the_own_one(
    pinned: Path, tmp_path: Path
) -> None:
    def compared() -> str | None:
        (model,) = models.load(pinned, ["digits"])
        found = incumbents.find(pinned, model, FolderStore(pinned, pinned / "releases"), tmp_path)
        assert found is None or Path(found["tar"]).is_file()
        return found and found["version"]

    assert compared() is None
    spec = pinned / "models/digits/model.yaml"
    spec.write_text(spec.read_text("utf-8").replace("version: 1.0.0", "version: 1.1.0"), "utf-8")
    commit(pinned)
    assert compared() == "1.0.0"
    candidate(pinned)
    forks.verb(pinned, "publish", "digits")
    assert compared() == "1.0.0"
    forks.verb(pinned, "promote", "digits", "staging")
    assert compared() == "1.0.0"
