"""The client against a GitHub that keeps what it is given: pages, retries, refusals, redirects, resumed downloads."""

import hashlib
import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hub import Hub

from registry import answers, github, parts
from registry.answers import GitHubError
from registry.github import GitHub


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github, "FIRST_WAIT", 0.01)


@pytest.fixture(params=[False, True], ids=["github.com", "enterprise"])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hub]:
    with Hub(tmp_path / "hub", enterprise=request.param, private=True, retry_after=0) as hub:
        yield hub


@pytest.fixture
def client(hub: Hub) -> GitHub:
    return GitHub(hub.api_url, hub.repository.full_name, hub.token, hub.server_url)


def draft(client: GitHub, tag: str) -> dict:
    return client.post("releases", {"tag_name": tag, "draft": True})


def find(client: GitHub, tag: str) -> dict | None:
    return next((one for one in client.pages("releases") if one["tag_name"] == tag), None)


def refused(call: object) -> str:
    with pytest.raises(GitHubError) as error:
        call()
    return str(error.value)


def test_a_list_is_read_to_its_last_page(hub: Hub, client: GitHub) -> None:
    hub.page_limit = 2
    for number in range(5):
        draft(client, f"digits@v1.0.{number}")
    assert {one["tag_name"] for one in client.pages("releases")} == {f"digits@v1.0.{number}" for number in range(5)}


@pytest.mark.parametrize("kind", ["500", "401"])
def test_a_list_that_is_cut_short_is_an_error_and_never_an_empty_list(hub: Hub, client: GitHub, kind: str) -> None:
    hub.page_limit = 1
    draft(client, "digits@v1.0.0")
    draft(client, "digits@v1.0.1")
    hub.faults.add(kind, call=len(hub.calls) + 2, times=1)
    if kind == "500":
        assert len(list(client.pages("releases"))) == 2
    else:
        assert "401 unauthorized" in refused(lambda: list(client.pages("releases")))


@pytest.mark.parametrize(
    "kind", ["reset-before", "reset-after", "500", "502-before", "502-after", "429", "403-secondary", "truncated"]
)
def test_what_must_exist_once_is_made_once_whatever_happens_on_the_way(hub: Hub, client: GitHub, kind: str) -> None:
    hub.faults.add(kind, method="POST")
    made = client.create(
        "releases", {"tag_name": "digits@v1.0.0", "draft": True}, lambda: find(client, "digits@v1.0.0")
    )
    assert [made["tag_name"]] == [one["tag_name"] for one in client.pages("releases")]


@pytest.mark.parametrize("kind", ["reset-before", "reset-after", "500", "502-after", "truncated"])
def test_an_upload_that_broke_is_looked_up_before_it_is_sent_again(
    hub: Hub, client: GitHub, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100_000)
    release = draft(client, "digits@v1.0.0")

    def uploaded() -> dict | None:
        return next(
            (one for one in client.pages(f"releases/{release['id']}/assets") if one["state"] == "uploaded"), None
        )

    hub.faults.add(kind, method="POST")
    made = client.upload(release["upload_url"], *parts.split(tmp_path / "file"), uploaded)
    assert made["digest"] == f"sha256:{hashlib.sha256(b'x' * 100_000).hexdigest()}"
    assert [one["name"] for one in client.pages(f"releases/{release['id']}/assets")] == ["file"]


@pytest.mark.parametrize("kind", ["reset-before", "reset-after", "truncated", "500", "429"])
def test_a_download_goes_on_where_a_broken_connection_stopped(
    hub: Hub, client: GitHub, tmp_path: Path, kind: str
) -> None:
    content = bytes(range(256)) * 4000
    (tmp_path / "file").write_bytes(content)
    release = draft(client, "digits@v1.0.0")
    asset = client.upload(release["upload_url"], *parts.split(tmp_path / "file"), lambda: None)
    hub.faults.add(kind, host="storage")
    file = io.BytesIO()
    client.download(f"releases/assets/{asset['id']}", file, "file")
    assert file.getvalue() == content
    assert not hub.storage.leaks


TOLD = {
    "401": "401 unauthorized (Bad credentials); the token is expired, revoked or for another server; set GITHUB_TOKEN ",
    "404": "404 not found (Not Found); it does not exist, or the token may not see it, as with a private repository; ",
    "409": "409 conflict (Conflict); somebody changed it at the same moment; run the same command again",
    "422": "422 unprocessable entity (Validation Failed); the server refuses what was asked",
    "403": "403 forbidden (Resource not accessible by integration); the token may not do this; give the job, ",
}


@pytest.mark.parametrize("kind", TOLD)
def test_a_refusal_says_which_call_what_it_means_and_what_to_do(hub: Hub, client: GitHub, kind: str) -> None:
    hub.faults.add(kind)
    assert refused(lambda: draft(client, "digits@v1.0.0")).startswith(f"POST /repos/octo/models/releases: {TOLD[kind]}")


def test_a_limit_that_holds_for_long_is_not_waited_for(hub: Hub, client: GitHub) -> None:
    hub.faults.retry_after = 4000
    hub.faults.add("403-rate")
    said = refused(lambda: client.get("releases"))
    assert "too many calls; the server wants none before " in said
    assert len(hub.calls) == 1


def test_a_limit_that_ends_soon_is_waited_for_and_said_aloud(
    hub: Hub, client: GitHub, capsys: pytest.CaptureFixture
) -> None:
    hub.faults.add("429")
    assert client.get("releases") == []
    assert "429 too many requests" in capsys.readouterr().err


def test_a_secondary_limit_that_names_no_time_holds_for_a_minute() -> None:
    body = b'{"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}'
    assert answers.refusal("GET /x", 403, {}, body, 0).wait == 60
    assert answers.refusal("GET /x", 403, {}, b'{"message": "Forbidden"}', 0).wait is None


def test_trouble_that_stays_is_told_after_some_attempts(hub: Hub, client: GitHub) -> None:
    hub.faults.add("502-before", times=99)
    said = refused(lambda: client.get("releases"))
    assert said.endswith(
        "502 bad gateway (Server Error); the server has trouble; run the same command again in a while"
    )
    assert len(hub.calls) == github.ATTEMPTS


def test_the_token_stands_in_no_error_and_no_log(hub: Hub, client: GitHub, capsys: pytest.CaptureFixture) -> None:
    hub.faults.add("reset-before", times=99)
    said = refused(lambda: client.get("releases"))
    output = capsys.readouterr()
    assert hub.token not in said + output.out + output.err + repr(client) + str(vars(client))


class Empty(BaseHTTPRequestHandler):
    """Answers with nothing at all the first time, as a proxy in trouble does."""

    def do_GET(self) -> None:
        content = b"[]" if self.server.asked else b""
        self.server.asked += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def test_an_answer_without_a_body_is_none_and_is_asked_for_again() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Empty) as server:
        server.asked = 0
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        client = GitHub(f"http://127.0.0.1:{server.server_port}", "octo/models", None)
        assert list(client.pages("releases")) == []
        server.shutdown()
    assert server.asked == 2
