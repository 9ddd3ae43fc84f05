"""What publish pushes: of a new version at once, of versions released before when somebody asks; nothing else, and never unasked."""

import os
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import forks
import publish
import pytest
import registries
from harbour import Dock, refuse
from hub import Hub
from loopback import Server
from registries import candidate, commit, git
from talking import succeeds

from registry import console
from registry.github import retries
from registry.images import composing, distribution, supplying  # noqa: F401  what publish imports late is here before it forks

MISSING = "publish", "--images"


@pytest.fixture
def images(server: Server) -> str:
    return f"{server.url().removeprefix('http://')}/octo/models"


def ask(root: Path, images: str, *environments: str) -> None:
    """Let environments ask for images."""
    for name in environments or ("staging",):
        place = root / f"environments/{name}.yaml"
        place.write_text(f"images: {images}\n{place.read_text()}")
    commit(root)


def verb(root: Path, *words: str, code: int = 0) -> str:
    """Run publish in a fork that does not wait long."""

    def begin() -> None:
        os.environ.clear()
        os.environ.update(registries.ENVIRONMENT)
        retries.FIRST_WAIT = 0.001

    status, said = forks.run(root, partial(console.run, publish.main), *words[1:], first=begin)
    assert (status, "Traceback" in said) == (code, False), said
    return said


def release(root: Path, version: str) -> None:
    """Release another version of digits."""
    spec = root / "models/digits/model.yaml"
    before = spec.read_text()
    (line,) = [one for one in before.splitlines() if one.startswith("version: ")]
    spec.write_text(before.replace(line, f"version: {version}"))
    commit(root)
    candidate(root)
    verb(root, "publish", "digits")


def digest(dock: Dock, tag: str) -> str:
    return composing.digest(dock.manifests[tag])


def tags(dock: Dock) -> list[str]:
    return sorted(tag for tag in dock.manifests if "modelpack" not in tag)


def test_a_new_version_becomes_an_image_where_an_environment_asks_for_one(
    root: Path, dock: Dock, server: Server, images: str
) -> None:
    candidate(root)
    ask(root, images, "staging", "production")
    said = verb(root, "publish", "digits")
    image = f"{images}/digits@{digest(dock, '1.0.0')}"
    assert said == (
        f"published digits@v1.0.0: {root}/releases/digits@v1.0.0\n"
        "next: `git push origin 'digits@v1.0.0'` makes the tag known elsewhere\n"
        f"pushed {image}\n"
        "next: `tox run -e promote -- digits staging`\n"
    )
    server.asked.clear()
    assert f"is there already: {image}\n" in verb(root, "publish", "digits")
    assert verb(root, *MISSING) == "no image is missing\n"
    assert {told.split()[0] for told in server.told} == {"GET"}


def test_no_registry_is_asked_where_no_environment_asks_for_images(root: Path, server: Server) -> None:
    candidate(root)
    verb(root, "publish", "digits")
    assert verb(root, *MISSING) == "no environment asks for images; nothing to push\n"
    assert not server.told


def test_a_registry_that_refuses_costs_no_release_and_the_image_is_pushed_later(
    root: Path, dock: Dock, server: Server, images: str
) -> None:
    candidate(root)
    ask(root, images)
    dock.errs = lambda call: refuse(call, 403, "DENIED", "denied") or True
    said = verb(root, "publish", "digits", code=1)
    assert said.startswith("published digits@v1.0.0") and said.endswith("1 problem\n") and "403 forbidden" in said
    assert said.count("\n") == 4, "what was done, what comes next, and one line that says what is wrong"
    dock.errs = lambda call: None
    assert verb(root, *MISSING) == f"pushed {images}/digits@{digest(dock, '1.0.0')}\n"


def test_what_was_released_before_is_pushed_when_it_is_pinned_or_the_newest(
    root: Path, dock: Dock, images: str
) -> None:
    candidate(root)
    verb(root, "publish", "digits")
    for version in ("1.0.1", "1.0.2", "1.0.3"):
        release(root, version)
    forks.verb(root, "promote", "digits", "staging", "--version", "1.0.1")
    forks.verb(root, "withdraw", "digits", "1.0.3", "--reason", "wrong")
    ask(root, images, "production")
    said = verb(root, *MISSING)
    assert tags(dock) == ["1.0.1", "1.0.2"]
    assert said.count("pushed ") == 2
    assert verb(root, *MISSING) == "no image is missing\n"


def test_an_environment_with_a_base_gets_images_for_modelcars_as_well(root: Path, dock: Dock, images: str) -> None:
    candidate(root)
    verb(root, "publish", "digits")
    base = f"{images}/shell@{dock.shell('amd64')}"
    ask(root, f"{images}\nmodelcar_base: {base}")
    ask(root, images, "production")
    said = verb(root, *MISSING)
    assert said == f"pushed {images}/digits@{digest(dock, '1.0.0-modelcar')}\n" and "1.0.0" in dock.manifests
    assert verb(root, *MISSING) == "no image is missing\n"


def test_an_image_that_is_another_one_is_never_replaced(root: Path, dock: Dock, images: str) -> None:
    candidate(root)
    dock.manifests["1.0.0"] = b'{"layers": []}'
    ask(root, images)
    said = verb(root, "publish", "digits", code=1)
    told = (
        f"{images}/digits:1.0.0: is another image than the release makes, and a tag is never moved; delete it in the"
        " registry, then `tox run -e publish -- --images`\n1 problem\n"
    )
    assert said.endswith(told)
    assert verb(root, *MISSING, code=1) == told
    assert dock.manifests == {"1.0.0": b'{"layers": []}'}


def test_images_that_no_environment_may_have_are_refused_before_anything_is_pushed(root: Path, images: str) -> None:
    candidate(root)
    verb(root, "publish", "digits")
    ask(root, f"{images}:1.0.0")
    assert f"environments/staging.yaml:1: images: {images}:1.0.0 ends in a tag; " in verb(root, *MISSING, code=1)


def test_an_image_of_a_release_on_github_tells_its_repository(root: Path, hub: Hub, dock: Dock, images: str) -> None:
    candidate(root)
    ask(root, images)
    hub.take(root)
    succeeds(root, hub, publish, "digits")
    assert f'"org.opencontainers.image.source":"{hub.server_url}/octo/models"' in dock.manifests["1.0.0"].decode()


@pytest.mark.parametrize("origin, source", [
    ("git@github.com:octo/models.git", "https://github.com/octo/models"),
    ("ssh://git@git.example.org:2222/octo/models.git", "https://git.example.org/octo/models"),
    ("https://octo:secret@git.example.org/octo/models", "https://git.example.org/octo/models"),
    ("/srv/models.git", ""), ("../models", ""), ("http://localhost/models", ""),
])  # fmt: skip
def test_an_image_of_a_folder_s_release_tells_where_its_repository_was_cloned_from(tmp_path: Path, origin: str, source: str) -> None:
    git(tmp_path, "init", "--quiet", ".")
    git(tmp_path, "config", "remote.origin.url", origin)
    assert supplying.source(tmp_path, SimpleNamespace(site=None)) == source
