"""What the field images may say, and what images are called."""

import pytest

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


@pytest.mark.parametrize("images, local", [
    ("localhost:5000/a", True), ("127.0.0.1/a", True), ("[::1]:1/a", True), ("localhost.example.org/a", False),
    ("127.0.0.1.example.org/a", False), ("ghcr.io/a", False),
])  # fmt: skip
def test_only_this_machine_is_spoken_to_without_encryption(images: str, local: bool) -> None:
    assert naming.repository(images, "digits").is_local is local
