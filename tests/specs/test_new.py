"""`new`: a folder that validates, from a few flags, and nothing of anybody's written over."""

from pathlib import Path

import pytest
from forks import verb
from registries import template

from registry import files
from registry.specs import models


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return template(tmp_path / "repository")


def test_what_it_makes_validates_and_says_what_comes_next(root: Path) -> None:
    assert verb(root, "new", "flowers") == (
        "made models/flowers: edit model.yaml, data.py and model.py\n"
        "next: `tox run -e validate -- flowers`, then `tox run -e build -- flowers`\n"
    )
    verb(root, "validate")
    assert sorted(path.name for path in (root / "models").iterdir()) == ["digits", "flowers"]


@pytest.mark.parametrize("words", ['says "yes": {no} #1', "'", "ünï \\ code", "- list", "on", "1.10", "{description}"])
def test_any_words_survive_the_way_into_the_spec(root: Path, words: str) -> None:
    verb(root, "new", "flowers", f"--owner={words}", f"--description={words}")
    (model,) = models.load(root, ["flowers"])
    assert (model.spec["description"], model.spec["owners"]) == (words, [words])


def test_own_data_is_copied_with_its_digest(root: Path, tmp_path: Path) -> None:
    rows = tmp_path / "my rows.csv"
    rows.write_text("1.5,2.5,0\n3.5,4.5,1\n")
    verb(root, "new", "flowers", f"--data={rows}")
    (model,) = models.load(root, ["flowers"])
    assert model.section("data") == {"path": "data.csv", "sha256": files.digest(rows), "holdout": 0.25}
    assert (model.folder / "data.csv").read_bytes() == rows.read_bytes()


REFUSED = {
    "a name in capitals": (
        ["Flowers"], "Flowers: is no name for a model; use lower-case letters, digits, - and _, a letter first"
    ),
    "a name with a path": (
        ["../x"], "../x: is no name for a model; use lower-case letters, digits, - and _, a letter first"
    ),
    "a model that exists": (["digits"], "models/digits: exists already; choose another name"),
    "no file": (["flowers", "--data=nowhere.csv"], "nowhere.csv: is no file; name a CSV file"),
    "a folder": (["flowers", "--data=models"], "models: is no file; name a CSV file"),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_what_it_cannot_make_is_refused_and_changes_nothing(root: Path, fault: str) -> None:
    words, message = REFUSED[fault]
    before = {path: path.read_bytes() for path in root.rglob("models/**/*") if path.is_file()}
    assert verb(root, "new", *words, code=1) == f"{message}\n1 problem\n"
    assert {path: path.read_bytes() for path in root.rglob("models/**/*") if path.is_file()} == before
