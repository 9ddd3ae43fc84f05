"""Every kind of target passes the same tests, and is told of in the same places."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from anytarget import *  # noqa: F403  the tests
from stages import STAGES, Stage


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    made = STAGES[request.param](tmp_path)
    yield made
    made.close()
