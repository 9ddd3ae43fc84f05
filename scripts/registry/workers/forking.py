"""A process that forks a copy of itself for each job, so that what all jobs need is imported once.

Each copy begins as a new process would that had just imported it, and may make copies of its own where it is handed a
socket. Copies have whoever asked for them as their parent, which must adopt orphans: Linux alone can do that, and only a
process of one thread is forked whole.
"""

import gc
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

from registry.workers import quota

SOON = 0.05  # seconds between two looks at whether a copy has ended
LONGEST = 300  # seconds that imports may take; a new process that takes longer is held to what its kind may take
THREADS = Path("/proc/self/task")
PIECE = 65536  # bytes of a request that are read at once
REQUESTS = "requests"  # of a job: the socket that its copy is handed
IMPORTS = "imports"  # the kind of process that only imports what several kinds need: copies of it are kept for these


class Kept:
    """A process that makes copies of itself, as whoever asks for them sees it; its log may lie in an earlier build's folder."""

    def __init__(self, process: "subprocess.Popen | Copy", requests: socket.socket, log: Path) -> None:
        self.process, self.log = process, log
        self._socket, self._answers = requests, requests.makefile()
        self._asking = Lock()
        self._can_fork: bool | None = None

    def copy(
        self, job: dict, folder: Path, log: Path, variables: Mapping[str, str], handed: socket.socket | None = None
    ) -> "Copy | None":
        """Let a copy do a job in a folder, with some variables of its own, and print to a log; a socket is handed to it.

        Returns None where imports began threads, or came to no end.

        Raises ChildProcessError when the process has ended.
        """
        asked = {"job": job, "folder": str(folder), "log": str(log), "variables": variables}
        with self._asking:
            if self._can_fork is None:
                self._can_fork = self._begins()
            if not self._can_fork:
                return None
            folder.mkdir(parents=True)
            return Copy(self._heard(json.dumps(asked) + "\n", handed))

    def give_up(self) -> None:
        """End it where it imports still, so that nobody waits for it."""
        if self._can_fork is None:
            quota.end(self.process)

    def close(self) -> None:
        """Ask for no more copies."""
        self._answers.close()
        self._socket.close()
        if self.process.stdin:
            self.process.stdin.close()

    def _begins(self) -> bool:
        """Say whether it can make copies, as soon as it has imported what they need."""
        return bool(select.select([self._socket], [], [], LONGEST)[0]) and self._heard()

    def _heard(self, asked: str = "", handed: socket.socket | None = None) -> int | bool:
        try:
            if handed:
                socket.send_fds(self._socket, [b" "], [handed.fileno()])
            self._socket.sendall(asked.encode())
            return json.loads(self._answers.readline())
        except (OSError, ValueError) as error:
            raise ChildProcessError from error


class Copy:
    """A child of this process that another one forked, with what is used of subprocess.Popen."""

    stdin = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._looking = Lock()

    def poll(self) -> int | None:
        """Return its exit code, that of a signal below zero, or None while it runs."""
        with self._looking:
            if self.returncode is None and (status := os.waitpid(self.pid, os.WNOHANG))[0]:
                self.returncode = os.waitstatus_to_exitcode(status[1])
        return self.returncode

    def wait(self, timeout: float = float("inf")) -> int:
        """Return its exit code once it has ended; raise subprocess.TimeoutExpired when that takes too many seconds."""
        last = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > last:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(SOON)
        return self.returncode

    def send_signal(self, signal: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, signal)


def serve(requests: socket.socket) -> dict:
    """Fork a copy for each request; return, in that copy, its job. This process ends when nobody asks any more."""
    gc.freeze()  # what was imported stays: a copy that looks for garbage in it makes memory of its own of all that it sees
    with requests:  # no copy keeps it: it could not be heard that this one has ended
        _answer(requests, len([*THREADS.iterdir()]) == 1)
        while asked := _asked(requests):
            if not (pid := _forked()):
                return _begun(**asked)
            if REQUESTS in asked["job"]:
                os.close(asked["job"][REQUESTS])
            _answer(requests, pid)
    os._exit(0)


def _answer(requests: socket.socket, told: int | bool) -> None:
    requests.sendall(json.dumps(told).encode() + b"\n")


def _asked(requests: socket.socket) -> dict | None:
    """Return the next request, its job with the socket that is handed to its copy; None where nobody asks any more."""
    asked, handed = b"", []
    while not asked.endswith(b"\n"):
        piece, more, *_ = socket.recv_fds(requests, PIECE, 1)
        if not piece:
            return None
        asked, handed = asked + piece, handed + more
    found = json.loads(asked)
    found["job"] |= {REQUESTS: one for one in handed}
    return found


def _forked() -> int:
    """Fork a process that leads a group of its own; return 0 in it, and here its number once it is an orphan."""
    told, telling = os.pipe()
    if between := os.fork():
        os.close(telling)
        os.waitpid(between, 0)
        with os.fdopen(told) as answer:
            return int(answer.read())
    pid = -1
    try:
        pid = os.fork()
        os.setpgid(pid, pid)
        if pid:
            os.write(telling, str(pid).encode())
    finally:
        if pid:
            os._exit(0)
    os.close(told)
    os.close(telling)
    return 0


def _begun(job: dict, folder: str, log: str, variables: Mapping[str, str]) -> dict:
    os.environ |= variables
    tempfile.tempdir = None  # imports may have asked where it is, and Keras asks for its home once
    if keras := sys.modules.get("keras.src.backend.config"):
        keras._KERAS_DIR = os.environ["KERAS_HOME"]
    os.chdir(folder)
    printed = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    for stream in (1, 2):
        os.dup2(printed, stream)
    os.close(printed)
    return job
