"""Requests per second, memory and time to ready of `serve`, beside MLServer with the same LiteRT model.

The model is the digits CNN, untrained. Eight connections, one row a request; both servers in turn, round after round,
so that a noisy machine disturbs both alike. Then `serve` alone is asked for its health while others send it what is
small, large as JSON, and slow. Memory against MLServer's, and what it costs that models run in a process of their own,
is the proportional set (PSS) of all processes, which counts once what they share; the latter against one process that
holds the server and the model, which took a fifth of MLServer's.
MLServer runs as it comes, with one worker process, in a virtual environment of its own: it needs an older Starlette.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import load
import numpy
import orjson
import peers
import requests
from servers import ROOT, repository

from registry import console

ROUNDS, SECONDS, WARM_UP, HEALTH = 5, 3, 0.5, 10
ROWS = 250  # 2.5 MB of JSON
PREDICT = "/v1/models/digits:predict"
IMAGE = numpy.random.default_rng(0).random((1, 28, 28, 1), "float32")
ROW_FORMAT = orjson.dumps({"instances": IMAGE}, option=orjson.OPT_SERIALIZE_NUMPY)
TENSOR = {"name": "image", "datatype": "FP32", "shape": IMAGE.shape, "data": IMAGE.ravel()}
INFERENCE = orjson.dumps({"inputs": [TENSOR]}, option=orjson.OPT_SERIALIZE_NUMPY)
PSS = re.compile(r"^Pss: +(\d+) kB$", re.MULTILINE)
TOGETHER = """import sys
sys.path.insert(0, "scripts")
from pathlib import Path
from registry import console, memory
from registry.running import computing
from registry.serving import app, connection, listening
version = computing.load("digits", 1000000, Path(sys.argv[1]))
memory.settle()
print(Path("/proc/self/smaps_rollup").read_text())"""
ENVIRONMENT = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}


def measure(root: Path) -> list[list[str]]:
    """Print what each server does; return a row for each target: what, the figure, the target, whether it is met."""
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:  # so that TensorFlow does not weigh on the rest
        model = apart.submit(build, repository(root) / "digits/1000000").result()
    together = in_one_process(model.parents[1])
    with started(root, serve) as alone:
        more = alone.shared_memory() - together
    with started(root, serve) as ours, started(root, partial(mlserver, model)) as theirs:
        rounds = [(infer(ours), infer(theirs)) for _ in range(ROUNDS)]
        v1 = [predict(ours) for _ in range(ROUNDS)]
        memory = theirs.shared_memory() / ours.shared_memory()
        healthy = max(live(ours, body) for body in map(rows_of, (1, 5, 20, ROWS)))
        v2, other = zip(*rounds, strict=True)
        rows = [row("serve v1", v1, ours), row("serve v2", v2, ours), row("MLServer v2", other, theirs)]
    console.table(["medians", "requests/s", "p50 ms", "p99 ms", "RSS MB", "ready s"], rows)
    rate = median(one.rate / two.rate for one, two in rounds)
    return [
        ["serve, v2, requests against MLServer's", f"{rate:.1f} ×", "at least 4", "yes" if rate >= 4 else "NO"],
        ["serve, memory against MLServer's", f"1/{memory:.1f}", "at most 1/4", "yes" if memory >= 4 else "NO"],
        ["serve, memory that models apart take", f"{more:.1f} MB", "under 15 MB", "yes" if more < 15 else "NO"],
        [
            "serve, health under any load, longest",
            f"{healthy:.0f} ms",
            "at most 50 ms",
            "yes" if healthy <= 50 else "NO",
        ],
        ["serve, ready", f"{ours.ready:.2f} s", "under 1.5 s", "yes" if ours.ready < 1.5 else "NO"],
    ]


def build(directory: Path) -> Path:
    """Write the CNN as SavedModel and LiteRT model; return the latter's file."""
    import keras
    import tensorflow

    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.export(directory, verbose=False)
    converter = tensorflow.lite.TFLiteConverter.from_saved_model(str(directory), signature_keys=["serving_default"])
    file = directory / "assets.extra/model.tflite"
    file.parent.mkdir()
    file.write_bytes(converter.convert())
    return file


def serve(_: Path, port: int) -> list[str]:
    """Return the command of our server."""
    return [sys.executable, str(ROOT / "scripts/serve.py"), "staging", f"--port={port}"]


def mlserver(model: Path, folder: Path, port: int) -> list[str]:
    """Fill MLServer's folder, with its settings as they come but for ports; return its command."""
    shutil.copytree(ROOT / "tests/bench/mlserver", folder, dirs_exist_ok=True)
    ports = {"http_port": port, "grpc_port": free_port(), "metrics_port": free_port(), "host": "127.0.0.1"}
    (folder / "settings.json").write_text(json.dumps(ports))
    settings = {"name": "digits", "implementation": "runtime.Lite", "parameters": {"uri": str(model)}}
    (folder / "model-settings.json").write_text(json.dumps(settings))
    return [str(peers.environment("mlserver", folder) / "bin/mlserver"), "start", "."]


def free_port() -> int:
    """Return a port that nothing listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@dataclass(frozen=True)
class Server:
    """A running server: its port, its process group, and the seconds until its model was ready."""

    port: int
    group: int
    ready: float

    def memory(self) -> float:
        """Return the resident MB of all its processes."""
        return sum(int(size) for _, size in self._processes()) / 1024

    def shared_memory(self) -> float:
        """Return the MB of all its processes, what they share with others in proportion."""
        return (
            sum(int(PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())[1]) for pid, _ in self._processes())
            / 1024
        )

    def _processes(self) -> list[list[str]]:
        listed = subprocess.run(
            ["ps", "-A", "-o", "pgid=,pid=,rss="], capture_output=True, text=True, check=True
        ).stdout
        return [row[1:] for row in map(str.split, listed.splitlines()) if int(row[0]) == self.group]


def in_one_process(version: Path) -> float:
    """Return the MB of one process that holds all of our server and a version, as `shared_memory` counts."""
    done = subprocess.run(
        [sys.executable, "-c", TOGETHER, version], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return int(PSS.search(done.stdout)[1]) / 1024


@contextmanager
def started(root: Path, command: Callable[[Path, int], list[str]]) -> Iterator[Server]:
    """Run a server in its own process group until its model is ready, and while the block runs."""
    port, folder = free_port(), Path(tempfile.mkdtemp(dir=root))
    words = command(folder, port)
    begun = time.perf_counter()
    environment = {**ENVIRONMENT, "PATH": f"{Path(words[0]).parent}:{os.environ['PATH']}"}
    with (folder / "log").open("w") as log:
        streams = {"stdout": log, "stderr": log}
        process = subprocess.Popen(words, cwd=folder, env=environment, start_new_session=True, **streams)
    try:
        while not is_ready(port):
            if process.poll() is not None:
                raise SystemExit((folder / "log").read_text())
            time.sleep(0.02)
        yield Server(port, process.pid, time.perf_counter() - begun)
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # MLServer does not always stop when asked to
        process.wait()


def is_ready(port: int) -> bool:
    """Say whether the model answers."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/v2/models/digits/ready", timeout=60).status_code == 200
    except requests.ConnectionError:
        return False


def infer(server: Server) -> load.Load:
    return ask(server, "/v2/models/digits/infer", INFERENCE)


def predict(server: Server) -> load.Load:
    return ask(server, PREDICT, ROW_FORMAT)


def rows_of(count: int) -> bytes:
    return orjson.dumps({"instances": numpy.repeat(IMAGE, count, 0)}, option=orjson.OPT_SERIALIZE_NUMPY)


def live(server: Server, body: bytes) -> float:
    """Return the longest that /v2/health/live took in ms while another process asks for predictions."""
    others = get_context("spawn").Process(target=load.hammer, args=(server.port, load.post(PREDICT, body), 3600))
    others.start()
    try:
        load.hammer(server.port, load.get("/v2/health/live"), SECONDS, connections=1)  # until the others are at work
        return load.hammer(server.port, load.get("/v2/health/live"), HEALTH, connections=1).longest
    finally:
        others.kill()


def ask(server: Server, path: str, body: bytes) -> load.Load:
    """Return what the server does once it is warm."""
    request = load.post(path, body)
    load.hammer(server.port, request, WARM_UP)
    return load.hammer(server.port, request, SECONDS)


def row(name: str, rounds: Sequence[load.Load], server: Server) -> list[str]:
    rate, p50, p99, _ = (median(values) for values in zip(*map(astuple, rounds), strict=True))
    return [name, f"{rate:.0f}", f"{p50:.2f}", f"{p99:.2f}", f"{server.memory():.0f}", f"{server.ready:.2f}"]
