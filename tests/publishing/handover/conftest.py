"""A repository with the folders whose trees decide whether bytes are taken over."""

from pathlib import Path

import pytest
from registries import commit
from reviewing import TREES


@pytest.fixture(scope="module")
def start(start: Path) -> Path:
    for place in TREES:
        (start / place).parent.mkdir(parents=True, exist_ok=True)
        (start / place).write_text("first\n")
    commit(start)
    return start
