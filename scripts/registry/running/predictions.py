"""From a request's body to the answer's: read, run, write, in either protocol, each where it holds nobody up.

The thread that takes requests in does only what is known to take no time. A model that is not known to be quick runs in
a thread of its own, where C++ lets go of Python's lock. orjson and NumPy keep that lock from beginning to end: what takes
them some time is read and written in a process apart.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import numpy

from registry.artifacts.tensors import InputError
from registry.protocols import binary, openinference, tfserving, values
from registry.protocols.refusals import RequestError, bad_request
from registry.running import agreement
from registry.running.agreement import Answer
from registry.running.apart import Apart
from registry.running.loaded import Version
from registry.running.notes import Notes

Arrays = dict[str, numpy.ndarray]

THREADS = 4  # a model
SMALL = 64 * 1024  # bytes: JSON of this size takes less time than handing it to a process and back

log = logging.getLogger("serve.requests")


class Request(NamedTuple):
    """A version, and what it is asked: a body, the header that says where binary data begins in it; its own number."""

    number: int
    version: Version
    body: bytes
    header: bytes | None


class Step(NamedTuple):
    """A part of an answer: the work, and whether it is known to take no time."""

    is_quick: bool
    work: Callable[[], Any]


Steps = Generator[Step, Any, Answer]


class Predictions:
    """Where predictions are made. `reply` is called with a request's number and the work that gives its answer, or None
    where that is still to come."""

    def __init__(self, notes: Notes, reply: Callable[[int, Callable[[], Answer | None]], None]) -> None:
        self._notes, self._reply = notes, reply
        self._threads = defaultdict(partial(ThreadPoolExecutor, THREADS, "predict"))
        self._apart = Apart()
        self._protocols = {"v1": self._predict, "v2": self._infer}

    def answer(self, protocol: str, request: Request) -> None:
        """Answer a request here, or let a thread do that."""
        self._reply(request.number, partial(self._begin, request, self._protocols[protocol](request)))

    def compare(self, protocol: str, request: Request, answered: Answer) -> None:
        """Answer, with the share of the rows, as JSON, in which that agrees with what another version answered."""
        self._reply(request.number, partial(self._begin, request, self._compare(protocol, request, answered)))

    def _compare(self, protocol: str, request: Request, answered: Answer) -> Steps:
        own = yield from self._protocols[protocol](request)
        size = len(answered[0]) + len(own[0])
        share = yield self._do(size, agreement.share, protocol, answered, own)
        return str(share).encode(), None

    def _begin(self, request: Request, steps: Steps) -> Answer | None:
        found = None
        try:
            while True:
                step = steps.send(found)
                if not step.is_quick:
                    rest = partial(self._finish, steps, step)
                    self._threads[request.version.model].submit(self._reply, request.number, rest)
                    return None
                found = step.work()
        except StopIteration as end:
            return end.value

    def _finish(self, steps: Steps, step: Step) -> Answer:
        try:
            while True:
                step = steps.send(step.work())
        except StopIteration as end:
            return end.value

    def _predict(self, request: Request) -> Steps:
        """Answer TensorFlow Serving's :predict."""
        body = request.body
        form, arrays = yield self._do(len(body), tfserving.read, body, request.version.runtime.inputs)
        outputs = yield self._run(request, arrays)
        content = yield self._do(_size(outputs), tfserving.write, form, outputs)
        return content, None

    def _infer(self, request: Request) -> Steps:
        """Answer the Open Inference Protocol's infer."""
        _, version, body, header = request
        inputs, outputs = version.runtime.inputs, version.runtime.outputs
        size = binary.slow_to_read(body, header, inputs)
        asked, arrays = yield self._do(size, openinference.read, body, header, inputs, outputs)
        results = yield self._run(request, arrays)
        wanted = {name: results[name] for name in asked.outputs}
        size = _size({name: array for name, array in wanted.items() if not asked.outputs[name]})
        write = partial(openinference.write, version.model, version.number)
        return (yield self._do(size, write, asked, wanted))

    def _do(self, size: int, work: Callable, *words: object) -> Step:
        """Read or write so many bytes where that holds nobody up."""
        return (
            Step(True, partial(work, *words)) if size < SMALL else Step(False, partial(self._apart.run, work, *words))
        )

    def _run(self, request: Request, arrays: Arrays) -> Step:
        return Step(request.version.is_quick(arrays), partial(self._compute, request, arrays))

    def _compute(self, request: Request, arrays: Arrays) -> Arrays:
        note = self._notes.begin(request.number)
        try:
            return run(request.version, arrays)
        finally:
            self._notes.end(note)


def _size(arrays: Arrays) -> int:
    return sum(map(values.size, arrays.values()))


def run(version: Version, arrays: Arrays) -> Arrays:
    """Run the model; raise RequestError with 400 for values that it can't take, with 500 when it fails."""
    try:
        return version.run(arrays)
    except InputError as error:
        raise bad_request(f"the model can't take these values: {error}") from error
    except Exception as error:  # a model may raise anything, and must not take the server with it
        text = f"model {version.model} version {version.number} failed: {type(error).__name__}"
        log.error("%s: %s", text, " ".join(str(error).split()))
        raise RequestError(500, text) from error
