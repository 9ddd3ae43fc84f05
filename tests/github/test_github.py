"""The client against a GitHub that keeps what it is given, and against what is none: pages, retries, refusals."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub import Hub
from loopback import answering

from registry.github import parts, retries
from registry.github.answers import GitHubError
from registry.github.client import GitHub


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT", 0.01)


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
    assert list(client.pages("releases")) == []
    assert "429 too many requests" in capsys.readouterr().err


def test_trouble_that_stays_is_told_after_some_attempts(hub: Hub, client: GitHub) -> None:
    hub.faults.add("502-before", times=99)
    said = refused(lambda: client.get("releases"))
    assert said.endswith(
        "502 bad gateway (Server Error); the server has trouble; run the same command again in a while"
    )
    assert len(hub.calls) == retries.ATTEMPTS


def test_the_token_stands_in_no_error_and_no_log(hub: Hub, client: GitHub, capsys: pytest.CaptureFixture) -> None:
    hub.faults.add("reset-before", times=99)
    said = refused(lambda: client.get("releases"))
    output = capsys.readouterr()
    assert hub.token not in said + output.out + output.err + repr(client) + str(vars(client))


def test_an_answer_without_a_body_is_none_and_is_asked_for_again() -> None:
    """A proxy in trouble answers so."""
    with answering(lambda call: call.reply(200, [] if len(call.server.asked) > 1 else b"")) as server:
        assert list(GitHub(server.url(), "octo/models", None).pages("releases")) == []
        assert len(server.asked) == 2


def test_nothing_is_there_when_github_says_so_of_a_repository_that_it_shows(hub: Hub, client: GitHub) -> None:
    assert client.find("git/ref/tags/digits@v1.0.0") is None
    assert client.find("releases/tags/digits@v1.0.0") is None
    assert [call.template for call in hub.calls] == [
        "/repos/{owner}/{repo}/git/ref/{ref}",
        "/repos/{owner}/{repo}",
        "/repos/{owner}/{repo}/releases/tags/{tag}",
    ]


def test_a_repository_that_answered_once_is_not_asked_for_again(hub: Hub, client: GitHub) -> None:
    assert list(client.pages("releases")) == []
    assert client.find("releases/tags/digits@v1.0.0") is None
    assert len(hub.calls) == 2


def test_a_private_repository_that_the_token_may_not_see_is_no_absence(hub: Hub) -> None:
    stranger = GitHub(hub.api_url, hub.repository.full_name, None)
    assert refused(lambda: stranger.find("releases/tags/digits@v1.0.0")) == (
        "GET /repos/octo/models: 404 not found (Not Found); it does not exist, or the token may not see it, as with a "
        "private repository; check --repository and GITHUB_TOKEN"
    )


@pytest.mark.parametrize("body", [b"<html>no such page</html>", b"", b"[]", b'{"error": "no route"}'])
@pytest.mark.parametrize("method", ["find", "delete"])
def test_a_404_that_is_not_github_s_is_no_absence(method: str, body: bytes) -> None:
    with answering(lambda call: call.reply(404, body)) as server:
        client = GitHub(server.url(), "octo/models", None)
        assert refused(lambda: getattr(client, method)("releases/1")).removeprefix("GET").removeprefix("DELETE") == (
            " /repos/octo/models/releases/1: 404 not found; it is not GitHub that says so; "
            "check GITHUB_API_URL, and the proxy if there is one"
        )


STRANGE = {"null": "is no object", "[]": "is no object", "7": "is no object", '{"id": 1}': "has no default_branch"}


@pytest.mark.parametrize("body", STRANGE)
def test_an_answer_of_another_shape_says_which_call_it_was(body: str) -> None:
    with answering(lambda call: call.reply(200, body.encode())) as server:
        assert refused(lambda: GitHub(server.url(), "octo/models", None).default_branch) == (
            f"GET /repos/octo/models: the answer is not GitHub's: it {STRANGE[body]}; "
            "check GITHUB_API_URL, and the proxy if there is one"
        )


@pytest.mark.parametrize("body", ["null", '{"message": "hi"}', '{"runs": null}', '{"runs": [1]}', "[[]]"])
def test_a_page_of_another_shape_says_which_call_it_was(body: str) -> None:
    with answering(lambda call: call.reply(200, body.encode())) as server:
        assert refused(lambda: list(GitHub(server.url(), "octo/models", None).pages("actions/runs", "runs"))) == (
            "GET /repos/octo/models/actions/runs: the answer is not GitHub's: it is no list of objects; "
            "check GITHUB_API_URL, and the proxy if there is one"
        )


def listing(total: int, count: int) -> list[dict]:
    """Return what a list says that holds so many items, and says that there are more."""
    with answering(lambda call: call.reply(200, {"total_count": total, "runs": [{"id": 1}] * count})) as server:
        return list(GitHub(server.url(), "octo/models", None).pages("actions/runs", "runs"))


def test_a_list_that_ends_before_its_own_count_is_an_error() -> None:
    assert refused(lambda: listing(250, 1)) == (
        "GET /repos/octo/models/actions/runs: the list ends after 1 of 250 items; run the same command again"
    )


@pytest.mark.parametrize(("total", "count"), [(2, 2), (2, 3), (0, 0), (4000, 1000)])
def test_a_list_may_grow_while_it_is_read_and_has_a_thousand_items_at_most(total: int, count: int) -> None:
    assert len(listing(total, count)) == count


REASONS = {
    "(no: it is taken)": {"message": "no", "errors": "it is taken"},
    "(no: a: name already_exists: b)": {
        "message": "no",
        "errors": ["a", {"field": "name", "code": "already_exists"}, {"message": "b"}],
    },
    "(\\x1b[31mred ::error::x)": {"message": "\x1b[31mred\n::error::x"},
}


@pytest.mark.parametrize("said", REASONS)
def test_what_the_server_says_stands_in_one_line_that_can_be_printed(said: str) -> None:
    with answering(lambda call: call.reply(422, REASONS[said])) as server:
        assert refused(lambda: GitHub(server.url(), "octo/models", None).get("")) == (
            f"GET /repos/octo/models: 422 unprocessable entity {said}; the server refuses what was asked"
        )


def test_a_long_speech_of_the_server_is_cut_in_the_middle() -> None:
    with answering(lambda call: call.reply(422, {"message": "a" * 400 + "b" * 400})) as server:
        said = f"{'a' * 150}…{'b' * 150}"
        assert refused(lambda: GitHub(server.url(), "octo/models", None).get("")) == (
            f"GET /repos/octo/models: 422 unprocessable entity ({said}); the server refuses what was asked"
        )
