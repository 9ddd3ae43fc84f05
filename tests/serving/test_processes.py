"""`serve` as processes: workers, signals, metrics of all, ports, and what the verb refuses."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from servers import BODY, DEADLINE, ROOT, Server, address, factor, fixture, hammered, place, serving, until

ROW = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
DOUBLE = fixture("double")


@pytest.mark.parametrize(
    ("workers", "number"),
    [("--workers=1", signal.SIGINT), ("--workers=2", signal.SIGINT), ("--workers=2", signal.SIGTERM)],
)
def test_a_signal_finishes_what_is_in_flight(root, models, workers, number):
    place(models, "digits", 1_000_000, DOUBLE)
    with serving(root, workers) as server:
        with socket.create_connection(address(server)) as connection:
            head = f"POST /v1/models/digits:predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(BODY)}\r\n\r\n"
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
        socket.create_connection(address(server), timeout=1).close()
    except OSError:
        return False
    return True


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
    assert 'serve_request_seconds_count{model="digits",protocol="v1",version="1000000"} 2.0' in shown
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


def test_a_taken_port(root):
    with serving(root) as server:
        port = server.url.rpartition(":")[2]
        text = f"127.0.0.1:{port}: is taken; stop what listens there, or choose another with --port\n1 problem\n"
        for workers in "--workers=1", "--workers=2":
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
