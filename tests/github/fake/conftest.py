"""The tests of the GitHub that the other tests talk to begin with one that holds nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hub import Hub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub(tmp_path) as hub:
        yield hub
