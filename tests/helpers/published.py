"""What a release on the hub holds when it is as it should be."""

import json
from pathlib import Path

import teams
from hub import Hub
from registries import git

ASSETS = ["SHA256SUMS", "digits-1.0.0.tar", "model-card.md", "release.json", "report.json", "report.svg"]


def check_released(root: Path, hub: Hub) -> None:
    """There is one release with the candidate's bytes, its tag annotated and on the commit that was built."""
    (release,) = hub.repository.releases.values()
    assert (release.tag_name, release.name, release.draft) == (teams.TAG, teams.TAG, False)
    assert hub.repository.latest is None
    assert sorted(asset.name for asset in release.assets.values()) == ASSETS
    held = {asset.name: asset.path.read_bytes() for asset in release.assets.values()}
    assert held["digits-1.0.0.tar"] == (root / "candidates/digits/digits-1.0.0.tar").read_bytes()
    facts = json.loads(held["release.json"])
    assert facts["report"] == json.loads((root / "candidates/digits/report.json").read_text())
    where = f"--git-dir={hub.repository.git.path}"
    assert git(root, where, "cat-file", "-t", f"refs/tags/{teams.TAG}") == "tag\n"
    assert git(root, where, "rev-parse", f"{teams.TAG}^{{commit}}") == git(root, "rev-parse", "HEAD")
