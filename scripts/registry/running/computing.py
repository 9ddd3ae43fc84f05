"""The process that runs models: it loads, lets go and answers, as the server says, and ends with the server."""

import ctypes
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from registry import memory, repeats
from registry.artifacts import runtime
from registry.errors import Problem, RegistryError, refuse
from registry.protocols.metadata import TYPES
from registry.protocols.refusals import RequestError
from registry.running import calls
from registry.running.agreement import Answer
from registry.running.calls import Call
from registry.running.loaded import Version
from registry.running.notes import Notes
from registry.running.predictions import Predictions, Request

PLACES = 4  # versions that begin to load at the same time
PATIENCE = 0.2  # seconds until one that takes long gives its place to the next: it must not hold up the others
CHUNK = 64 * 1024
DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)

log = logging.getLogger("serve.models")


def main(connection: int, notes: int, niceness: int) -> None:
    """Do what comes over a socket until that ends. The first two are file descriptors; others go first by niceness."""
    if sys.platform == "linux":  # a model that keeps Python's lock would never see the socket's end
        ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    for number in signal.SIGINT, signal.SIGTERM:  # the server's business: it asks until it has all its answers
        signal.signal(number, signal.SIG_IGN)
    os.nice(niceness)
    os.set_inheritable(connection, False)
    os.set_inheritable(notes, False)
    repeats.write_log("serve")
    try:
        _Models(socket.socket(fileno=connection), Notes(notes)).serve()
    except ConnectionError:
        pass  # the server is gone
    except Exception:
        log.exception("the process that runs models fails")
    os._exit(0)  # wherever its threads are


class _Models:
    """The versions in memory, in the places that the server gave them. Calls have numbers of their own."""

    def __init__(self, connection: socket.socket, notes: Notes) -> None:
        self._connection, self._notes = connection, notes
        self._sending = threading.Lock()
        self._kept: list[bytes] = []
        self._first = threading.get_ident()
        self._versions: dict[int, Version] = {}
        self._predictions = Predictions(notes, self._reply)
        self._places = ThreadPoolExecutor(PLACES, "place")
        self._loading: set[int] = set()

    def serve(self) -> None:
        """Take calls in until the server is gone."""
        work = {"load": self._load, "drop": self._drop, "release": memory.release}
        asking = {"ask": self._ask, "compare": self._compare}
        arriving = calls.Arriving()
        while data := self._connection.recv(CHUNK):
            for (what, *words), content in arriving.take(data):
                if what in asking:
                    asking[what](*words, content)
                else:
                    work[what](*words)
            kept, self._kept = self._kept, []
            self._send_parts(kept)

    def _ask(self, number: int, place: int, protocol: str, header: bytes | None, body: bytes) -> None:
        self._predictions.answer(protocol, Request(number, self._versions[place], body, header))

    def _compare(
        self, number: int, place: int, protocol: str, header: bytes | None, answered: Answer, body: bytes
    ) -> None:
        self._predictions.compare(protocol, Request(number, self._versions[place], body, header), answered)

    def _reply(self, number: int, work: Callable[[], Answer | None]) -> None:
        """Send what work returns, or why it failed."""
        try:
            answer = work()
            if answer is not None:
                content, length = answer
                self._send(Call((number, "answered", length), content))
        except RequestError as error:
            self._send(Call((number, "refused", error.status, error.text)))
        except Exception as error:
            log.exception("a request failed")
            self._send(Call((number, "refused", 500, f"this is a fault of the server: {type(error).__name__}")))

    def _send(self, call: Call) -> None:
        """Send what a thread has to say, and keep what the first one has until it waits: many answers go at once."""
        parts = calls.write(call)
        if threading.get_ident() == self._first:
            self._kept += parts
        else:
            self._send_parts(parts)

    def _send_parts(self, parts: list[bytes]) -> None:
        with self._sending:
            for part in calls.joined(parts):
                self._connection.sendall(part)

    def _load(self, number: int, place: int, model: str, version: int, directory: str) -> None:
        self._loading.add(number)
        load = partial(self._try_to_load, number, place, model, version, Path(directory))
        self._places.submit(_begin, load)

    def _try_to_load(self, number: int, place: int, model: str, version: int, directory: Path) -> None:
        note = self._notes.begin(number)
        try:
            self._versions[place] = load(model, version, directory)
            found = self._versions[place].runtime
            answer = number, "loaded", found.kind, found.inputs, found.outputs
        except RegistryError as error:
            answer = number, "refused", *error.problems
        except BaseException as error:  # a damaged model may raise anything
            text = f"can't be loaded: {type(error).__name__}: {' '.join(str(error).split())}"
            answer = number, "refused", Problem(f"{model}/{version}", 0, "", text)
        finally:
            self._notes.end(note)
        self._loading.discard(number)
        if not self._loading:
            memory.settle()
        self._send(Call(answer))

    def _drop(self, place: int) -> None:
        if gone := self._versions.pop(place, None):  # else it was not loaded again after an end
            is_in_cycles = gone.runtime.kind == "tensorflow"
            del gone
            memory.settle(whole=is_in_cycles)


def _begin(load: Callable[[], None]) -> None:
    thread = threading.Thread(target=load, name="load")
    thread.start()
    thread.join(PATIENCE)


def load(model: str, number: int, directory: Path) -> Version:
    """Load a version and run it once; raises RegistryError, and whatever a damaged model may raise."""
    loaded = runtime.load(directory)
    for tensor in loaded.inputs + loaded.outputs:
        if tensor.dtype not in TYPES:
            raise refuse(f"{model}/{number}", f"{tensor.name!r} is {tensor.dtype}, which JSON has no values for")
    version = Version(model, number, loaded)
    version.warm_up()
    return version
