"""Nothing that no commit holds is released, and nobody is told to commit where there is nothing to commit."""

import json
import shutil
from pathlib import Path

import pytest
from forks import verb
from registries import candidate, commit, git, template

from registry import git as registry_git

PLACE = "models/digits"
NO_COMMIT = f"{PLACE}: no commit holds what was built; commit your changes: `git add {PLACE} && git commit`"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = template(tmp_path / "root")
    (root / ".gitattributes").write_text("* text=auto eol=lf\n")
    commit(root)
    return root


def edit(root: Path, old: str, new: str) -> None:
    spec = root / PLACE / "model.yaml"
    assert old in spec.read_text("utf-8")
    spec.write_text(spec.read_text("utf-8").replace(old, new), "utf-8")


FIELDS = {
    "version": ("version: 1.0.0", "version: 1.1.0"),
    "description": ("Reads handwritten", "Recognises handwritten"),
    "owners": ("[vision]", "[vision, somebody]"),
    "thresholds": ("min: 0.90", "min: 0.80"),
    "training": ("seed: 7", "seed: 8"),
    "runs_on": ("task: classification", "task: classification\nruns_on: ubuntu-24.04"),
}


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_is_released_that_no_commit_holds(root: Path, field: str) -> None:
    edit(root, *FIELDS[field])
    candidate(root)
    assert verb(root, "publish", "digits", code=1) == f"{NO_COMMIT}\n1 problem\n"
    assert (git(root, "tag"), list((root / "releases").rglob("*.json"))) == ("", [])
    commit(root)
    verb(root, "publish", "digits")
    assert released(root)["commit"] == git(root, "rev-parse", "HEAD").strip()


def released(root: Path) -> dict:
    (facts,) = (root / "releases").rglob("release.json")
    return json.loads(facts.read_text("utf-8"))


@pytest.mark.parametrize("field", ["version", "description", "owners", "thresholds", "training"])
def test_what_moved_on_since_the_build_is_not_released_as_it_was(root: Path, field: str) -> None:
    candidate(root)
    edit(root, *FIELDS[field])
    name = "fingerprint" if field == "training" else field
    assert verb(root, "publish", "digits", code=1) == (
        f"{PLACE}: {name} changed since the candidate was built;"
        " build it again with `tox run -e build -- digits`\n1 problem\n"
    )


def test_what_was_built_is_released_from_the_commit_that_holds_it(root: Path) -> None:
    candidate(root)
    first = git(root, "rev-parse", "HEAD").strip()
    (root / "notes.txt").write_text("another change")
    commit(root)
    verb(root, "publish", "digits")
    assert released(root)["commit"] == first


@pytest.mark.parametrize("gone", ["release", "tag"])
def test_a_half_of_a_release_is_not_completed_with_what_its_commit_does_not_hold(root: Path, gone: str) -> None:
    candidate(root)
    verb(root, "publish", "digits")
    before, tagged = released(root), git(root, "cat-file", "tag", "digits@v1.0.0")
    if gone == "release":
        shutil.rmtree(root / "releases")
    else:
        git(root, "tag", "--delete", "digits@v1.0.0")
    edit(root, *FIELDS["description"])
    candidate(root)
    head = before["commit"][:12]
    text = f"is a tag on {head}, which holds another {PLACE} than this; check that commit out and build and publish it"
    expected = f"digits@v1.0.0: {text} there, or raise the version\n1 problem\n"
    if gone == "release":
        assert verb(root, "publish", "digits", code=1) == expected
        git(root, "checkout", PLACE)
        candidate(root)
    verb(root, "publish", "digits")
    assert released(root)["report"]["description"] == before["report"]["description"]
    assert git(root, "cat-file", "tag", "digits@v1.0.0").split("\n\n", 1)[1] == tagged.split("\n\n", 1)[1]


def windows(root: Path) -> None:
    for file in (root / PLACE).iterdir():
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))


def windows_and_added(root: Path) -> None:
    windows(root)
    git(root, "add", "--all")


def hidden(root: Path) -> None:
    git(root, "update-index", "--assume-unchanged", *(f"{PLACE}/{file.name}" for file in (root / PLACE).iterdir()))
    for file in (root / PLACE).iterdir():
        file.write_bytes(file.read_bytes() + b"# more\n")


def touched(root: Path) -> None:
    for file in (root / PLACE).iterdir():
        file.touch()


@pytest.mark.parametrize("kind", [windows, windows_and_added, hidden, touched], ids=lambda kind: kind.__name__)
def test_where_git_has_nothing_to_commit_nobody_is_told_to(root: Path, kind) -> None:
    kind(root)
    assert git(root, "diff", "--stat", "HEAD") == ""
    assert verb(root, "changed") == "digits 1.0.0: has no release yet\nnext: `tox run -e build -- digits`\n"
    candidate(root)
    verb(root, "publish", "digits")
    assert verb(root, "changed") == "every model is released as it is; nothing to build\n"
    assert verb(root, "changed", "--base", "HEAD") == "code changed: no\n"
    assert registry_git.is_clean(root, PLACE)
