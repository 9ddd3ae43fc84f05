"""In which order the tests run."""

import pytest

LONGEST = "test_story.py::test_from_a_pull_request_to_production_and_back"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest one: what the others take fits beside it."""
    items.sort(key=lambda item: not item.nodeid.endswith(LONGEST))
