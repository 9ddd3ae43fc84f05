"""Registries of images that are down, refuse, want a login, or answer what no registry answers."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import harbour
import oras.auth
import pytest
from harbour import Dock, docked, refuse
from loopback import Call, Server, answering

from registry.errors import RegistryError
from registry.images import naming, pushing
from registry.images.distribution import Distribution
from registry.images.pushing import Made

LOGIN = "octo:secret"
NO_LOGIN = "~/.docker/config.json: can't be read, or the program that it names gives no login; run `docker login {}` anew"
STRANGE = "check images in the environment, and the proxy if there is one"


def push(server: Server, image: Made) -> tuple[str, bool]:
    return pushing.push(naming.repository(f"{server.url().removeprefix('http://')}/octo/models", "digits"), image)


def refused(server: Server, image: Made) -> str:
    """Return what is said of a push that fails, without the address."""
    with pytest.raises(RegistryError) as error:
        push(server, image)
    (problem,) = error.value.problems
    return str(problem).replace(f"{server.url()}/v2/octo/models/digits/", "").replace(server.url(), "")


def on(method: str, part: str, answer: Callable[[Call], object], times: int = 99) -> Callable[[Call], bool]:
    """Answer some calls otherwise: those of a method whose path has a part in it."""
    left = [times]

    def err(call: Call) -> bool:
        is_it = call.command == method and part in call.path and left[0] > 0
        if is_it:
            left[0] -= 1
            answer(call)
        return is_it

    return err


def test_a_registry_gets_blobs_first_and_what_names_them_last(dock: Dock, server: Server, image: Made) -> None:
    assert push(server, image) == (image.image.digest, True)
    assert dock.manifests == {one.tag: one.manifest for one in image[:2]}
    assert dock.blobs[image.layer.digest] == b"".join(image.layer.read())
    puts = [told for told in server.told if told.startswith("PUT ")]
    assert len(puts) == 5, "the layer is sent once"
    assert "manifests/1.0.0" in puts[-1]


def test_a_registry_that_is_down_is_told_after_some_patience(image: Made, waits: list[float]) -> None:
    with docked(Dock()) as server:
        pass
    told = "no answer: the connection could not be made, or broke; check the network and run the same command again"
    assert refused(server, image) == f"GET manifests/1.0.0-modelpack: {told}"
    assert waits == [1, 2, 4, 8, 16, 32]


@pytest.mark.parametrize("status, code, words, advice", [
    (401, "UNAUTHORIZED", "authentication required",
     "401 unauthorized (authentication required); the login is wrong or missing; run `docker login {host}`, or let"
     " GITHUB_TOKEN write packages for ghcr.io"),
    (403, "DENIED", "permission_denied: write_package",
     "403 forbidden (permission_denied: write_package); the login may not do this; in a workflow the job needs packages:"
     " write, and the package's settings must give this repository access"),
    (404, "NAME_UNKNOWN", "repository name not known to registry",
     "404 not found (repository name not known to registry); there is no such place; check images in the environment,"
     " and make the project there if it must be made by hand"),
    (413, "SIZE_INVALID", "", "413 request entity too large (SIZE_INVALID); the registry takes no layer as large as that;"
     " ask for a higher limit"),
    (405, "UNSUPPORTED", "the operation is unsupported",
     "405 method not allowed (the operation is unsupported); it refuses that"),
])  # fmt: skip
def test_a_refusal_is_told_with_the_registry_s_words_and_what_to_do(
    dock: Dock, server: Server, image: Made, status: int, code: str, words: str, advice: str
) -> None:
    dock.errs = on("POST", "uploads", lambda call: refuse(call, status, code, words))
    host = server.url().removeprefix("http://")
    assert refused(server, image) == f"POST blobs/uploads/: {advice.format(host=host)}"
    assert not dock.manifests


@pytest.mark.parametrize("part, name", [("manifests/1.0.0-modelpack", "GET"), ("blobs/uploads", "POST")])
def test_a_page_is_no_answer_of_a_registry(dock: Dock, server: Server, image: Made, part: str, name: str) -> None:
    dock.errs = on(name, part, lambda call: call.reply(200, b"<html>Welcome</html>"))
    what = "it is no manifest" if name == "GET" else "it names no place to send the blob to"
    place = part if name == "GET" else f"{part}/"
    assert refused(server, image) == f"{name} {place}: the answer is not that of a registry of images: {what}; {STRANGE}"
    assert not dock.manifests


def test_a_page_that_says_not_found_is_not_believed(dock: Dock, server: Server, image: Made) -> None:
    dock.errs = on("GET", "manifests", lambda call: call.reply(404, b"<html>Not found</html>"))
    told = "there is no such place; check images in the environment, and make the project there if it must be made by hand"
    assert refused(server, image) == f"GET manifests/1.0.0-modelpack: 404 not found; {told}"
    assert not dock.blobs


def test_a_registry_that_changes_a_manifest_is_told(dock: Dock, server: Server, image: Made) -> None:
    def change(call: Call) -> None:
        dock.manifests[call.path.rsplit("/", 1)[1]] = json.dumps(json.loads(call.asked.body), indent=2).encode()
        call.reply(201)

    dock.errs = on("PUT", "manifests/1.0.0", change)
    told = "the answer is not that of a registry of images: the manifest is another one than was sent"
    assert refused(server, image) == f"PUT manifests/1.0.0-modelpack: {told}; {STRANGE}"


def test_a_manifest_that_is_not_what_its_digest_says_is_told(dock: Dock, server: Server, image: Made) -> None:
    zeros = f"sha256:{'0' * 64}"
    dock.errs = on("GET", "manifests", lambda call: call.reply(200, {}, Docker_Content_Digest=zeros))
    assert f"it has the digest sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a, and is called {zeros}" in refused(server, image)


@pytest.mark.parametrize("served", [[], {"config": 1}, {"layers": None, "annotations": []}, {"schemaVersion": 1}])
def test_what_else_a_tag_may_be_is_left_alone(dock: Dock, server: Server, image: Made, served: object) -> None:
    dock.manifests["1.0.0"] = json.dumps(served).encode()
    assert refused(server, image)
    assert (dock.manifests, dock.blobs) == ({"1.0.0": json.dumps(served).encode()}, {})


def test_an_upload_that_breaks_is_begun_anew(
    dock: Dock, server: Server, image: Made, waits: list[float]
) -> None:
    dock.errs = on("PUT", "uploads", lambda call: call.reply(201, b"....", cut=0), times=3)
    assert push(server, image) == (image.image.digest, True)
    assert dock.blobs[image.layer.digest] == b"".join(image.layer.read()) and waits


def test_a_registry_that_keeps_less_than_it_was_sent_gets_no_manifest(dock: Dock, server: Server, image: Made) -> None:
    def keep_half(call: Call) -> None:
        dock.blobs[image.layer.digest] = call.asked.body[:4096]
        call.reply(201)

    dock.errs = on("PUT", image.layer.digest.replace(":", "%3A"), keep_half)
    told = "the answer is not that of a registry of images: the blob is not there, or not all of it"
    assert refused(server, image) == f"PUT blobs/{image.layer.digest}: {told}; {STRANGE}"
    assert not dock.manifests


def test_a_blob_that_arrives_damaged_is_refused_by_the_registry(
    dock: Dock, server: Server, image: Made, tar: Path
) -> None:
    layer, content = image.layer, tar.read_bytes()
    assert layer.digest
    tar.write_bytes(content.replace(b"SavedModel", b"savedModel"))
    try:
        assert refused(server, image) == (
            "PUT /v2/x/blobs/uploads/1: 400 bad request (provided digest did not match uploaded content); it refuses that"
        )
    finally:
        tar.write_bytes(content)
    assert not dock.manifests


def test_a_token_is_asked_for_with_the_login_that_docker_keeps(
    dock: Dock, server: Server, image: Made, nobody: Path
) -> None:
    dock.login = LOGIN
    assert refused(server, image).startswith("GET manifests/1.0.0-modelpack: 401 unauthorized (authentication required); ")
    host = server.url().removeprefix("http://")
    harbour.log_in(nobody, host, LOGIN)
    server.asked.clear()
    assert push(server, image) == (image.image.digest, True)
    assert len([one for one in server.told if one.startswith("GET /token")]) == 2, "one to read, and one to write"
    (nobody / ".docker/config.json").write_text("{")
    assert refused(server, image) == NO_LOGIN.format(host)


def test_a_password_in_netrc_is_no_login(dock: Dock, server: Server, image: Made, nobody: Path) -> None:
    (nobody / ".netrc").write_text("machine 127.0.0.1 login octo password secret\n")
    (nobody / ".netrc").chmod(0o600)
    push(server, image)
    assert {*server.sent("Authorization")} == {None}


def test_a_workflow_s_own_token_goes_to_ghcr_alone(
    dock: Dock, server: Server, image: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    dock.login = LOGIN
    refused(server, image)
    assert {*server.sent("Authorization")} == {None}


def test_a_blob_that_lies_elsewhere_or_is_cut_short_arrives_whole_and_the_login_goes_nowhere_else(
    dock: Dock, server: Server, image: Made, nobody: Path, waits: list[float]
) -> None:
    dock.login, host = LOGIN, server.url().removeprefix("http://")
    harbour.log_in(nobody, host, LOGIN)
    base = naming.base(f"{host}/library/shell@{dock.shell('amd64')}")
    left = ["cut", "late", "whole"]

    def elsewhere(call: Call) -> None:
        name = call.path.rsplit("/", 1)[1]
        how = left.pop(0) if left else "whole"
        refuse(call, 503, "UNAVAILABLE", "") if how == "late" else call.reply(200, dock.blobs[name], cut=1 if how == "cut" else None)

    with answering(elsewhere) as store:
        dock.errs = on("GET", "/blobs/sha256", lambda call: call.reply(307, Location=store.url("localhost") + call.path))
        _, is_new = pushing.push(naming.repository(f"{host}/octo/models", "digits"), image, base)
        assert is_new and json.loads(dock.manifests["1.0.0-modelcar"])["manifests"]
        assert (left, {*store.sent("Authorization")}, len(waits)) == ([], {None}, 2)
    assert {*server.sent("Authorization")} > {None, "Bearer pull,push"}


@pytest.mark.parametrize("blob, text", [
    (b"[" * 100_000, "can't be read as an image: RecursionError"),
    (b'{"rootfs": {"diff_ids": ["a"]}, "config": {"Labels": ["a"]}}', "can't be read as an image: ValueError"),
    (b'{"rootfs": {"diff_ids": ["a"]}, "config": "a"}', "can't be read as an image: AttributeError"),
    (b" " * 5_000_000, "it has more than 4,194,304 bytes"),
])  # fmt: skip
def test_a_base_whose_configuration_is_none_is_told(dock: Dock, server: Server, image: Made, blob: bytes, text: str) -> None:
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": dock.hold(b"a"), "size": 1}
    made = dock.hold({"config": {"digest": dock.hold(blob)}, "layers": [layer]})
    host = server.url().removeprefix("http://")
    with pytest.raises(RegistryError) as error:
        pushing.push(naming.repository(f"{host}/octo", "digits"), image, naming.base(f"{host}/shell@{made}"))
    assert text in str(error.value)


@pytest.mark.parametrize("method, part, answer, text", [
    ("GET", "manifests", (200, b"[" * 100_000), "it is no manifest"),
    ("GET", "manifests", (200, b" " * 5_000_000), "it has more than 4,194,304 bytes"),
    ("GET", "manifests", (403, b"[" * 100_000), "403 forbidden; the login may not do this"),
    ("GET", "manifests", (403, {"errors": [7, {"message": ["a"]}]}), "403 forbidden (['a']); the login may not do this"),
    ("GET", "manifests", (401, b""), "401 unauthorized; the login is wrong or missing"),
    ("POST", "uploads", (202, b"", "http://[half"), "it names no place to send the blob to"),
    ("POST", "uploads", (202, b""), "it names no place to send the blob to"),
])  # fmt: skip
def test_whatever_a_registry_answers_is_one_line(
    dock: Dock, server: Server, image: Made, method: str, part: str, answer: tuple, text: str
) -> None:
    status, body, *place = answer
    dock.errs = on(method, part, lambda call: call.reply(status, body, Location=place[0] if place else None))
    assert text in refused(server, image)
    assert not dock.manifests


def test_a_registry_with_trouble_is_asked_as_often_whatever_the_call(
    dock: Dock, server: Server, image: Made, waits: list[float]
) -> None:
    for method, part in ("HEAD", "blobs"), ("PUT", "manifests"):
        waits.clear()
        dock.errs = on(method, part, lambda call: call.reply(503))
        assert refused(server, image).endswith("503 service unavailable; the registry has trouble; run the same command again in a while")
        assert waits == [1, 2, 4, 8, 16, 32]


REALMS = {
    "http://registry.example.org/token": "it wants the login at http://registry.example.org/token, without encryption",
    "http://localhost@example.org/token": "it wants the login at http://localhost@example.org/token, without encryption",
    "ftp://localhost/token": "it wants the login at ftp://localhost/token, without encryption",
    "http://[half": "it wants the login at http://[half, without encryption",
    "": "it wants the login at no place, without encryption",
}


@pytest.mark.parametrize("realm", REALMS)
def test_no_login_is_sent_where_it_would_be_read_on_the_way(dock: Dock, server: Server, image: Made, nobody: Path, realm: str) -> None:
    harbour.log_in(nobody, server.url().removeprefix("http://"), LOGIN)
    asks = f'Bearer realm="{realm}",service="dock"' if realm else 'Bearer service="dock"'
    dock.errs = on("GET", "manifests", lambda call: refuse(call, 401, "UNAUTHORIZED", "", WWW_Authenticate=asks))
    assert REALMS[realm] in refused(server, image)


def test_who_gives_out_tokens_may_have_trouble_too(dock: Dock, server: Server, image: Made, nobody: Path, waits: list[float]) -> None:
    dock.login = LOGIN
    harbour.log_in(nobody, server.url().removeprefix("http://"), LOGIN)
    dock.errs = on("GET", "/token", lambda call: call.reply(503), times=2)
    assert push(server, image) == (image.image.digest, True)
    assert waits == [1, 2]
    dock.errs = on("GET", "/token", lambda call: call.reply(200, b"<html>"))
    assert "the answer is not that of a registry of images: what it says of logins can't be read" in refused(server, image)


def test_a_redirect_never_leaves_encryption(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Distribution(naming.Repository("registry.example.org", "octo/models"))
    monkeypatch.setattr(registry, "_base", server.url())
    with pytest.raises(RegistryError, match="/manifests/1.0.0: leads to an address without https; write one that does not"):
        registry.manifest("1.0.0")
    assert not server.told


HELPER = '#!/bin/sh\n[ "$(cat)" = "{}" ] || exit 1\necho \'{{"Username": "octo", "Secret": "secret"}}\'\n'


@pytest.mark.parametrize("kind", ["helper", "store", "hub"])
def test_a_login_is_found_where_docker_leaves_it(
    nobody: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    host = "docker.io" if kind == "hub" else "registry.example.org"
    name = "https://index.docker.io/v1/" if kind == "hub" else host
    settings = {
        "helper": {"credHelpers": {host: "test"}}, "store": {"auths": {host: {}}, "credsStore": "test"},
        "hub": {"auths": {name: {"auth": base64.b64encode(LOGIN.encode()).decode()}}},
    }[kind]  # fmt: skip
    (nobody / ".docker").mkdir()
    (nobody / ".docker/config.json").write_text(json.dumps(settings))
    helper = tmp_path / "docker-credential-test"
    helper.write_text(HELPER.format(name))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    registry, backend = Distribution(naming.Repository(host, "octo/models")), oras.auth.TokenAuth()
    if kind != "hub":  # a helper that can't be run
        with pytest.raises(RegistryError, match=NO_LOGIN.format(host)):
            registry._load(backend)
        helper.chmod(0o755)
    registry._load(backend)
    assert base64.b64decode(backend._basic_auth).decode() == LOGIN

