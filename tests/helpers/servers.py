"""Real `serve` processes for tests, on free ports, in throw-away repositories."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import requests
from asking import ROW

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests/fixtures/serving"
DEADLINE = 60  # seconds
BODY = json.dumps({"instances": [ROW]})
SERVE = sys.executable, str(ROOT / "scripts/serve.py"), "--port=0"

STAGING = """description: A test.
takes_from: releases
target:
  type: directory
  path: deployments
"""


def repository(root: Path) -> Path:
    """Make a repository with the environment `staging`; return its target directory, which does not exist yet."""
    (root / "environments").mkdir(parents=True)
    (root / "environments/staging.yaml").write_text(STAGING)
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    return root / "deployments"


def place(models: Path, model: str, version: int, content: bytes) -> Path:
    """Put a version with a LiteRT model into the directory as deploy does: complete, by one rename."""
    (models / model).mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".", dir=models))
    (beside / "assets.extra").mkdir()
    (beside / "assets.extra/model.tflite").write_bytes(content)
    return beside.rename(models / model / str(version))


def remove(version: Path) -> None:
    """Take a version away as deploy does: by one rename, then for good."""
    gone = version.rename(version.parents[1] / f".gone-{version.name}")
    shutil.rmtree(gone)


def fixture(name: str) -> bytes:
    """Return a LiteRT model out of tests/fixtures/serving."""
    return (FIXTURES / f"{name}.tflite").read_bytes()


def until(condition: Callable[[], object], what: str) -> None:
    """Wait until a condition holds; fail after DEADLINE."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"waited {DEADLINE} s in vain: {what}"
        time.sleep(0.02)


class Server:
    """A running `serve`: its process and its address."""

    def __init__(self, process: subprocess.Popen, log: Path) -> None:
        self.process = process
        self._log = log
        until(self._announced, "an address on stdout")
        self.url = re.search(r"http://\S+:\d+", self.said).group()

    @property
    def said(self) -> str:
        """What it has printed so far, to both streams."""
        return self._log.read_text()

    def _announced(self) -> bool:
        assert self.process.poll() is None, self.said
        return "\n  " in self.said

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, timeout=DEADLINE)

    def post(self, path: str, body: object) -> requests.Response:
        """Post bytes as they are, anything else as JSON."""
        form = {"data": body} if isinstance(body, bytes) else {"json": body}
        return requests.post(self.url + path, timeout=DEADLINE, **form)

    def stop(self) -> int:
        """Send SIGTERM; return the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)


def below(server: Server) -> dict[int, str]:
    """Return what the server started, and what that did: the commands of processes that have not ended."""
    command = ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [(int(pid), int(parent), args) for pid, parent, state, args in (line.split(None, 3) for line in listed)
            if "Z" not in state]  # fmt: skip
    found: dict[int, str] = {}
    while more := {
        pid: args for pid, parent, args in rows if parent in {server.process.pid, *found} and pid not in found
    }:
        found |= more
    return found


def serving(root: Path, *flags: str) -> AbstractContextManager[Server]:
    """Run `serve staging` in a repository, on a free port."""
    return running(root, *SERVE, "staging", *flags)


@contextmanager
def running(folder: Path, *command: str) -> Iterator[Server]:
    """Run a command that serves, in a folder."""
    log = folder / "serve.log"
    with log.open("w") as stream:
        process = subprocess.Popen(command, cwd=folder, stdout=stream, stderr=stream, env=os.environ)
    try:
        yield Server(process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(DEADLINE)


def factor(server: Server) -> float | None:
    """Which model answers: 2.0, 3.0, or None when none does."""
    response = server.post("/v1/models/digits:predict", {"instances": [ROW]})
    return response.json()["predictions"][0][0][0] if response.status_code == 200 else None


def ready(server: Server) -> bool:
    """Whether there is something to serve and all of it answers."""
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
    until(lambda: len(asked) > 20, "answers to all of them")
    yield wrong
    stop.set()
    [thread.join() for thread in threads]


def address(server: Server) -> tuple[str, int]:
    """Return where it listens, as sockets take it."""
    return "127.0.0.1", int(server.url.rpartition(":")[2])
