"""What the field images may say, and what images are called."""

from pathlib import Path

import forks
import pytest
from registries import commit, git

from registry.environments import manifests
from registry.errors import RegistryError
from registry.images import naming

TAKEN = [
    "ghcr.io/octo/models", "localhost:5000/models", "localhost/models", "127.0.0.1:5000/a", "[::1]:5000/a/b-c_d.e__f",
    "registry.example.org/octo/models", "123456789012.dkr.ecr.eu-central-1.amazonaws.com/models", "registry:5000/models",
]  # fmt: skip


@pytest.mark.parametrize("images", TAKEN)
def test_a_registry_with_a_path_is_a_place_for_images(images: str) -> None:
    assert naming.fault(images) is None
    assert str(naming.repository(images, "digits")) == f"{images}/digits"


@pytest.mark.parametrize("images, text", [
    ("https://ghcr.io/octo/models", "https://ghcr.io/octo/models begins as an address does; leave https:// out"),
    ("OCI://ghcr.io/octo", "OCI://ghcr.io/octo begins as an address does; leave OCI:// out"),
    ("ghcr.io/Octo/Models", "ghcr.io/Octo/Models has upper-case letters, which registries refuse; write ghcr.io/octo/models"),
    ("ghcr.io/octo/models:1.0.0",
     "ghcr.io/octo/models:1.0.0 ends in a tag; leave it out: each version is a tag of its own"),
    ("ghcr.io/octo/models@sha256:00",
     "ghcr.io/octo/models@sha256:00 ends in a digest; leave it out: each version has its own"),
    ("octo/models", "octo/models names no registry; write it first, as in ghcr.io/octo/models"),
    ("", " names no registry; write it first, as in ghcr.io/octo/models"),
    ("ghcr.io", "ghcr.io is no place that a registry knows; write one such as ghcr.io/octo/models"),
    ("ghcr.io/octo//models", "ghcr.io/octo//models is no place that a registry knows; write one such as ghcr.io/octo/models"),
    ("ghcr.io/octo/models/", "ghcr.io/octo/models/ is no place that a registry knows; write one such as ghcr.io/octo/models"),
    ("ghcr.io/octo/my models",
     "ghcr.io/octo/my models is no place that a registry knows; write one such as ghcr.io/octo/models"),
    ("ghcr.io/octo/models\n", "ghcr.io/octo/models\\n is no place that a registry knows; write one such as ghcr.io/octo/models"),
    ("ghcr.io:port/octo", "ghcr.io:port/octo names no registry; write it first, as in ghcr.io/octo/models"),
])  # fmt: skip
def test_what_no_registry_takes_is_said_with_what_to_write(images: str, text: str) -> None:
    assert naming.fault(images) == text


@pytest.mark.parametrize("model", ["digits_", "a___b", "a-_b"])
def test_a_model_whose_name_registries_refuse_is_told(model: str) -> None:
    with pytest.raises(RegistryError) as error:
        naming.repository("ghcr.io/octo/models", model)
    told = "is a name that registries of images refuse; name the model with single -, _ or __ between letters"
    assert str(error.value) == f"models/{model}: {told}"


def test_validate_tells_of_a_model_without_a_name_for_images_where_an_environment_asks_for_some(root: Path) -> None:
    git(root, "mv", "models/digits", "models/digits_")
    commit(root)
    assert "all valid" in forks.verb(root, "validate")
    place = root / "environments/staging.yaml"
    place.write_text("images: ghcr.io/octo/models\n" + place.read_text())
    told = "is a name that registries of images refuse; name the model with single -, _ or __ between letters"
    said = forks.verb(root, "validate", code=1)
    assert said == f"models/digits_: {told}, since staging asks for images\n1 problem\n"


@pytest.mark.parametrize("images, local", [
    ("localhost:5000/a", True), ("127.0.0.1/a", True), ("[::1]:1/a", True), ("localhost.example.org/a", False),
    ("127.0.0.1.example.org/a", False), ("ghcr.io/a", False),
])  # fmt: skip
def test_only_this_machine_is_spoken_to_without_encryption(images: str, local: bool) -> None:
    assert naming.repository(images, "digits").is_local is local


def test_two_environments_have_no_images_in_one_place_on_two_bases(root: Path) -> None:
    for name, digit in ("staging", "1"), ("production", "2"):
        place = root / f"environments/{name}.yaml"
        more = f"images: ghcr.io/octo/models\nmodelcar_base: ghcr.io/octo/shell@sha256:{digit * 64}\n"
        place.write_text(more + place.read_text())
    commit(root)
    text = "is another than production has for the same images; write the same, or give each its own images"
    assert [str(one) for one in manifests.load_all(root)[1]] == [f"environments/staging.yaml:2: modelcar_base: {text}"]
