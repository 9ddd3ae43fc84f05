"""The images of .devcontainer/, really built and run: the one that serves is asked for predictions."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import servers
from asking import ROW
from buildah import Buildah
from registries import git
from servers import ROOT

USER = 1000
OWNS_NOTHING = "test $(id -u) = 1000; for place in / /opt/*; do test ! -w $place; done"
NO_SECRETS = "test ! -s /etc/pip.conf; test ! -e /run/secrets/certificates"
READY = (
    "python scripts/validate.py; tox list; python -c 'import tensorflow, optuna'; python -m pytest tests/test_tox.py"
)


@pytest.fixture(scope="session")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    folder = tmp_path_factory.mktemp("containers")
    yield Buildah(folder)
    shutil.rmtree(folder)  # gigabytes, of which pytest would keep three


@pytest.fixture
def open_to_all(tmp_path: Path) -> Path:
    """A folder that the image's user may reach."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o055)
    return tmp_path


def test_the_serving_image_is_small_and_answers_as_a_user_who_owns_nothing(buildah: Buildah, open_to_all: Path) -> None:
    servers.place(open_to_all / "models", "digits", 1000000, servers.fixture("double")).parents[1].chmod(0o755)
    (open_to_all / "models/digits/1000000").chmod(0o755)
    (open_to_all / "token").write_text("word\n")
    config = buildah.build("serving")
    assert (config["User"], [*config["ExposedPorts"]]) == ("models", ["8501/tcp"])
    name = buildah("from", "serving")
    places = {"models": "/models", "token": "/run/secrets/token"}
    mounts = [f"--volume={open_to_all / here}:{there}:ro" for here, there in places.items()]
    command = buildah.words("run", *mounts, name, "--", *config["Entrypoint"], *config["Cmd"])
    with servers.running(open_to_all, *command) as server:
        servers.until(lambda: servers.ready(server), "a model")
        body, address = {"instances": [ROW]}, f"{server.url}/v1/models/digits:predict"
        assert requests.post(address, json=body).status_code == 401
        answer = requests.post(address, json=body, headers={"Authorization": "Bearer word"})
        assert answer.json() == {"predictions": [[[2.0 * value for value in row] for row in ROW]]}
        assert config["Healthcheck"]["Test"][0] == "CMD"
        buildah("run", name, "--", *config["Healthcheck"]["Test"][1:])
    buildah("run", name, "--", "sh", "-ec", f"{OWNS_NOTHING}; {NO_SECRETS}")
    installed = buildah("run", name, "--", "sh", "-ec", "ls /opt/python/lib/python3*/site-packages")
    assert "onnxruntime" in installed and not {"pip", "setuptools", "tensorflow", "scipy"} & {*installed.split()}


def test_the_desk_opens_ready_for_a_user_without_root(buildah: Buildah, open_to_all: Path) -> None:
    assert buildah.build("desk")["User"] == "desk"
    git(ROOT, "clone", "--quiet", "--no-hardlinks", ".", str(open_to_all / "clone"))
    shutil.copytree(ROOT / "scripts", open_to_all / "clone/scripts", dirs_exist_ok=True)
    for folder, _, files in os.walk(open_to_all / "clone"):
        for file in ("", *files):
            os.chown(os.path.join(folder, file), USER, USER, follow_symlinks=False)
    mount, name = f"--volume={open_to_all}/clone:/workspaces/models", buildah("from", "desk")
    words = "--workingdir", "/workspaces/models", mount, name, "--", "sh", "-ec"
    said = buildah("run", *words, f"{OWNS_NOTHING}; {NO_SECRETS}; test $HOME = /home/desk; {READY}")
    assert ": all valid\n" in said and "demo" in said and " passed" in said
