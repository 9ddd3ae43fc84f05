"""Where a redirect leads: no token to another host, no password out of ~/.netrc, no write that becomes a read."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from loopback import Call, Server, answering

from registry.errors import RegistryError
from registry.github import parts, retries
from registry.github.client import GitHub

WRITES = {
    "POST": lambda client: client.post("releases", {"draft": True}),
    "PATCH": lambda client: client.patch("releases", {"draft": True}),
    "PUT": lambda client: client.put("releases", {"draft": True}),
    "DELETE": lambda client: client.delete("releases"),
}


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT", 0.01)


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of passwords for both names of this machine."""
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login me password secret\nmachine localhost login me password secret\n")
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))


def redirecting(status: int, target: str) -> Callable[[Call], None]:
    """Send what asks for `octo/models` to a target; anything else is answered with what was sent."""

    def answer(call: Call) -> None:
        if call.path.startswith("/repos/octo/models"):
            call.reply(status, {"message": "Moved"}, Location=target)
        else:
            call.reply(200, {"method": call.command, "body": call.asked.body.decode()})

    return answer


def client_of(server: Server, token: str | None = "ghp_secret") -> GitHub:
    return GitHub(server.url(), "octo/models", token)


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(RegistryError) as error:
        call()
    return str(error.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("token", ["ghp_secret", None])
def test_no_password_out_of_netrc_takes_the_place_of_the_token(netrc: None, status: int, token: str | None) -> None:
    with answering(redirecting(status, "/repositories/7")) as server:
        client_of(server, token).get("")
        assert server.told == ["GET /repos/octo/models", "GET /repositories/7"]
        assert server.sent("Authorization") == [token and f"Bearer {token}"] * 2


def test_another_host_gets_neither_the_token_nor_a_password_out_of_netrc(netrc: None) -> None:
    with answering(lambda call: call.reply(200, b"bytes")) as storage:
        with answering(redirecting(302, f"{storage.url('localhost')}/blob")) as server:
            file = io.BytesIO()
            client_of(server).download("releases/assets/1", file, "file")
        assert (file.getvalue(), storage.sent("Authorization")) == (b"bytes", [None])
        assert server.sent("Authorization") == ["Bearer ghp_secret"]


def test_another_port_is_another_host(netrc: None) -> None:
    with answering(lambda call: call.reply(200, {})) as other:
        with answering(redirecting(302, f"{other.url()}/x")) as server:
            client_of(server).get("")
        assert other.sent("Authorization") == [None]


@pytest.mark.parametrize("status", [301, 302, 303])
@pytest.mark.parametrize("method", WRITES)
def test_a_write_whose_redirect_would_read_or_lose_its_body_is_an_error_and_is_not_followed(
    method: str, status: int
) -> None:
    with answering(redirecting(status, "/repos/octo/renamed/releases?x=1")) as server:
        assert refused(lambda: WRITES[method](client_of(server))) == (
            f"{method} /repos/octo/models/releases: the repository moved to octo/renamed; "
            "write --repository octo/renamed"
        )
        assert server.told == [f"{method} /repos/octo/models/releases"]


@pytest.mark.parametrize("target", ["/repositories/7/releases?sig=secret", "http://me:secret@host/repos/octo/models/x"])
def test_a_redirect_that_names_no_other_repository_is_told_as_what_it_is(target: str) -> None:
    with answering(redirecting(301, target)) as server:
        place = f"{server.url()}/repositories/7/releases" if target[0] == "/" else "http://host/repos/octo/models/x"
        assert refused(lambda: client_of(server).post("releases", {})) == (
            f"POST /repos/octo/models/releases: 301: nothing was written, since it was redirected to {place}; "
            "check --repository and GITHUB_API_URL"
        )


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("method", WRITES)
def test_a_redirect_that_keeps_method_and_body_is_followed(method: str, status: int) -> None:
    with answering(redirecting(status, "/repositories/7/releases")) as server:
        WRITES[method](client_of(server))
        assert server.told == [f"{method} /repos/octo/models/releases", f"{method} /repositories/7/releases"]
        assert server.asked[0].body == server.asked[1].body
        assert server.sent("Authorization") == ["Bearer ghp_secret"] * 2


def test_an_upload_is_sent_again_where_it_is_redirected_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 200_000)
    with answering(redirecting(307, "/repositories/7/assets")) as server:
        template = f"{server.url()}/repos/octo/models/releases/1/assets{{?name,label}}"
        made = client_of(server).upload(template, *parts.split(tmp_path / "file"), lambda: None)
        assert made == {"method": "POST", "body": "x" * 200_000}


@pytest.mark.parametrize("target", ["http://[bad", "http://h:99999/", "http://h:x/", "http://:80/", "//"])
def test_a_redirect_that_leads_nowhere_is_an_error(target: str) -> None:
    with answering(redirecting(302, target)) as server:
        assert refused(lambda: client_of(server).get("")) == (
            "GET /repos/octo/models: leads nowhere; check the address that it starts from"
        )


@pytest.mark.parametrize("status", [302, 304])
def test_a_redirect_to_nowhere_is_no_success(status: int) -> None:
    with answering(lambda call: call.reply(status, b"")) as server:
        name = {302: "302 found", 304: "304 not modified"}[status]
        told = f"{name}; the server refuses it"
        assert refused(lambda: client_of(server).get("")) == f"GET /repos/octo/models: {told}"
        place = f"{server.url()}/repos/octo/models/assets/1"
        download = client_of(server).download
        assert refused(lambda: download("assets/1", io.BytesIO(), "file")) == f"GET {place}: {told}"
