"""`serve` over time: versions that come and go under load, workers, signals, ports, metrics."""

import http.client
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from servers import DEADLINE, ROOT, Server, fixture, place, remove, repository, serving, until

ROW = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
BODY = json.dumps({"instances": [ROW]})
DOUBLE, TRIPLE = fixture("double"), fixture("triple")


@pytest.fixture
def root(tmp_path):
    repository(tmp_path)
    return tmp_path


@pytest.fixture
def models(root):
    return root / "deployments"


def factor(server: Server) -> float | None:
    """Which model answers: 2.0, 3.0, or None when none does."""
    response = server.post("/v1/models/digits:predict", {"instances": [ROW]})
    return response.json()["predictions"][0][0][0] if response.status_code == 200 else None


def ready(server: Server) -> bool:
    return server.get("/v2/health/ready").status_code == 200


@contextmanager
def hammered(server: Server) -> Iterator[list[str]]:
    """Ask without a pause from four connections while the block runs; yield the list of what went wrong."""
    stop, wrong, asked = threading.Event(), [], []

    def ask() -> None:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=DEADLINE)
        while not stop.is_set():
            try:
                connection.request("POST", "/v1/models/digits:predict", BODY)
                response = connection.getresponse()
                answer = response.read()
            except OSError as error:
                wrong.append(repr(error))
                return
            asked.append(response.status)
            if response.status != 200:
                wrong.append(answer.decode())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    [thread.start() for thread in threads]
    until(lambda: asked, "a first answer")
    yield wrong
    stop.set()
    [thread.join() for thread in threads]
    assert len(asked) > 20


@pytest.mark.parametrize("workers", ["--workers=1", "--workers=2"])
def test_switching_and_rolling_back_lose_no_request(root, models, workers):
    first = place(models, "digits", 1_000_000, DOUBLE)
    with serving(root, workers) as server, hammered(server) as wrong:
        for _ in range(3):
            second = place(models, "digits", 1_001_000, TRIPLE)
            until(lambda: factor(server) == 3.0, "the new version")
            remove(first)
            first = place(models, "digits", 1_000_000, DOUBLE)
            remove(second)
            until(lambda: factor(server) == 2.0, "the old version again")
    assert wrong == []


def test_a_version_replaced_under_its_number_is_noticed_without_a_lost_request(root, models):
    current = place(models, "digits", 1_000_000, DOUBLE)
    with serving(root) as server, hammered(server) as wrong:
        for content, expected in [(TRIPLE, 3.0), (DOUBLE, 2.0)] * 3:
            remove(current)
            current = place(models, "digits", 1_000_000, content)
            until(lambda expected=expected: factor(server) == expected, "the replacement")
    assert wrong == []


def test_a_damaged_version_changes_nothing_until_it_is_repaired(root, models):
    first = place(models, "digits", 1_000_000, DOUBLE)
    other = place(models, "other", 1_000_000, DOUBLE)
    with serving(root) as server:
        damaged = place(models, "digits", 1_001_000, TRIPLE[:500])
        until(lambda: "1001000/assets.extra/model.tflite: can't be loaded" in server.said, "a line about it")
        remove(first)
        remove(other)
        until(lambda: "other 1000000: gone, let go" in server.said, "the end of a version that went later")
        assert factor(server) == 2.0
        assert server.said.count("can't be loaded by LiteRT") == 1
        assert server.said.count("still serving 1000000") == 1
        (damaged / "assets.extra/model.tflite").write_bytes(TRIPLE)
        until(lambda: factor(server) == 3.0, "the repaired version")
        assert ready(server)


def test_damage_to_the_version_in_memory_does_not_matter(root, models):
    current = place(models, "digits", 1_000_000, DOUBLE)
    with serving(root) as server:
        (current / "assets.extra/model.tflite").write_bytes(b"")
        until(lambda: "can't be loaded" in server.said, "a line about it")
        assert factor(server) == 2.0
        shutil.rmtree(models)
        line = "deployments: can't be read; what is in memory stays until it can"
        until(lambda: line in server.said, "a line about it")
        assert factor(server) == 2.0


def test_a_model_without_versions_is_offered_no_longer(root, models):
    place(models, "other", 1_000_000, DOUBLE)
    current = place(models, "digits", 1_000_000, DOUBLE)
    with serving(root) as server:
        remove(current)
        until(lambda: factor(server) is None, "the end of the offer")
        assert ready(server)
        assert server.get("/v2/models/digits").json() == {"error": 'model "digits" is not served here; served: other'}


def test_a_directory_that_does_not_exist_yet_is_picked_up(root, models):
    with serving(root) as server:
        assert "nothing yet" in server.said
        assert not ready(server)
        assert server.get("/v2/health/live").status_code == 200
        place(models, "digits", 1_000_000, DOUBLE)
        until(lambda: ready(server), "the first model")
        assert factor(server) == 2.0


def test_it_says_what_it_serves_and_a_command_that_works(root, models):
    place(models, "digits", 1_002_003, DOUBLE)
    with serving(root) as server:
        assert f"serving staging from {models} on {server.url}\n  digits 1.2.3\n" in server.said
        command = re.search("curl .*", server.said).group()
        answer = subprocess.run([*command.split(), "--silent"], capture_output=True, check=True).stdout
        assert json.loads(answer)["name"] == "digits"


def test_a_name_that_needs_quoting_in_an_address(root, models):
    place(models, "two words", 1_000_000, DOUBLE)
    with serving(root) as server:
        assert f"curl {server.url}/v2/models/two%20words\n" in server.said
        assert server.get("/v2/models/two%20words/ready").status_code == 200


def test_a_thousand_versions_and_models(root, models):
    for number in range(500):
        place(models, "digits", number, DOUBLE)
        place(models, f"model-{number}", 1_000_000, TRIPLE)
    with serving(root) as server:
        assert len(server.get("/v1/models/digits").json()["model_version_status"]) == 500
        assert ready(server)
        assert factor(server) == 2.0
        place(models, "digits", 500, TRIPLE)
        until(lambda: factor(server) == 3.0, "the newest of 501")


def test_more_connections_than_are_allowed_unless_asked_for(root, models):
    place(models, "digits", 1_000_000, DOUBLE)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
    try:
        with serving(root) as server, ExitStack() as connections:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for _ in range(200):
                connections.enter_context(socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))))
            assert factor(server) == 2.0
            assert "Traceback" not in server.said
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("workers", ["--workers=1", "--workers=2"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_what_is_in_flight(root, models, workers, number):
    place(models, "digits", 1_000_000, DOUBLE)
    with serving(root, workers) as server:
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as connection:
            head = f"POST /v1/models/digits:predict HTTP/1.1\r\nhost: x\r\ncontent-length: {len(BODY)}\r\n\r\n"
            connection.sendall(head.encode() + BODY[:10].encode())
            until(lambda: factor(server) == 2.0, "an answer to somebody else")
            server.process.send_signal(number)
            until(lambda: not _accepts(server), "the closed door")
            connection.sendall(BODY[10:].encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200 OK") and answer.endswith(
            b'{"predictions":[[[2.0,4.0,6.0],[8.0,10.0,12.0]]]}'
        )
        assert server.process.wait(DEADLINE) == 0
        assert "Traceback" not in server.said


def test_stopping_under_load_loses_no_request(root, models):
    place(models, "digits", 1_000_000, DOUBLE)
    with serving(root) as server:
        with hammered(server) as wrong:
            assert server.stop() == 0
        assert {error.partition("(")[0] for error in wrong} == {"ConnectionRefusedError"}
        assert "Traceback" not in server.said


def _accepts(server: Server) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=1).close()
    except OSError:
        return False
    return True


def test_a_slow_client_does_not_hold_others_up(root, models):
    place(models, "digits", 1_000_000, DOUBLE)
    with serving(root) as server:
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        slow = [socket.create_connection(address) for _ in range(50)]
        for connection in slow:
            connection.sendall(b"POST /v1/models/digits:predict HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{")
        assert factor(server) == 2.0
        [connection.close() for connection in slow]
        assert factor(server) == 2.0
        assert "Traceback" not in server.said


def _children(process: subprocess.Popen) -> set[int]:
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,command="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    return {int(pid) for pid, parent, command in rows if int(parent) == process.pid and "spawn_main" in command}


def test_a_worker_that_dies_is_replaced_and_all_are_counted(root, models):
    place(models, "digits", 1_000_000, DOUBLE)
    with serving(root, "--workers=2") as server:
        before = _children(server.process)
        assert len(before) == 2
        for _ in range(20):
            assert factor(server) == 2.0
        os.kill(min(before), signal.SIGKILL)
        until(lambda: len(_children(server.process) - {min(before)}) == 2, "another worker")
        until(lambda: factor(server) == 2.0, "an answer")
        count = 'serve_requests_total{model="digits",protocol="v1",status="200",version="1000000"} 21.0'
        assert count in server.get("/metrics").text
        assert server.stop() == 0
        assert _children(server.process) == set()
    assert "Traceback" not in server.said


def test_workers_go_when_the_process_that_started_them_is_killed(root, models):
    place(models, "digits", 1_000_000, DOUBLE)
    with serving(root, "--workers=2") as server:
        server.process.kill()
        until(lambda: not _accepts(server), "the closed door")
    assert "Traceback" not in server.said


def test_the_metrics_folder_of_several_workers_is_removed(root, models, monkeypatch, tmp_path_factory):
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(folder))
    with serving(root, "--workers=2") as server:
        assert list(folder.glob("serve-metrics-*"))
        server.stop()
    assert list(folder.iterdir()) == []


def test_metrics(root, models):
    place(models, "digits", 1_000_000, DOUBLE)
    with serving(root) as server:
        server.post("/v1/models/digits:predict", {"instances": [ROW]})
        server.post("/v1/models/digits:predict", {"instances": []})
        server.post("/v2/models/made-up/infer", {})
        response = server.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    shown = [line for line in response.text.splitlines() if "created" not in line and "bucket" not in line]
    assert 'serve_requests_total{model="digits",protocol="v1",status="200",version="1000000"} 1.0' in shown
    assert 'serve_requests_total{model="digits",protocol="v1",status="400",version="1000000"} 1.0' in shown
    assert 'serve_requests_total{model="",protocol="v2",status="404",version=""} 1.0' in shown
    assert 'serve_request_seconds_count{model="digits",protocol="v1"} 2.0' in shown
    assert 'serve_model_loaded{model="digits",runtime="litert",version="1000000"} 1.0' in shown
    assert "made-up" not in response.text


def run(root: Path, *words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/serve.py"), *words],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("workers", ["--workers=1", "--workers=2"])
def test_a_taken_port(root, workers):
    with serving(root) as server:
        port = server.url.rpartition(":")[2]
        text = f"127.0.0.1:{port}: is taken; stop what listens there, or choose another with --port\n1 problem\n"
        assert run(root, "staging", f"--port={port}", workers) == (1, "", text)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["stagign"], "environments/stagign.yaml: does not exist; "),
        (["staging", "--port=99999"], "--port: 99999 is no port; choose one from 1 to 65535\n"),
        (["--path=nowhere"], "--path: nowhere is no folder; name one that holds models\n"),
        (["staging", "--workers=0"], "--workers: 0 is too few; it takes at least 1\n"),
        (
            ["staging", "--host=203.0.113.1"],
            "203.0.113.1:8501: can't be listened on: cannot assign requested address; ",
        ),
    ],
)
def test_what_it_can_not_do(root, words, text):
    code, out, err = run(root, *words)
    assert (code, out) == (1, "")
    assert err.startswith(text) and err.endswith("1 problem\n")


@pytest.mark.parametrize("words", [[], ["staging", "--path=deployments"]])
def test_it_serves_an_environment_or_a_folder(root, words):
    assert run(root, *words)[:2] == (2, "")


def test_help_shows_an_example(root):
    code, out, _ = run(root, "--help")
    assert code == 0 and "example: tox run -e serve -- staging" in out
