"""What many tests begin with: a team's repository, and a hub that holds it. Some modules replace one by more.

What tests count, which they record as the property `count`, is printed at the end.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub import Hub
from hub.caller import Caller
from hypothesis import settings
from registries import template
from talking import hub_of

settings.register_profile("registry", deadline=None)  # how long an example takes depends on what else the machine does
settings.load_profile("registry")


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that is copied for each test."""
    return template(tmp_path_factory.mktemp("start") / "start")


@pytest.fixture
def root(start: Path, tmp_path: Path) -> Path:
    return shutil.copytree(start, tmp_path / "root")


@pytest.fixture
def hub(root: Path, tmp_path: Path) -> Iterator[Hub]:
    with hub_of(root, tmp_path / "hub") as hub:
        yield hub


@pytest.fixture
def octo(hub: Hub) -> Caller:
    """The owner of the hub's repository."""
    return Caller(hub, hub.token)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed = terminalreporter.getreports("passed")
    for value in sorted(value for one in passed for name, value in one.user_properties if name == "count"):
        terminalreporter.write_line(value)
