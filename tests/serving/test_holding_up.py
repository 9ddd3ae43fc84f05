"""One request of `serve` that takes long, for whatever reason, holds up nobody else."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from asking import ROW, v2
from servers import Server, below, factor, fixture, place, remove, serving, until

DOUBLE, TRIPLE, SPIN = fixture("double"), fixture("triple"), fixture("spin")
LARGE = {"instances": [ROW] * 20_000}


@contextmanager
def held_up(server: Server, bodies: dict[str, dict]) -> Iterator[None]:
    """Ask for predictions that are not to end while the block runs, nor after it: the server is killed."""
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(server.post, path, body) for _ in range(4) for path, body in bodies.items()]
        try:
            until(lambda: cpu(server) > 1, "a model that runs")
            yield
            assert not any(one.done() for one in asked)
        finally:
            server.process.kill()


def cpu(server: Server) -> int:
    """Return the seconds of a processor that the models took."""
    command = ["ps", "-o", "cputimes=", "-p", ",".join(map(str, below(server)))]
    return sum(map(int, subprocess.run(command, capture_output=True, check=True).stdout.split()))


def test_long_predictions_with_small_bodies(root, models):
    bodies = {
        "/v1/models/spin:predict": {"instances": [0.5] * 200},
        "/v2/models/spin/infer": {"inputs": [v2("x", "FP32", [200], [0.5] * 200)]},
    }
    place(models, "digits", 1_000_000, DOUBLE)
    place(models, "spin", 1_000_000, SPIN)
    with serving(root) as server:
        for _ in range(20):  # the model is known to be quick for one row, and nothing is known of others
            assert server.post("/v1/models/spin:predict", {"instances": [0.5]}).json() == {"predictions": [1.5]}
        with held_up(server, bodies):
            assert server.get("/v2/health/live").status_code == 200
            assert server.get("/v2/health/ready").status_code == 200
            assert 'serve_model_loaded{model="spin"' in server.get("/metrics").text
            assert server.get("/v1/models/spin").status_code == 200
            assert factor(server) == 2.0
            assert len(server.post("/v1/models/digits:predict", LARGE).json()["predictions"]) == 20_000
            assert server.post("/v1/models/spin:predict", {"instances": [0.5]}).json() == {"predictions": [1.5]}
            place(models, "digits", 1_001_000, TRIPLE)
            until(lambda: factor(server) == 3.0, "the new version")


def test_versions_that_never_end_loading(root, models):
    old = place(models, "digits", 1_000_000, DOUBLE)
    with serving(root) as server:
        for model in "digits", "a", "b", "c":
            place(models, model, 1_001_000, fixture("endless"))
        until(lambda: cpu(server) > 1, "a version that is being loaded")
        place(models, "other", 1_000_000, DOUBLE)
        until(lambda: server.get("/v2/models/other/ready").status_code == 200, "another model")
        newer = place(models, "digits", 1_002_000, TRIPLE)
        remove(old)
        until(lambda: factor(server) == 3.0, "the newest version")
        place(models, "digits", 1_000_000, DOUBLE)
        remove(newer)
        until(lambda: factor(server) == 2.0, "the old version again")
        server.process.kill()


def test_what_reads_large_bodies_is_started_again_when_it_died(root, models):
    place(models, "digits", 1_000_000, DOUBLE)
    with serving(root) as server:
        ask = lambda: server.post("/v1/models/digits:predict", LARGE)  # noqa: E731
        assert ask().status_code == 200
        (reader,) = readers(server)
        os.kill(reader, signal.SIGKILL)
        until(lambda: ask().status_code == 200, "another")
        assert len(readers(server)) == 1
        bad = server.post("/v1/models/digits:predict", json.dumps(LARGE).encode()[:-1])
        assert (bad.status_code, bad.json()["error"].partition(":")[0]) == (400, "JSON Parse error")
        (reader,) = readers(server)
        server.process.send_signal(signal.SIGKILL)
        until(lambda: not exists(reader), "the end of the reader")
    assert "Traceback" not in server.said


def readers(server: Server) -> list[int]:
    """Return the processes that read what is large."""
    return [pid for pid, args in below(server).items() if "apart.main" in args]


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
