"""A small template with two versions, made once."""

from pathlib import Path

import pytest
import templating


@pytest.fixture(scope="session")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return templating.template(tmp_path_factory.mktemp("template") / "template")
