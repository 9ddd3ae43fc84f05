"""A private repository, where reading takes a permission."""

import pytest
from hub import Hub


@pytest.fixture
def hub(hub: Hub) -> Hub:
    hub.repository.private = True
    return hub
