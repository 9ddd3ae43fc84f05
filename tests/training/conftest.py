"""What tests of a model's code begin with."""

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a tiny model will lie."""
    return tmp_path / "models/tiny"
