"""What tests of images begin with."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from harbour import Dock, docked
from loopback import Server

from registry.github import retries
from registry.images import pushing
from registry.images.pushing import Made

SOURCE = "https://github.com/octo/models"


@pytest.fixture
def dock() -> Dock:
    return Dock()


@pytest.fixture
def server(dock: Dock) -> Iterator[Server]:
    with docked(dock) as server:
        yield server


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited each time; nobody does."""
    found: list[float] = []
    monkeypatch.setattr(retries, "time", SimpleNamespace(sleep=found.append))
    return found


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home folder without logins."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    return tmp_path / "home"


@pytest.fixture
def tar(released: Path) -> Path:
    return released / "releases/digits@v1.0.0/digits-1.0.0.tar"


@pytest.fixture
def facts(tar: Path) -> dict:
    """The release.json of digits 1.0.0."""
    return json.loads((tar.parent / "release.json").read_text())


@pytest.fixture
def image(facts: dict, tar: Path) -> Made:
    return pushing.make(facts, tar, SOURCE)
