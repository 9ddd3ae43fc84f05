"""Every file of a model's folder but prose decides its fingerprint, those whose names begin with a dot too."""

from pathlib import Path

import pytest
from mistakes import write
from registries import commit

from registry.specs import fingerprints, models


def fingerprint(root: Path) -> str:
    (model,) = models.load(root, ["digits"])
    return model.fingerprint


@pytest.mark.parametrize(
    "name", [".rows.py", ".cache/rows.npy", "a/.b/c", ".gitattributes", "notes.MD", "notes.txt", "x.md.py"]
)
def test_a_file_that_is_no_prose_counts_on_the_disk_and_in_a_commit(root: Path, name: str) -> None:
    before = fingerprint(root)
    write(root, f"models/digits/{name}", "x = 1\n")
    after = fingerprint(root)
    commit(root)
    there = models.recipes_at(root, {"digits": "HEAD"})["digits"].fingerprint
    assert (after != before, there) == (True, after)


@pytest.mark.parametrize(
    "name",
    ["notes.md", "a/.b/README.md", ".hidden.md", "__pycache__/model.cpython-311.pyc", "a/__pycache__/b.pyc",
     ".DS_Store", ".ipynb_checkpoints/a.py", "a/.model.py.swp"],
)  # fmt: skip
def test_prose_and_what_python_or_an_editor_leaves_there_do_not(root: Path, name: str) -> None:
    before = fingerprint(root)
    write(root, f"models/digits/{name}", "x = 1\n")
    assert fingerprint(root) == before


def test_what_git_ignores_does_not(root: Path) -> None:
    before = fingerprint(root)
    (root / ".git/info/exclude").write_text("*.mine\n")
    write(root, "models/digits/.a.mine", "x\n")
    assert fingerprint(root) == before


def test_a_committed_file_that_python_compiled_does_not_count_and_lies_nowhere_where_code_runs(root: Path) -> None:
    (root / ".gitignore").unlink()
    before = fingerprint(root)
    write(root, "models/digits/__pycache__/model.cpython-311.pyc", "x\n")
    commit(root)
    (model,) = models.load(root, ["digits"])
    assert model.fingerprint == before
    assert "__pycache__/model.cpython-311.pyc" not in model.contents.code


def test_the_endings_of_prose_are_one_list() -> None:
    assert fingerprints.PROSE == (".md",)
