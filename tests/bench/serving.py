"""Requests per second, memory and time to ready of `serve`, beside MLServer with the same LiteRT model.

The model is the digits CNN, untrained. Eight connections, one row a request; one server after the other. Makes
MLServer its own virtual environment with uv, since it needs an older Starlette.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import load
import numpy
import orjson
import requests
from servers import ROOT, repository

from registry import console

SECONDS = 5
WARM_UP = 1
IMAGE = numpy.random.default_rng(0).random((1, 28, 28, 1), "float32")
ROW_FORMAT = orjson.dumps({"instances": IMAGE}, option=orjson.OPT_SERIALIZE_NUMPY)
TENSOR = {"name": "image", "datatype": "FP32", "shape": IMAGE.shape, "data": IMAGE.ravel()}
INFERENCE = orjson.dumps({"inputs": [TENSOR]}, option=orjson.OPT_SERIALIZE_NUMPY)
ENVIRONMENT = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}


def measure(root: Path) -> list[list[str]]:
    """Print what each server does; return a row for each target: what, the figure, the target, whether it is met."""
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:  # so that TensorFlow does not weigh on the rest
        model = apart.submit(build, repository(root) / "digits/1000000").result()
    with started(serve(root, port := free_port()), root, port) as ours:
        v1, v2 = ask(port, "/v1/models/digits:predict", ROW_FORMAT), infer(port)
    with started(mlserver(root, model, port := free_port()), root / "mlserver", port) as theirs:
        other = infer(port)
    heads = ["", "requests/s", "p50 ms", "p99 ms", "peak MB", "ready s"]
    console.table(heads, [row("serve v1", v1, ours), row("serve v2", v2, ours), row("MLServer v2", other, theirs)])
    rate, memory = v2.rate / other.rate, theirs.peak / ours.peak
    return [
        ["serve, v2, requests against MLServer's", f"{rate:.1f} ×", "at least 4", "yes" if rate >= 4 else "NO"],
        ["serve, memory against MLServer's", f"1/{memory:.1f}", "at most 1/5", "yes" if memory >= 5 else "NO"],
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


def serve(root: Path, port: int) -> list[str]:
    """Return the command of our server."""
    return [sys.executable, str(ROOT / "scripts/serve.py"), "staging", f"--port={port}"]


def mlserver(root: Path, model: Path, port: int) -> list[str]:
    """Lay out MLServer's folder, with its settings as they come but for ports; return its command."""
    folder = shutil.copytree(ROOT / "tests/bench/mlserver", root / "mlserver")
    ports = {"http_port": port, "grpc_port": free_port(), "metrics_port": free_port(), "host": "127.0.0.1"}
    (folder / "settings.json").write_text(json.dumps(ports))
    settings = {"name": "digits", "implementation": "runtime.Lite", "parameters": {"uri": str(model)}}
    (folder / "model-settings.json").write_text(json.dumps(settings))
    return [str(virtual_environment(root) / "bin/mlserver"), "start", "."]


def virtual_environment(root: Path) -> Path:
    """Make MLServer's environment, once where tox gives a folder that stays."""
    folder = Path(os.environ.get("TOX_WORK_DIR", root)) / "mlserver-environment"
    python = ["--python", str(folder / "bin/python")]
    if not (folder / "bin/python").exists():
        subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, folder], check=True)
    locked = str(ROOT / "requirements/mlserver.txt")
    subprocess.run(["uv", "pip", "install", "--quiet", *python, "--requirements", locked], check=True)
    return folder


def free_port() -> int:
    """Return a port that nothing listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Watch:
    """A server's cost: seconds until it was ready, and the most memory that all its processes had together, in MB."""

    def __init__(self, ready: float, group: int) -> None:
        self.ready, self.peak, self._group, self._stop = ready, 0.0, group, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.5):
            listed = subprocess.run(["ps", "-A", "-o", "pgid=,rss="], capture_output=True, text=True, check=True).stdout
            rows = [line.split() for line in listed.splitlines()]
            self.peak = max(self.peak, sum(int(size) for group, size in rows if int(group) == self._group) / 1024)


@contextmanager
def started(command: list[str], folder: Path, port: int) -> Iterator[Watch]:
    """Run a server in its own process group until its model is ready, and while the block runs."""
    begun = time.perf_counter()
    environment = {**ENVIRONMENT, "PATH": f"{Path(command[0]).parent}:{os.environ['PATH']}"}
    with (folder / "log").open("w") as log:
        streams = {"stdout": log, "stderr": log}
        process = subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True, **streams)
    while not is_ready(port):
        if process.poll() is not None:
            raise SystemExit((folder / "log").read_text())
        time.sleep(0.02)
    watch = Watch(time.perf_counter() - begun, process.pid)
    yield watch
    watch.stop()
    os.killpg(process.pid, signal.SIGKILL)  # MLServer does not always stop when asked to
    process.wait()


def is_ready(port: int) -> bool:
    """Say whether the model answers."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/v2/models/digits/ready", timeout=60).status_code == 200
    except requests.ConnectionError:
        return False


def infer(port: int) -> load.Load:
    return ask(port, "/v2/models/digits/infer", INFERENCE)


def ask(port: int, path: str, body: bytes) -> load.Load:
    """Return what the server does once it is warm."""
    request = load.post(path, body)
    load.hammer(port, request, WARM_UP)
    return load.hammer(port, request, SECONDS)


def row(name: str, done: load.Load, cost: Watch) -> list[str]:
    numbers = [f"{done.rate:.0f}", f"{done.p50:.2f}", f"{done.p99:.2f}", f"{cost.peak:.0f}", f"{cost.ready:.2f}"]
    return [name, *numbers]

