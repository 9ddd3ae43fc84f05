"""A repository with digits 1.0.0 released, whose workflows may open pull requests."""

import shutil
from pathlib import Path

import pytest
import teams
from hub import Hub
from registries import ROOT, commit


@pytest.fixture(scope="module")
def start(start: Path) -> Path:
    (start / ".github/workflows").mkdir(parents=True)
    shutil.copy(ROOT / ".github/workflows/deploy.yml", start / ".github/workflows")
    commit(start)
    return start


@pytest.fixture
def hub(hub: Hub, root: Path) -> Hub:
    hub.repository.permissions["can_approve_pull_request_reviews"] = True
    hub.repository.private = True
    teams.release(root, hub)
    return hub
