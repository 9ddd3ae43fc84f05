"""What tests of settings look at."""

import pytest
from hub import Hub


@pytest.fixture
def sent(hub: Hub) -> list[tuple]:
    """What the hub was sent to change something: method, path below the repository, and body."""
    got, answer = [], hub.answer

    def listen(ask):
        if ask.method != "GET":
            got.append((ask.method, ask.path.removeprefix("/repos/octo/models"), ask.json))
        return answer(ask)

    hub.answer = listen
    return got
