"""Where models/ itself is no folder of this repository, every verb says so in one line."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from forks import verb
from registries import commit, git

VERBS = (("validate",), ("changed", "--json"), ("status",), ("promote", "digits", "production"), ("new", "flowers"))


def file(root: Path) -> None:
    (root / "models").write_text("digits\n")


def link(root: Path) -> None:
    shutil.copytree(root.parent / "models", root / "elsewhere")
    (root / "models").symlink_to("elsewhere")


def link_to_nowhere(root: Path) -> None:
    (root / "models").symlink_to("elsewhere")


def repository(root: Path) -> None:
    shutil.copytree(root.parent / "models", root / "models")
    git(root / "models", "init", "--quiet", ".")
    commit(root / "models")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (file, "is no folder; put each model's folder into a folder of this name"),
        (link, "is a link; put the folder itself there"),
        (link_to_nowhere, "is a link; put the folder itself there"),
        (repository, "is a repository of its own, which no clone of this one holds; put its files into this one"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_it_is_told_in_one_line(released: Path, tmp_path: Path, kind: Callable[[Path], None], said: str) -> None:
    root = shutil.copytree(released, tmp_path / "root")
    (root / "models").rename(tmp_path / "models")
    kind(root)
    commit(root)
    for words in VERBS:
        assert verb(root, *words, code=1) == f"models: {said}\n1 problem\n"
