"""What tests of serve begin with: a server with one of each model, which all of a module share, and an empty directory."""

import pytest
from servers import fixture, place, repository, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("repository")
    models = repository(root)
    for model, name in ("digits", "double"), ("shop", "shop"), ("kinds", "kinds"), ("log", "log"), ("free", "free"):
        place(models, model, 1_000_000, fixture(name))
    place(models, "digits", 1_001_000, fixture("triple"))
    place(models, "broken", 1_000_000, b"no model")
    (models / "digits/deployed.json").write_text("{}")
    (models / "digits/.1002000").mkdir()
    (models / "digits/latest").mkdir()
    (models / ".lock").write_text("")
    with serving(root) as server:
        yield server
        assert "Traceback" not in server.said


@pytest.fixture
def root(tmp_path):
    repository(tmp_path)
    return tmp_path


@pytest.fixture
def models(root):
    return root / "deployments"
