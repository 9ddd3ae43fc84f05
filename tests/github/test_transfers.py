"""Files on their way: downloads that go on where a broken connection stopped, and uploads that may take their time."""

import gzip
import io
import re
import threading
from pathlib import Path

import deploy
import pytest
import teams
from hub import Hub
from loopback import Call, Server, answering
from registries import candidate
from talking import succeeds

from registry.artifacts import litert  # noqa: F401  it loads what deploy proves
from registry.errors import RegistryError
from registry.github import client, parts, retries
from registry.github.client import GitHub

KIB = 1024
CONTENT = bytes(range(256)) * 4 * KIB * 3  # 3 MiB


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT", 0.001)


def wanted(call: Call) -> int:
    """Return where a request wants to go on."""
    found = re.fullmatch(r"bytes=(\d+)-", call.headers.get("Range", "bytes=0-"))
    return int(found[1])


def send(call: Call, start: int, *, cut: int | None = None, **headers: object) -> None:
    """Answer with the content from a place on, broken off after `cut` bytes."""
    if "Range" not in call.headers:
        return call.reply(200, CONTENT, cut=cut, **headers)
    told = {"Content_Range": f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"} | headers
    return call.reply(206, CONTENT[start:], cut=cut, **told)


def fetch(server: Server, size: int | None = None) -> bytes:
    """Return what a download writes behind what is in a file already."""
    file = io.BytesIO(b"before")
    file.seek(0, io.SEEK_END)
    GitHub(server.url(), "octo/models", None).download("releases/assets/1", file, "file", size)
    assert file.getvalue()[:6] == b"before"
    return file.getvalue()[6:]


def first_time(call: Call) -> bool:
    return len(call.server.asked) == 1


def test_a_download_goes_on_after_what_arrived() -> None:
    arrived = 2 * KIB * KIB + 320 * KIB
    with answering(lambda call: send(call, wanted(call), cut=arrived if first_time(call) else None)) as server:
        assert fetch(server) == CONTENT
        assert server.sent("Range") == [None, f"bytes={arrived}-"]


def test_a_connection_that_breaks_again_and_again_brings_all_as_long_as_each_brings_something() -> None:
    step = 48 * KIB
    with answering(lambda call: send(call, wanted(call), cut=step)) as server:
        assert fetch(server) == CONTENT
        assert server.sent("Range") == [None, *(f"bytes={at}-" for at in range(step, len(CONTENT), step))]
        assert len(server.asked) > retries.ATTEMPTS


def test_what_goes_on_is_said_aloud(capsys: pytest.CaptureFixture) -> None:
    with answering(lambda call: send(call, wanted(call), cut=64 * KIB if first_time(call) else None)) as server:
        fetch(server)
        place = f"{server.url()}/repos/octo/models/releases/assets/1"
    assert re.fullmatch(
        rf"GET {place}: no answer: .*(broke|cut short); going on after 65,536 bytes\n", capsys.readouterr().err
    )


@pytest.mark.parametrize("sends", [0, 64 * KIB])
def test_a_connection_that_brings_nothing_new_is_given_up(sends: int) -> None:
    """The server always begins at the start."""
    with answering(lambda call: call.reply(200, CONTENT, cut=sends)) as server:
        with pytest.raises(RegistryError, match="; check the network and run the same command again"):
            fetch(server)
        assert len(server.asked) == retries.ATTEMPTS + bool(sends)


@pytest.mark.parametrize("told", [f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}", "bytes 131072-9/9", "items 9", None])
def test_an_answer_that_begins_elsewhere_is_not_taken_for_the_rest(told: str | None) -> None:
    def answer(call: Call) -> None:
        if "Range" in call.headers:
            call.reply(206, CONTENT, Content_Range=told)
        else:
            send(call, 0, cut=64 * KIB if first_time(call) else None)

    with answering(answer) as server:
        assert fetch(server) == CONTENT
        assert server.sent("Range") == [None, "bytes=65536-", None]


def test_a_server_that_sends_all_of_it_again_is_understood() -> None:
    with answering(lambda call: call.reply(200, CONTENT, cut=64 * KIB if first_time(call) else None)) as server:
        assert fetch(server) == CONTENT


def test_nothing_left_is_the_end() -> None:
    def answer(call: Call) -> None:
        if first_time(call):
            call.reply(200, CONTENT, cut=len(CONTENT), Content_Length=len(CONTENT) + 1)
        else:
            call.reply(416, b"")

    with answering(answer) as server:
        assert fetch(server) == CONTENT
        assert server.sent("Range") == [None, f"bytes={len(CONTENT)}-"]


def test_bytes_are_asked_for_as_they_lie_there() -> None:
    with answering(lambda call: send(call, 0)) as server:
        fetch(server)
        assert server.sent("Accept-Encoding") == ["identity"]


def test_what_is_packed_all_the_same_is_never_continued_in_the_middle() -> None:
    packed = gzip.compress(CONTENT, 0)

    def answer(call: Call) -> None:
        assert "Range" not in call.headers
        call.reply(200, packed, cut=KIB * KIB if first_time(call) else None, Content_Encoding="gzip")

    with answering(answer) as server:
        assert fetch(server) == CONTENT


def test_a_body_of_unknown_length_that_is_shorter_than_listed_is_a_broken_connection() -> None:
    def answer(call: Call) -> None:
        send(call, wanted(call), cut=KIB * KIB if first_time(call) else len(CONTENT), Content_Length=None)

    with answering(answer) as server:
        assert fetch(server, len(CONTENT)) == CONTENT
        assert server.sent("Range") == [None, f"bytes={KIB * KIB}-"]


def test_a_file_that_is_shorter_than_listed_is_left_to_the_digest() -> None:
    with answering(lambda call: send(call, 0)) as server:
        assert fetch(server, len(CONTENT) + 1) == CONTENT


def test_what_a_release_lists_is_fetched_to_its_last_byte(root: Path, hub: Hub) -> None:
    candidate(root)
    teams.release(root, hub)
    teams.pin(root, hub, "staging")
    fault = hub.faults.add("unsized", host="storage")
    succeeds(root, hub, deploy, "staging", "--apply")
    assert fault.struck


def test_a_part_is_read_in_pieces_that_a_slow_line_takes_in_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    (part,) = parts.split(tmp_path / "file")
    sizes = [len(chunk) for chunk in part.read()]
    assert (max(sizes), sum(sizes)) == (64 * KIB, len(CONTENT))


class Slow(Call):
    """Takes nothing for longer than anything but an upload waits for."""

    def _answer(self) -> None:
        threading.Event().wait(0.3)
        super()._answer()

    do_POST = _answer  # noqa: N815


def test_an_upload_waits_longer_than_a_connection_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TIMEOUT", (0.05, 0.05))
    monkeypatch.setattr("loopback.Call", Slow)
    (tmp_path / "file").write_bytes(CONTENT * 4)
    with answering(lambda call: call.reply(201, {"size": len(call.asked.body)})) as server:
        github = GitHub(server.url(), "octo/models", None)
        made = github.upload(f"{server.url()}/assets{{?name}}", *parts.split(tmp_path / "file"), lambda: None)
        assert (made, server.told) == ({"size": len(CONTENT) * 4}, ["POST /assets?name=file"])
