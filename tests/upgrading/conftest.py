"""A small template with two versions, made once."""

from pathlib import Path

import forerunners
import pytest


@pytest.fixture(scope="session")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return forerunners.template(tmp_path_factory.mktemp("template") / "template")
