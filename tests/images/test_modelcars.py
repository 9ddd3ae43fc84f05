"""Images that stand on one with a shell, as KServe's modelcars must: for each platform of that, and nothing of it believed."""

import json
from collections.abc import Callable

import pytest
from harbour import Dock, docked
from loopback import Server

from registry.errors import RegistryError
from registry.images import naming, pushing
from registry.images.distribution import Distribution
from registry.images.naming import Base, Repository
from registry.images.pushing import Made

LAYER = "application/vnd.oci.image.layer.v1.tar"
CHECK = "check modelcar_base in the environment: name one with a shell, such as busybox, by its digest"


@pytest.fixture
def host(server: Server) -> str:
    return server.url().removeprefix("http://")


@pytest.fixture
def repository(host: str) -> Repository:
    return naming.repository(f"{host}/octo/models", "digits")


def on(host: str, digest: str) -> Base:
    return naming.base(f"{host}/library/shell@{digest}")


def test_an_image_stands_on_each_platform_of_its_base(
    dock: Dock, host: str, repository: Repository, image: Made
) -> None:
    base = on(host, dock.shell("amd64", "arm64"))
    digest, is_new = pushing.push(repository, image, base)
    index = json.loads(dock.manifests["1.0.0-modelcar"])
    assert is_new and pushing.push(repository, image, base) == (digest, False)
    assert [one["platform"]["architecture"] for one in index["manifests"]] == ["amd64", "arm64"]
    for one in index["manifests"]:
        manifest = json.loads(dock.manifests[one["digest"]])
        config = json.loads(dock.blobs[manifest["config"]["digest"]])
        assert [layer["mediaType"] for layer in manifest["layers"]] == [f"{LAYER}+gzip", LAYER]
        assert manifest["layers"][1]["digest"] == config["rootfs"]["diff_ids"][1] == image.layer.digest
        assert (config["architecture"], config["config"]["Cmd"]) == (one["platform"]["architecture"], ["sh"])
        assert config["config"]["Labels"]["a"] == "b" and "history" not in config
    assert dock.manifests["1.0.0"] == image.image.manifest


def test_one_that_is_killed_before_a_write_and_pushed_again_ends_the_same(
    host: str, image: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, calls, ends = Distribution._request, 0, set()
    for last in range(0, 100, 3):
        calls, dock = 0, Dock()

        def killed(self: Distribution, method: str, *words: object, last: int = last, **more: object) -> object:
            nonlocal calls
            calls += method not in ("GET", "HEAD")  # what only reads leaves all as it was
            if calls > last:
                raise KeyboardInterrupt
            return ask(self, method, *words, **more)

        with docked(dock) as server:
            here = server.url().removeprefix("http://")
            base, repository = on(here, dock.shell("amd64")), naming.repository(f"{here}/octo", "digits")
            monkeypatch.setattr(Distribution, "_request", killed)
            try:
                pushing.push(repository, image, base)
                break
            except KeyboardInterrupt:
                monkeypatch.setattr(Distribution, "_request", ask)
            pushing.push(repository, image, base)
        ends.add((json.dumps(sorted(map(str, dock.manifests.items()))), tuple(sorted(dock.blobs))))
    assert last > 10 and len(ends) == 1


def spoil(dock: Dock, change: Callable[[dict], object]) -> str:
    """Return the digest of a base whose one manifest was changed."""
    index = json.loads(dock.manifests[dock.shell("amd64")])
    manifest = json.loads(dock.manifests[index["manifests"][0]["digest"]])
    change(manifest)
    return dock.hold(manifest)


@pytest.mark.parametrize("change, text", [
    (lambda one: one.pop("layers"), "can't be read as an image: KeyError"),
    (lambda one: one.update(layers=[]), "can't be read as an image: ValueError"),
    (lambda one: one.update(layers=7), "can't be read as an image: TypeError"),
    (lambda one: one.update(config=[]), "can't be read as an image: TypeError"),
    (lambda one: one.update(manifests=[]), "is for no platform of Linux"),
    (lambda one: one.update(manifests=["a"]), "can't be read as an image: TypeError"),
])  # fmt: skip
def test_what_is_no_image_is_no_base(
    dock: Dock, host: str, repository: Repository, image: Made, change: Callable[[dict], object], text: str
) -> None:
    digest, before = spoil(dock, change), {*dock.manifests}
    with pytest.raises(RegistryError) as error:
        pushing.push(repository, image, on(host, digest))
    assert str(error.value) == f"{host}/library/shell@{digest}: {text}; {CHECK}"
    assert {*dock.manifests} == before, "nothing is pushed"


def test_a_base_that_is_not_there_or_not_what_its_digest_says_is_told(
    dock: Dock, host: str, repository: Repository, image: Made
) -> None:
    missing = f"sha256:{'0' * 64}"
    with pytest.raises(RegistryError) as error:
        pushing.push(repository, image, on(host, missing))
    assert str(error.value) == f"{host}/library/shell@{missing}: is not there; {CHECK}"
    digest = dock.shell("amd64")
    dock.manifests[digest] += b"\n"
    with pytest.raises(RegistryError, match="the answer is not that of a registry of images: it has the digest "):
        pushing.push(repository, image, on(host, digest))
