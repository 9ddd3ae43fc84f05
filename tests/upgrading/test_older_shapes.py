"""This very repository, as it was on two days, is brought to what it is now: with a team's edits, and a release."""

from pathlib import Path

import forerunners
import forks
import pytest
import registries
from registries import commit, git
from servers import ROOT

from registry.git import contents, is_shallow, resolve
from registry.releases import ledger
from registry.releases.ledger import Release
from registry.upgrading import extent, releasing, template
from registry.upgrading.extent import RECORD

# its last commit, and the fingerprint that it gave to the model digits
SHAPES = {
    "25 November": ("47258abdeafbd844e941e51b1e11a78ed9450ef7", "1f13544c7c1d95b057c40e53df7a58ee6de1c25ea1614f93fd8d8479d93b1b25"),
    "28 November": ("6534b8338e17b2a67405d372489b66453c30044f", "2917924351c33cfe3808d6d6e7265e6d30c84e0b86877394cd7ef6d8ed5ef9ec"),
}  # fmt: skip
SPEC = "models/digits/model.yaml"
MIGRATED = {
    "25 November": [
        "models/digits/data.py: load() has a file of its own, with what it needs",
        "models/digits/model.py: load() went to data.py",
        f"{SPEC}: version 1.0.0 → 1.0.1: data.py, model.py changed since digits@v1.0.0",
    ],
    "28 November": [],
}
EDITS = {
    ".github/workflows/check.yml": ("name: check\n", "name: check # ours\n"),
    "scripts/registry/console.py": ("WIDTH = 110\n", "WIDTH = 140\n"),
}
TAG = "digits@v1.0.0"


def objects(root: Path) -> Path:
    """Make `root` a repository that knows this one's objects."""
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main", ".")
    theirs = git(ROOT, "rev-parse", "--path-format=absolute", "--git-path", "objects")
    (root / ".git/objects/info/alternates").write_text(theirs)
    return root


@pytest.fixture(scope="module")
def newest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A template whose version 9.0.0 is what this repository has committed."""
    missing = [one for one, _ in SHAPES.values() if resolve(ROOT, one) is None]
    if missing or is_shallow(ROOT):
        pytest.skip("needs this template's own history, which a repository made from it has not")
    root = objects(tmp_path_factory.mktemp("newest") / "template")
    git(root, "update-ref", "refs/heads/main", git(ROOT, "rev-parse", "HEAD").strip())
    record = template.text(releasing.record(root, "9.0.0", forerunners.ADDRESS))
    (root / "record").write_text(record)
    git(root, "read-tree", "HEAD")
    blob = git(root, "hash-object", "-w", "record").strip()
    git(root, "update-index", "--add", "--cacheinfo", f"100644,{blob},{RECORD}")
    git(root, "commit", "--quiet", "--message", "template 9.0.0")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in registries.IDENTITY.items():
            patch.setenv(name, value)
        releasing.tag(root, releasing.record(root, "9.0.0", forerunners.ADDRESS))
    return root


@pytest.mark.parametrize("day", SHAPES)
def test_an_older_shape_is_brought_to_this_one(
    day: str, newest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, (shape, fingerprint) = objects(tmp_path / "root"), SHAPES[day]
    first = git(root, "commit-tree", f"{shape}^{{tree}}", "-m", "Initial commit").strip()
    git(root, "reset", "--quiet", "--hard", first)
    for path, (old, new) in EDITS.items():
        text = (root / path).read_text()
        assert text.count(old) == 1
        (root / path).write_text(text.replace(old, new))
    (root / "scripts/ours.py").write_text("ours\n")
    commit(root)
    release = Release("digits", "1.0.0", first, fingerprint, "0" * 64, 1, "pass", {"accuracy": 0.9}, "litert")
    git(root, "tag", "--annotate", "--message", ledger.tag_message(release, "digits 1.0.0", "d"), TAG, first)
    monkeypatch.setitem(registries.ENVIRONMENT, "PATH", forerunners.tox(tmp_path))
    said = forks.verb(
        tmp_path, "upgrade", "--of", "root", "--template", str(newest), "--tests", "validate"
    ).splitlines()
    (before, after), wanted = [contents(root, one) for one in ("HEAD", "upgrade-9.0.0")], contents(newest, "v9.0.0")
    counted = [path for path in before if not extent.is_teams(path) and path != "scripts/ours.py"]
    assert said[0] == (
        f"from commit {shape[:12]}, of whose {len(counted)} files {len(counted) - len(EDITS)} are here as they were"
    )
    assert [line for line in said if line.startswith("models/")] == MIGRATED[day]
    for path, (old, new) in EDITS.items():
        assert after.pop(path) == wanted.pop(path).replace(old.encode(), new.encode())
    assert after.pop("scripts/ours.py") == b"ours\n"
    assert {path: after[path] for path in after if not extent.is_teams(path)} == {
        path: wanted[path] for path in wanted if not extent.is_teams(path)}  # fmt: skip
    teams = {path: before[path] for path in before if extent.is_teams(path)}
    if MIGRATED[day]:
        teams[SPEC] = teams[SPEC].replace(b"version: 1.0.0", b"version: 1.0.1")
        teams |= {path: after[path] for path in ("models/digits/data.py", "models/digits/model.py")}
        assert after["models/digits/data.py"].startswith(b"import numpy as np\n\n\ndef load(path):\n")
    assert {path: after[path] for path in after if extent.is_teams(path)} == teams
