"""Images in a real registry: pushed, pulled, pushed again, killed on the way, and held against their release."""

import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import harbour
import pytest
import servers
from harbour import BUILDAH, NEEDED, Buildah

from registry.errors import RegistryError
from registry.images import composing, naming, pushing
from registry.images.distribution import Distribution
from registry.images.layers import Layer
from registry.images.pushing import Made

SOURCE = "https://github.com/octo/models"
HASHED = "$2b$04$z7vgQ/CQHUdtFxRSZizT/OHbV/ldB1gzl8fkSWx7nscS8V9gBX4wm"  # of the password secret, by bcrypt
PREFETCH = '[ -d /models ] && [ "$(ls -A /models)" ] && echo OK || exit 1'  # as KServe does before a server starts
LINK = "ln -sf /proc/$$/root/models /mnt/models && readlink /mnt/models"  # and beside it, before it sleeps
KEYS = "org.opencontainers.image"


@pytest.fixture(scope="module")
def harbour_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with harbour.running(tmp_path_factory.mktemp("harbour")) as host:
        yield host


@pytest.fixture
def images(harbour_host: str, request: pytest.FixtureRequest) -> str:
    """A place in the registry that no other test has."""
    return f"{harbour_host}/octo/{abs(hash(request.node.name))}"


def unpack(image: Made, folder: Path) -> None:
    opened(image.layer).extractall(folder, filter="data")


def opened(layer: Layer) -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BytesIO(b"".join(layer.read())))


def members(image: Made) -> list[tarfile.TarInfo]:
    return opened(image.layer).getmembers()


def onnx(facts: dict, tar: Path) -> Made:
    return pushing.make(facts | {"report": facts["report"] | {"runtime": "onnx"}}, tar)


@NEEDED
@BUILDAH
def test_a_cluster_finds_the_files_of_a_release_where_its_servers_look(
    images: str, facts: dict, tar: Path, image: Made, tmp_path: Path
) -> None:
    assert pushing.push(naming.repository(images, "digits"), image) == (image.image.digest, True)
    reference = pushing.reference(images, facts, tar)
    assert reference == f"{images}/digits@{image.image.digest}"
    with Buildah(tmp_path / "buildah").pulled(reference) as (_, place):
        assert [path.name for path in place.iterdir()] == ["models"]
        check_files(tar, place)


def check_files(tar: Path, place: Path) -> None:
    """The files of an artifact lie where servers look, and may be read by all."""
    unpacked = place.parent / "unpacked"
    unpacked.mkdir()
    subprocess.run(["tar", "--extract", f"--file={tar}", f"--directory={unpacked}"], check=True)
    for folder in ("models/1000000", "models/digits/1000000"):
        subprocess.run(["diff", "--recursive", unpacked, place / folder], check=True)
    assert {path.stat().st_mode & 0o777 for path in place.glob("models/**/*") if path.is_file()} == {0o644}


@NEEDED
@BUILDAH
def test_a_modelcar_does_what_kserve_lets_it_do_on_the_base_that_an_environment_names(
    images: str, facts: dict, tar: Path, image: Made, tmp_path: Path
) -> None:
    buildah = Buildah(tmp_path / "buildah")
    base, repository = buildah.shell(f"{images}/shell"), naming.repository(images, "digits")
    told = (
        f"{repository}:1.0.0-modelcar: is not there; push what is missing: `tox run -e publish -- --images`"
    )
    pushing.push(repository, image)
    with pytest.raises(RegistryError) as error:
        pushing.reference(images, facts, tar, base)
    assert str(error.value) == told and pushing.lacks(repository, facts, naming.base(base))
    digest, is_new = pushing.push(repository, image, naming.base(base))
    assert is_new and pushing.push(repository, image, naming.base(base)) == (digest, False)
    assert not pushing.lacks(repository, facts, naming.base(base))
    reference = pushing.reference(images, facts, tar, base)
    assert reference == f"{repository}@{digest}" != pushing.reference(images, facts, tar)
    with buildah.pulled(reference) as (name, place):
        check_files(tar, place)
        for command, said in (PREFETCH, "OK"), (LINK, "/proc/"):
            assert said in buildah("run", "--isolation", "chroot", name, "--", "sh", "-c", command)


@NEEDED
def test_what_is_there_already_is_left_alone_and_a_tag_is_never_moved(
    images: str, facts: dict, tar: Path, image: Made
) -> None:
    repository = naming.repository(images, "digits")
    pushing.push(repository, image)
    assert pushing.push(repository, image) == (image.image.digest, False)
    elsewhere = pushing.make(facts, tar, "https://github.com/octo/renamed")
    assert pushing.push(repository, elsewhere) == (image.image.digest, False)
    assert pushing.reference(images, facts, tar) == f"{images}/digits@{image.image.digest}"
    told = (
        f"{images}/digits:1.0.0: is another image than the release makes, and a tag is never moved; delete it in the"
        " registry, then `tox run -e publish -- --images`"
    )
    for refused in (lambda: pushing.push(repository, onnx(facts, tar)),
                    lambda: pushing.reference(images, facts | {"commit": "0" * 40}, tar)):  # fmt: skip
        with pytest.raises(RegistryError) as error:
            refused()
        assert str(error.value).replace("-modelpack", "") == told


@NEEDED
def test_a_push_that_is_killed_before_any_write_and_done_again_ends_the_same(
    images: str, image: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, calls = Distribution._request, 0
    for last in range(100):
        repository, calls = naming.repository(images, f"digits{last}"), 0

        def killed(self: Distribution, method: str, *words: object, last: int = last, **more: object) -> object:
            nonlocal calls
            calls += method not in ("GET", "HEAD")  # what only reads leaves all as it was
            if calls > last:
                raise KeyboardInterrupt
            return ask(self, method, *words, **more)

        monkeypatch.setattr(Distribution, "_request", killed)
        try:
            pushing.push(repository, image)
            break
        except KeyboardInterrupt:
            monkeypatch.setattr(Distribution, "_request", ask)
        assert pushing.push(repository, image)[0] == image.image.digest
        registry = Distribution(repository)
        assert [registry.manifest(one.tag)[0] for one in image[:2]] == [one.manifest for one in image[:2]]
    assert last > 5


@NEEDED
def test_a_registry_that_wants_a_password_gets_the_one_that_docker_keeps(
    facts: dict, tar: Path, image: Made, tmp_path: Path, nobody: Path
) -> None:
    (tmp_path / "users").write_text(f"octo:{HASHED}\n")
    with harbour.running(tmp_path / "harbour", f"auth: {{htpasswd: {{realm: r, path: {tmp_path}/users}}}}") as host:
        repository = naming.repository(f"{host}/octo/models", "digits")
        for password in ("wrong", ""):
            harbour.log_in(nobody, host, f"octo:{password}")
            with pytest.raises(RegistryError, match="401 unauthorized"):
                pushing.push(repository, image)
        harbour.log_in(nobody, host, "octo:secret")
        assert pushing.push(repository, image) == (image.image.digest, True)
        assert pushing.reference(f"{host}/octo/models", facts, tar) == f"{repository}@{image.image.digest}"


@NEEDED
def test_a_release_whose_image_was_never_pushed_is_not_pinned(images: str, facts: dict, tar: Path) -> None:
    assert pushing.lacks(naming.repository(images, "digits"), facts)
    with pytest.raises(RegistryError) as error:
        pushing.reference(images, facts, tar)
    told = "is not there; push what is missing: `tox run -e publish -- --images`"
    assert str(error.value) == f"{images}/digits:1.0.0: {told}"


def test_an_artifact_that_is_not_the_released_one_becomes_no_image(facts: dict, tar: Path, tmp_path: Path) -> None:
    other = Path(shutil.copy(tar, tmp_path))
    with other.open("r+b") as file:
        file.seek(600)
        file.write(b"x")
    with pytest.raises(RegistryError) as error:
        pushing.make(facts, other)
    told = "digits-1.0.0.tar: is not the one that was released; don't trust it, and fetch it again"
    assert str(error.value) == told


@pytest.mark.parametrize("name, kind", [("../out", tarfile.REGTYPE), ("/out", tarfile.REGTYPE), ("link", tarfile.SYMTYPE)])
def test_what_leads_out_of_an_artifact_gets_into_no_image(tmp_path: Path, name: str, kind: bytes) -> None:
    path, member = tmp_path / "digits-1.0.0.tar", tarfile.TarInfo(name)
    member.type = kind
    with tarfile.open(path, "w") as packed:
        packed.addfile(member)
    with pytest.raises(RegistryError) as error:
        Layer(path, "digits", "1.0.0", False).size
    told = f"digits-1.0.0.tar: holds {name}, which is no plain file inside it; don't trust it"
    assert str(error.value) == told


def test_an_image_is_the_same_wherever_and_whenever_it_is_made(facts: dict, tar: Path, tmp_path: Path) -> None:
    copy = tmp_path / tar.name
    copy.write_bytes(tar.read_bytes())
    os.utime(copy, (0, 0))
    copy.chmod(0o600)
    again = pushing.make(json.loads(json.dumps(facts)), copy, SOURCE)
    assert again[:2] == pushing.make(facts, tar, SOURCE)[:2]
    assert {(one.mtime, one.uid, one.gid, one.uname) for one in members(again)} == {(0, 0, 0, "")}


def test_a_layer_has_no_mode_owner_or_date_of_an_artifact_s_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def layer(name: str, **odd: object) -> bytes:
        path, member = tmp_path / "digits-1.0.0.tar", tarfile.TarInfo(name)
        for key, value in {"size": 3, **odd}.items():
            setattr(member, key, value)
        with tarfile.open(path, "w") as packed:
            packed.addfile(member, io.BytesIO(b"abc"))
        return b"".join(Layer(path, "digits", "1.0.0", False).read())

    plain = layer("a/b")
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    assert layer("a/b", mode=0o6777, uid=2**40, gid=7, uname="ü", gname="x", mtime=1.5) == plain


def test_a_saved_model_lies_as_tensorflow_serving_wants_it_and_onnx_as_triton_does(facts: dict, tar: Path) -> None:
    saved = [one.name for one in members(pushing.make(facts, tar))]
    assert saved[:3] == ["models", "models/1000000", "models/1000000/assets.extra"]
    assert saved[-2:] == ["models/digits", "models/digits/1000000"]
    alone = [one.name for one in members(onnx(facts, tar))]
    assert alone[:3] == ["models", "models/digits", "models/digits/1000000"]
    assert all(name.startswith("models/digits") for name in alone[1:])


def test_serve_answers_from_an_image_as_a_cluster_mounts_it(image: Made, tmp_path: Path) -> None:
    unpack(image, tmp_path / "mounted")
    servers.repository(tmp_path / "clone")
    command = *servers.SERVE, "--path", str(tmp_path / "mounted/models")
    with servers.running(tmp_path / "clone", *command) as server:
        servers.until(lambda: servers.ready(server), "a model")
        assert servers.factor(server) == 2.0


def test_names_too_long_for_a_plain_header_are_kept(tmp_path: Path) -> None:
    long = "a/" + "b" * 99 + "/" + "ü" * 40
    path, member = tmp_path / "digits-1.0.0.tar", tarfile.TarInfo(long)
    member.size = 3
    with tarfile.open(path, "w") as packed:
        packed.addfile(member, io.BytesIO(b"abc"))
    layer = Layer(path, "d" * 63, "9.0.0", False)
    assert opened(layer).extractfile(f"models/9000000/{long}").read() == b"abc"
    assert layer.size % 512 == 0


def test_an_image_tells_where_it_comes_from(facts: dict, image: Made) -> None:
    told = json.loads(image.image.manifest)["annotations"]
    assert told == {
        f"{KEYS}.title": "digits", f"{KEYS}.version": "1.0.0", f"{KEYS}.revision": facts["commit"],
        f"{KEYS}.source": SOURCE, f"{KEYS}.description": facts["report"]["description"],
        "model.artifact.sha256": facts["report"]["artifact"]["sha256"],
    }  # fmt: skip
    config = json.loads(image.image.config)
    assert config["rootfs"] == {"type": "layers", "diff_ids": [image.layer.digest]}
    pack = json.loads(image.pack.manifest)
    assert pack["artifactType"] == composing.PACK
    (layer,), (mounted,) = pack["layers"], json.loads(image.image.manifest)["layers"]
    assert (layer["digest"], layer["size"]) == (mounted["digest"], mounted["size"])
    described = json.loads(image.pack.config)
    assert described["descriptor"]["name"] == "digits" and described["modelfs"]["diffIds"] == [image.layer.digest]
