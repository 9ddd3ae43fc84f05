"""What many tests begin with: a team's repository, and a hub that holds it. Some modules replace one by more.

What tests count, which they record as the property `count`, is printed at the end.
"""

import gc
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import forks
import pytest
from hub import Hub
from hub.caller import Caller
from hypothesis import settings
from registries import candidate, commit, template
from talking import hub_of

from registry import memory

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


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a candidate of digits 1.0.0."""
    root = template(tmp_path_factory.mktemp("made") / "made")
    candidate(root)
    return root


@pytest.fixture(scope="module")
def released(made: Path) -> Path:
    """As above, with digits 1.0.0 released and pinned in staging."""
    root = Path(shutil.copytree(made, made.with_name("released")))
    forks.verb(root, "publish", "digits")
    forks.verb(root, "promote", "digits", "staging")
    commit(root)
    return root


@pytest.fixture(scope="module")
def applied(released: Path) -> Path:
    """As above, and deployed there."""
    root = Path(shutil.copytree(released, released.with_name("a répository")))
    forks.verb(root, "deploy", "staging", "--apply")
    return root


@pytest.fixture
def fresh(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "a répository"))


@pytest.fixture
def pinned(released: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(released, tmp_path / "a répository"))


@pytest.fixture
def deployed(applied: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(applied, tmp_path / "a répository"))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end: who looks for garbage, then or later, here or in a fork, passes it over."""
    with memory.unswept():
        found = yield
    gc.freeze()
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed = terminalreporter.getreports("passed")
    for value in sorted(value for one in passed for name, value in one.user_properties if name == "count"):
        terminalreporter.write_line(value)
