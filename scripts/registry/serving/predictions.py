"""From a request's body to the answer's: read, run, write, in either protocol, each where it holds nobody up.

The event loop does only what is known to take no time. A model that is not known to be quick runs in a thread of its
own, where C++ lets go of Python's lock. orjson and NumPy keep that lock from beginning to end: what takes them some time
is read and written in a process apart.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy
from starlette.responses import Response

from registry.artifacts.tensors import InputError
from registry.protocols import binary, openinference, tfserving, values
from registry.protocols.refusals import RequestError, bad_request
from registry.serving import responses
from registry.serving.apart import Apart
from registry.serving.loaded import Version

HEADER = binary.HEADER.lower().encode()

Arrays = dict[str, numpy.ndarray]
Headers = dict[bytes, bytes]

THREADS = 4  # a model
SMALL = 64 * 1024  # bytes: JSON of this size takes less time than handing it to a process and back

log = logging.getLogger("serve.requests")


class Predictions:
    """Where predictions are made."""

    def __init__(self) -> None:
        self._threads = defaultdict(partial(ThreadPoolExecutor, THREADS, "predict"))
        self._apart = Apart()

    def stop(self) -> None:
        """Let threads and process end."""
        for threads in self._threads.values():
            threads.shutdown()
        self._apart.stop()

    async def predict(self, version: Version, body: bytes, _: Headers) -> Response:
        """Answer TensorFlow Serving's :predict; raise RequestError."""
        form, arrays = await self._do(len(body), tfserving.read, body, version.runtime.inputs)
        outputs = await self._run(version, arrays)
        return responses.json(await self._do(_size(outputs), tfserving.write, form, outputs))

    async def infer(self, version: Version, body: bytes, headers: Headers) -> Response:
        """Answer the Open Inference Protocol's infer; raise RequestError."""
        inputs, outputs, header = version.runtime.inputs, version.runtime.outputs, headers.get(HEADER)
        size = binary.slow_to_read(body, header, inputs)
        asked, arrays = await self._do(size, openinference.read, body, header, inputs, outputs)
        results = await self._run(version, arrays)
        wanted = {name: results[name] for name in asked.outputs}
        size = _size({name: array for name, array in wanted.items() if not asked.outputs[name]})
        write = partial(openinference.write, version.model, version.number)
        return responses.binary(*await self._do(size, write, asked, wanted))

    async def _run(self, version: Version, arrays: Arrays) -> Arrays:
        if version.is_quick(arrays):
            return run(version, arrays)
        threads = self._threads[version.model]
        return await asyncio.get_running_loop().run_in_executor(threads, run, version, arrays)

    async def _do(self, size: int, work: Callable, *words: object) -> Any:
        """Read or write so many bytes where that holds nobody up."""
        return work(*words) if size < SMALL else await self._apart.run(work, *words)


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
