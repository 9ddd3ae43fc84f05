"""From a request's body to the answer's: read, run, write, in either protocol."""

import logging
import threading
from contextlib import AbstractContextManager, nullcontext

import numpy

from registry.artifacts.tensors import InputError
from registry.serving import openinference, tfserving
from registry.serving.directory import Version
from registry.serving.errors import RequestError, bad_request

Arrays = dict[str, numpy.ndarray]

LARGE = 1024 * 1024  # bytes

log = logging.getLogger("serve")
_reading = threading.Lock()


def predict(version: Version, body: bytes) -> bytes:
    """Answer TensorFlow Serving's :predict; raise RequestError."""
    with _turn(body):
        form, arrays = tfserving.read(body, version.runtime.inputs)
    return tfserving.write(form, run(version, arrays))


def infer(version: Version, body: bytes) -> bytes:
    """Answer the Open Inference Protocol's infer; raise RequestError."""
    with _turn(body):
        request = openinference.read(body, version.runtime.inputs, version.runtime.outputs)
    return openinference.write(version.model, version.number, request, run(version, request.arrays))


def _turn(body: bytes) -> AbstractContextManager:
    """Reading a large body can hold Python's own lock for a second: one at a time, so that others get in between."""
    return _reading if len(body) > LARGE else nullcontext()


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
