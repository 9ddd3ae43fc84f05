"""`serve` holds out: clients that are slow, silent, or too many take nothing from those beside them."""

import json
import re
import resource
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
from asking import MIB, ROW
from servers import DEADLINE, ROOT, Server, address, factor, fixture, hammered, place, running, until

HEAD = b"POST /v1/models/digits:predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n"
LARGE = json.dumps({"instances": [ROW] * 20_000}).encode()  # 0.8 MB
SLOW = b'HTTP/1.1 408 Request Timeout\r\n.*\r\n\r\n{"error": ?"the %s came too slowly.*"}'
FULL = b'HTTP/1.1 503 Service Unavailable\r\n.*retry-after: 1\r\n.*\r\n\r\n{"error": ?"too many %s; send .*"}'


def changed(root: Path, **constants: float) -> AbstractContextManager[Server]:
    """Run `serve staging` with other limits: body__ROOM=3 sets ROOM in the module body. FILES are those it may open."""
    files = constants.pop("FILES", None)
    lines = ["import resource, sys", f"sys.path.insert(0, {str(ROOT / 'scripts')!r})", "import serve",
             "from registry import console, repeats", "from registry.serving import body, crowd"]  # fmt: skip
    lines += [f"{name.replace('__', '.')} = {value}" for name, value in constants.items()]
    lines += [f"resource.setrlimit(resource.RLIMIT_NOFILE, ({files}, {files}))"] * bool(files)
    return running(root, sys.executable, "-c", "\n".join([*lines, "console.run(serve.main)"]), "staging", "--port=0")


@pytest.fixture(autouse=True)
def digits(models: Path) -> None:
    place(models, "digits", 1_000_000, fixture("double"))


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (max(soft, 4096 if hard == resource.RLIM_INFINITY else min(hard, 4096)), hard)
    )
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connected(server: Server, sent: bytes = b"") -> socket.socket:
    connection = socket.create_connection(address(server), timeout=DEADLINE)
    connection.sendall(sent)
    return connection


def ending(connection: socket.socket) -> bytes:
    """Return what comes until the server closes a connection."""
    with connection:
        return b"".join(iter(lambda: connection.recv(65536), b""))


def answer(server: Server, sent: bytes) -> bytes:
    return ending(connected(server, sent))


def test_who_is_too_slow_is_told_so_and_sent_away(root):
    with (
        changed(root, crowd__HEAD=0.3, crowd__BODY=0.3, crowd__PACE=1024 * MIB, crowd__SWEEP=0.05) as server,
        hammered(server) as wrong,
    ):
        silent = [connected(server) for _ in range(150)]
        trickling = connected(server)
        heads = [connected(server, b"GET"), connected(server, HEAD[:60])]
        bodies = [connected(server, HEAD % 1000 + b"{"), connected(server, HEAD % (31 * MIB) + b" " * MIB),
                  connected(server, (HEAD % 9 + b"5\r\n{").replace(b"content-length: 9", b"transfer-encoding: chunked")),
                  connected(server, HEAD.replace(b"digits", b"nobody") % 1000)]  # fmt: skip
        with pytest.raises(OSError):
            for byte in HEAD * 10:
                trickling.sendall(bytes([byte]))
                factor(server)
        rested = connected(server, b"GET /v2/health/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert [ending(connection) for connection in silent] == [b""] * 150
        for connection in heads:
            assert re.fullmatch(SLOW % b"headers", ending(connection), re.DOTALL)
        told = [ending(connection) for connection in bodies]
        assert all(re.fullmatch(SLOW % b"body", one, re.DOTALL) for one in told[:3])
        assert told[3].startswith(b"HTTP/1.1 404 Not Found\r\n")  # at once: what has its answer gets no other
        rested.sendall(b"GET /v2/health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        assert ending(rested).count(b'{"live":true}') == 2
    assert wrong == []
    assert "Traceback" not in server.said


@pytest.mark.parametrize("sent", [b"", HEAD[:40], HEAD % 1000 + b"{", b"GET /v2/health/live HTTP/1.1\r\nhost: localhost\r\n\r\n"],
                         ids=["silent", "heads", "bodies", "answered"])  # fmt: skip
def test_ten_times_as_many_connections_as_files(root, sent):
    with changed(root, FILES=200) as server, hammered(server) as wrong, ExitStack() as stack:
        until(lambda: _answered(server) > 100, "clients that are known")
        crowd = []
        for place_in_line in range(2000):
            crowd.append(stack.enter_context(connected(server)))
            crowd[-1].sendall(sent)
            assert place_in_line % 100 or factor(server) == 2.0
        if not sent:
            assert re.fullmatch(FULL % b"connections", ending(crowd[0]), re.DOTALL)
    assert wrong == []
    assert "Traceback" not in server.said
    assert len(server.said.splitlines()) < 10


def _answered(server: Server) -> float:
    found = re.search(r'^serve_requests_total\{.*status="200".*\} (.*)$', server.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0


def test_where_all_connections_are_busy_the_next_is_told(root, models):
    place(models, "spin", 1_000_000, fixture("spin"))
    body = json.dumps({"instances": [0.5] * 200}).encode()
    request = (HEAD % len(body) + body).replace(b"digits", b"spin")
    asked = b"GET /v2/health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    with changed(root, FILES=136) as server:
        busy: list[socket.socket] = []
        until(lambda: busy.append(connected(server, request)) or b" 503 " in answer(server, asked), "no place left")
        assert re.fullmatch(FULL % b"connections", answer(server, asked), re.DOTALL)
        server.process.kill()
        [connection.close() for connection in busy]


def test_bodies_that_nobody_finishes_give_way_to_those_that_come(root):
    with changed(root, body__ROOM=4 * MIB, body__STALLED=0.2) as server, hammered(server) as wrong:
        unfinished = [connected(server, HEAD % MIB + b" " * (MIB - 1)) for _ in range(12)]
        for _ in range(3):
            assert len(server.post("/v1/models/digits:predict", LARGE).json()["predictions"]) == 20_000
        gone, _, _ = select.select(unfinished, [], [], DEADLINE)
        assert re.fullmatch(SLOW % b"body", ending(gone[0]), re.DOTALL)
        [connection.close() for connection in unfinished]
    assert wrong == []


def test_what_has_no_room_is_told_to_come_again(root):
    with changed(root, body__ROOM=4 * MIB, body__PATIENCE=0.2, body__STALLED=60, body__QUEUE=3) as server:
        with hammered(server) as wrong:
            unfinished = [connected(server, HEAD % MIB + b" " * (MIB - 1)) for _ in range(4)]
            until(lambda: server.post("/v1/models/digits:predict", LARGE).status_code == 503, "no room")
            response = server.post("/v1/models/digits:predict", LARGE)
            error = {"error": "too many large requests at once; send this one again"}
            assert (response.status_code, response.headers["retry-after"], response.json()) == (503, "1", error)
            waiting = [connected(server, HEAD % MIB + b" " * (MIB - 1)) for _ in range(9)]
            [connection.close() for connection in [*unfinished, *waiting]]
            until(lambda: server.post("/v1/models/digits:predict", LARGE).status_code == 200, "room")
        assert wrong == []
        assert "Traceback" not in server.said


def test_the_log_counts_what_repeats(root):
    with changed(root, repeats__EVERY=0.5) as server:
        for _ in range(300):
            assert answer(server, b"NO HTTP\r\n\r\n").startswith(b"HTTP/1.1 400")
        line = r"[\d-]+ [\d:,]+ Invalid HTTP request received\."
        until(lambda: _counted(line, server) == 300, "the rest")
        assert len(re.findall(line, server.said)) < 100


def _counted(line: str, server: Server) -> int:
    found = re.findall(line + r"(?: \(([\d,]+) more like this in 0\.5 s\))?\n", server.said)
    return sum(int(more.replace(",", "")) if more else 1 for more in found)


def test_an_answer_that_nobody_reads_is_let_go(root):
    rows = 8 * MIB // 24
    tensor = {"name": "x", "datatype": "FP32", "shape": [rows, 2, 3], "parameters": {"binary_data_size": rows * 24}}
    asked = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True}}).encode()
    head = HEAD.replace(b"v1/models/digits:predict", b"v2/models/digits/infer") % (len(asked) + rows * 24)
    head = head.replace(b"host:", b"inference-header-content-length: %d\r\nhost:" % len(asked))
    with changed(root, crowd__UNREAD=0.3, crowd__SWEEP=0.05) as server:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(address(server))
        connection.sendall(head + asked + bytes(rows * 24))
        ended = select.poll()
        ended.register(connection, 0)  # no events but its end
        assert ended.poll(1000 * DEADLINE)
        with pytest.raises(OSError), connection:
            while True:
                assert connection.recv(MIB)


def test_memory_comes_back_after_a_flood(root):
    with changed(root, body__ROOM=64 * MIB, body__MUCH=16 * MIB, body__QUIET=0.05) as server:
        assert server.post("/v1/models/digits:predict", LARGE).status_code == 200
        before = _memory(server)
        flood = [threading.Thread(target=_pour, args=(server,)) for _ in range(12)]
        [thread.start() for thread in flood]
        most = 0
        while any(thread.is_alive() for thread in flood):
            most = max(most, _memory(server))
            assert factor(server) == 2.0
        assert before + 32 * MIB < most < before + 160 * MIB
        until(lambda: _memory(server) < before + 32 * MIB, "memory that comes back")


def _pour(server: Server) -> None:
    """Send most of a body, and go once the server closes or has nothing left to say."""
    with connected(server, HEAD % (32 * MIB)) as connection:
        try:
            connection.sendall(b" " * 31 * MIB)
            connection.settimeout(1)
            connection.recv(65536)
        except OSError:
            pass


def _memory(server: Server) -> int:
    command = ["ps", "-o", "rss=", "-p", str(server.process.pid)]
    return 1024 * int(subprocess.run(command, capture_output=True, check=True).stdout)
