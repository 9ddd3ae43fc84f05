"""The v2 protocol's extension for binary tensor data, as Triton defines it. Pure.

A body that carries binary data is JSON, as long as the header Inference-Header-Content-Length says, and after it the
values of those inputs or outputs whose parameter `binary_data_size` says how many bytes they take, in their order.
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
"""

from math import prod

import numpy

from registry.artifacts.tensors import Tensor
from registry.protocols import values
from registry.protocols.metadata import BINARY_HEADER
from registry.protocols.refusals import bad_request

LENGTH = 4  # bytes, before a string


def slow_to_read(body: bytes, header: bytes | None, inputs: tuple[Tensor, ...]) -> int:
    """Return how many bytes of a body are not binary numbers, which need no reading."""
    return len(body) if any(tensor.dtype == "bytes" for tensor in inputs) else length(header, body)


def length(header: bytes | None, body: bytes) -> int:
    """Return how long the JSON is."""
    if header is None:
        return len(body)
    if not (header.isdigit() and len(header) < 20 and 0 < int(header) <= len(body)):
        wanted = f"the length of the JSON, from 1 to the body's {len(body)} bytes"
        raise bad_request(f"{BINARY_HEADER}: expected {wanted}, got {values.show(header.decode('latin-1'))}")
    return int(header)


def read(tensor: Tensor, content: memoryview, shape: tuple[int, ...]) -> numpy.ndarray:
    """Return bytes as an array: values in row order, little-endian; each string after its length in four bytes.

    Raises RequestError unless they are that many values.
    """
    if tensor.dtype == "bytes":
        return _strings(tensor, content, shape)
    dtype = numpy.dtype(tensor.dtype).newbyteorder("<")
    if len(content) != prod(shape) * dtype.itemsize:
        text = f"shape {values.show_shape(shape)} of {tensor.dtype} needs {prod(shape) * dtype.itemsize} bytes"
        raise bad_request(f"input {tensor.name!r}: {text}, got {len(content)}")
    if tensor.dtype == "bool" and (most := numpy.frombuffer(content, "uint8").max(initial=0)) > 1:
        raise bad_request(f"input {tensor.name!r}: expected bytes of 0 or 1, got {most}")
    return numpy.frombuffer(content, dtype).reshape(shape).astype(tensor.dtype)


def _strings(tensor: Tensor, content: memoryview, shape: tuple[int, ...]) -> numpy.ndarray:
    found, place = [], 0
    while place < len(content):
        begin = place + LENGTH
        place = begin + int.from_bytes(content[place:begin], "little")
        found.append(bytes(content[begin:place]))
    if place != len(content):
        raise bad_request(f"input {tensor.name!r}: the last string ends {place - len(content)} bytes after the data")
    if len(found) != prod(shape):
        text = f"shape {values.show_shape(shape)} needs {prod(shape)} strings, got {len(found)}"
        raise bad_request(f"input {tensor.name!r}: {text}")
    result = numpy.empty(len(found), object)
    result[:] = found
    return result.reshape(shape)


def write(array: numpy.ndarray) -> bytes:
    """Return an array's values as `read` takes them."""
    if array.dtype.kind in "OS":
        return b"".join(len(value).to_bytes(LENGTH, "little") + value for value in array.ravel().tolist())
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
