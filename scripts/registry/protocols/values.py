"""JSON values to the arrays a model takes, checked. Pure.

The model's own signature does not check: it answers a picture of the wrong size with plausible numbers.
"""

import base64
import binascii
import json
import re
from collections.abc import Set
from itertools import chain
from math import prod

import numpy
import orjson

from registry.artifacts.tensors import Tensor
from registry.protocols.refusals import bad_request, show

Shape = tuple[int | None, ...]
NAN = re.compile(rb'"(?:[^"\\]+|\\.)*"|(?<![-\w.])NaN(?!\w)', re.DOTALL)  # or a string, which may hold it


def parse(body: bytes) -> dict:
    """Return a request's JSON object; raise RequestError when it is malformed or something else."""
    if not body:
        raise bad_request("JSON Parse error: The document is empty")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        hint = "; JSON has no NaN or Infinity" if b"NaN" in body or b"Infinity" in body else ""
        raise bad_request(f"JSON Parse error: {error}{hint}") from error
    if type(document) is not dict:
        raise bad_request(f"the body must be a JSON object, got {show(document)}")
    return document


def parse_with_nan(body: bytes) -> dict:
    """Return a request's JSON object, in which NaN may stand as a number although JSON has none; as `parse` otherwise."""
    plain = NAN.sub(lambda found: b"0.0" if found[0] == b"NaN" else found[0], body) if b"NaN" in body else body
    document = parse(plain)
    try:
        return document if plain == body else json.loads(body, parse_int=_whole)
    except RecursionError as error:
        raise bad_request("JSON Parse error: lists within lists, too deep") from error


def _whole(digits: str) -> int | float:
    """Return a whole number; one that no integer of 64 bits holds is a float, as elsewhere."""
    number = int(digits)
    return number if -(2**63) <= number < 2**64 else float(number)


def check_keys(place: str, given: dict, known: Set[str]) -> None:
    """Raise RequestError for keys of an object that mean nothing here: what a client asks for is never ignored."""
    if not given.keys() <= known:
        unknown = sorted(given.keys() - known)
        names = ", ".join(map(show, unknown[:20]))
        verb = "is" if len(unknown) == 1 else "are"
        raise bad_request(f"{place}: {names} {verb} not supported; supported: {', '.join(sorted(known))}")


def nested(tensor: Tensor, value: object) -> numpy.ndarray:
    """Return the array of nested lists (or of one value, for a tensor without dimensions)."""
    shape, leaves = unnest(tensor, value)
    return array(tensor, leaves, shape)


def unnest(tensor: Tensor, value: object) -> tuple[tuple[int, ...], list]:
    """Return the shape of nested lists and their values in order; raise RequestError unless it is the tensor's."""
    level, shape = [value], []
    for depth in range(len(tensor.shape)):
        if set(map(type, level)) != {list}:
            mixed = ", with lists and values side by side" if list in map(type, level) else ""
            raise _unlike(tensor, _measure(value) + mixed)
        sizes = set(map(len, level))
        if len(sizes) > 1:
            raise _unlike(tensor, f"lists of {min(sizes)} and of {max(sizes)} items side by side at depth {depth + 1}")
        shape.append(sizes.pop())
        level = list(chain.from_iterable(level))
    if level and type(level[0]) is list:
        raise _unlike(tensor, _measure(value))
    check_shape(tensor, tuple(shape))
    return tuple(shape), level


def check_shape(tensor: Tensor, shape: tuple[int, ...]) -> None:
    """Raise RequestError unless a shape is the tensor's, free dimensions aside, and holds at least one value."""
    if len(shape) != len(tensor.shape) or not all(map(_fits, shape, tensor.shape)):
        raise _unlike(tensor, show_shape(shape))


def array(tensor: Tensor, values: list, shape: tuple[int, ...]) -> numpy.ndarray:
    """Return JSON values as an array of the tensor's type; raise RequestError for one that is no such value."""
    if len(values) != prod(shape):
        text = f"shape {show_shape(shape)} needs {prod(shape)} values, got {len(values)}"
        raise bad_request(f"input {tensor.name!r}: {text}")
    if tensor.dtype == "bytes":
        return _strings(tensor, values, shape)
    accepted = _accepted(tensor.dtype)
    if not set(map(type, values)) <= accepted:
        position = next(i for i, value in enumerate(values) if type(value) not in accepted)
        raise _mistyped(tensor, values, position, shape)
    return _numbers(tensor, values, shape)


def size(array: numpy.ndarray) -> int:
    """Return about how many bytes an array's values take."""
    return array.nbytes + (sum(map(len, array.flat)) if array.dtype.kind == "O" else 0)


def check_batches(arrays: dict[str, numpy.ndarray], inputs: tuple[Tensor, ...]) -> None:
    """Raise RequestError unless all inputs have as many rows."""
    rows = {tensor.name: len(arrays[tensor.name]) for tensor in inputs if tensor.shape and tensor.shape[0] is None}
    if len(set(rows.values())) > 1:
        counts = ", ".join(f"{name!r} has {count}" for name, count in rows.items())
        raise bad_request(f"every input needs as many rows: {counts}")


def show_shape(shape: Shape) -> str:
    """Return `[-1,28,28,1]`: as both protocols write a shape."""
    return f"[{','.join('-1' if size is None else str(size) for size in shape)}]"


def _fits(size: int, wanted: int | None) -> bool:
    return size > 0 if wanted is None else size == wanted


def _accepted(dtype: str) -> set[type]:
    if dtype == "bool":
        return {bool}
    return {int, float} if dtype.startswith("float") else {int}


def _numbers(tensor: Tensor, values: list, shape: tuple[int, ...]) -> numpy.ndarray:
    try:
        with numpy.errstate(over="ignore"):
            result = numpy.array(values, tensor.dtype)
    except OverflowError as error:
        limits = numpy.iinfo(tensor.dtype)
        position = next(i for i, value in enumerate(values) if not limits.min <= value <= limits.max)
        raise _mistyped(tensor, values, position, shape) from error
    if result.dtype.kind == "f" and numpy.isinf(result).any():
        raise _mistyped(tensor, values, int(numpy.isinf(result).argmax()), shape)
    return result.reshape(shape)


def _strings(tensor: Tensor, values: list, shape: tuple[int, ...]) -> numpy.ndarray:
    result = numpy.empty(len(values), object)
    for position, value in enumerate(values):
        try:
            result[position] = (
                value.encode() if type(value) is str else base64.b64decode(_encoded(value), validate=True)
            )
        except (TypeError, ValueError, binascii.Error) as error:
            raise _mistyped(tensor, values, position, shape) from error
    return result.reshape(shape)


def _encoded(value: object) -> str:
    if not is_base64(value):
        raise TypeError
    return value["b64"]


def is_base64(value: object) -> bool:
    """Say whether a JSON value is TensorFlow Serving's way to write bytes: {"b64": "…"}."""
    return type(value) is dict and value.keys() == {"b64"} and type(value["b64"]) is str


def _mistyped(tensor: Tensor, values: list, position: int, shape: tuple[int, ...]) -> Exception:
    index = ",".join(str(i) for i in numpy.unravel_index(position, shape)) if shape else ""
    place = f" at [{index}]" if index else ""
    wanted = 'a string or {"b64": "…"}' if tensor.dtype == "bytes" else tensor.dtype
    return bad_request(f"input {tensor.name!r}: expected {wanted}, got {show(values[position])}{place}")


def _unlike(tensor: Tensor, got: str) -> Exception:
    return bad_request(f"input {tensor.name!r}: expected {tensor.dtype} of shape {show_shape(tensor.shape)}, got {got}")


def _measure(value: object) -> str:
    """The shape as far as the first items tell it."""
    shape, item = [], value
    while type(item) is list:
        shape.append(len(item))
        item = item[0] if item else None
    return show_shape(tuple(shape)) if shape else show(value)
