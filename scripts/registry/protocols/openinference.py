"""The Open Inference Protocol, version 2, with its extension for binary tensor data. Pure.

https://github.com/kserve/open-inference-protocol
"""

from collections.abc import Set
from dataclasses import dataclass
from math import prod

import numpy
import orjson

from registry.artifacts.tensors import Tensor
from registry.protocols import binary, metadata, values
from registry.protocols.refusals import RequestError, bad_request

TYPES = {name: datatype for name, (_, datatype) in metadata.TYPES.items()}
DATATYPES = {numpy.dtype(name): datatype for name, datatype in TYPES.items() if name != "bytes"}

Arrays = dict[str, numpy.ndarray]


SIZE = "binary_data_size"
KEYS = {"id", "inputs", "outputs", "parameters"}
INPUT_KEYS = {"name", "datatype", "shape", "data", "parameters"}
OUTPUT_KEYS = {"name", "parameters"}
# what a client made its arrays of, which changes nothing here
CONTENT_TYPE, CONTENT_TYPES = "content_type", ("np", "str")


@dataclass(frozen=True)
class Asked:
    """How a request is answered: with its id, if it has one, and these outputs: name -> whether in binary."""

    id: str | None
    outputs: dict[str, bool]


def read(
    body: bytes, header: bytes | None, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]
) -> tuple[Asked, Arrays]:
    """Return what an inference request asks for and its arrays, checked against the model; raise RequestError.

    `header` is the value of the header that says where binary data begins, if the request has it.
    """
    length = binary.length(header, body)
    document = values.parse(body[:length])
    values.check_keys("the body", document, KEYS)
    name = document.get("id")
    if name is not None and type(name) is not str:
        raise bad_request(f"id: expected a string, got {values.show(name)}")
    given = _by_name(document.get("inputs"), "inputs", [tensor.name for tensor in inputs], INPUT_KEYS)
    for tensor in inputs:
        if tensor.name not in given:
            raise bad_request(f"inputs: {tensor.name!r} is missing; expected {_names(inputs)}")
    parts = _parts(given, body, length, header)
    arrays = {tensor.name: _array(tensor, given[tensor.name], parts.get(tensor.name)) for tensor in inputs}
    values.check_batches(arrays, inputs)
    parameters = _parameters("parameters", document, {"binary_data_output"})
    in_binary = bool(_flag("parameters", parameters, "binary_data_output"))
    return Asked(name, _asked(document.get("outputs"), outputs, in_binary)), arrays


def _parts(given: dict[str, dict], body: bytes, place: int, header: bytes | None) -> dict[str, memoryview]:
    """Return the binary data of each input that has some."""
    found, view = {}, memoryview(body)
    for name, item in given.items():
        size = _parameters(f"input {name!r}: parameters", item, {SIZE}).get(SIZE)
        if size is None:
            continue
        if type(size) is not int or size < 0:
            raise bad_request(f"input {name!r}: {SIZE}: expected a whole number from 0 up, got {values.show(size)}")
        if item.get("data") is not None:
            raise bad_request(f"input {name!r}: either data or {SIZE}, not both")
        if size > len(body) - place:
            advice = "" if header else f"; say in the header {metadata.BINARY_HEADER} where they begin"
            raise bad_request(f"input {name!r}: {SIZE} is {size}, and {len(body) - place} bytes are left{advice}")
        found[name], place = view[place : place + size], place + size
    if place != len(body):
        raise bad_request(f"the body goes on for {len(body) - place} bytes after the data of the last input")
    return found


def _parameters(place: str, given: dict, known: Set[str]) -> dict:
    found = given.get("parameters")
    if found is None:
        return {}
    if type(found) is not dict:
        raise bad_request(f"{place}: expected an object, got {values.show(found)}")
    values.check_keys(place, found, known | {CONTENT_TYPE})
    if found.get(CONTENT_TYPE) not in (None, *CONTENT_TYPES):
        kinds = ", ".join(CONTENT_TYPES)
        raise bad_request(f"{place}: {CONTENT_TYPE}: supported: {kinds}; got {values.show(found[CONTENT_TYPE])}")
    return found


def _flag(place: str, parameters: dict, name: str) -> bool | None:
    value = parameters.get(name)
    if value is not None and type(value) is not bool:
        raise bad_request(f"{place}: {name}: expected true or false, got {values.show(value)}")
    return value


def _by_name(items: object, key: str, known: list[str], keys: Set[str]) -> dict[str, dict]:
    if type(items) is not list or not items:
        raise bad_request(f"{key}: expected a list of {', '.join(map(repr, known))}, got {_got(items)}")
    found: dict[str, dict] = {}
    for position, item in enumerate(items):
        name = item.get("name") if type(item) is dict else None
        if type(name) is not str:
            raise bad_request(f"{key}[{position}]: expected an object with a name")
        if name not in known:
            raise bad_request(f"{key}[{position}]: unknown name {values.show(name)}; expected {', '.join(known)}")
        if name in found:
            raise bad_request(f"{key}[{position}]: {name!r} is given twice")
        values.check_keys(f"{key}[{position}]", item, keys)
        found[name] = item
    return found


def _got(items: object) -> str:
    return "an empty list" if items == [] else "nothing" if items is None else values.show(items)


def _names(tensors: tuple[Tensor, ...]) -> str:
    return ", ".join(tensor.name for tensor in tensors)


def _asked(items: object, outputs: tuple[Tensor, ...], in_binary: bool) -> dict[str, bool]:
    known = [tensor.name for tensor in outputs]
    if items is None or items == []:
        return dict.fromkeys(known, in_binary)
    named = _by_name(items, "outputs", known, OUTPUT_KEYS)
    return {name: _in_binary(f"output {name!r}: parameters", item, in_binary) for name, item in named.items()}


def _in_binary(place: str, item: dict, otherwise: bool) -> bool:
    wanted = _flag(place, _parameters(place, item, {"binary_data"}), "binary_data")
    return otherwise if wanted is None else wanted


def _array(tensor: Tensor, given: dict, part: memoryview | None) -> numpy.ndarray:
    datatype, shape, data = given.get("datatype"), given.get("shape"), given.get("data")
    if datatype != TYPES[tensor.dtype]:
        raise bad_request(
            f"input {tensor.name!r}: expected datatype {TYPES[tensor.dtype]}, got {values.show(datatype)}"
        )
    if type(shape) is not list or not set(map(type, shape)) <= {int}:
        raise bad_request(f"input {tensor.name!r}: shape: expected a list of whole numbers such as {_example(tensor)}")
    values.check_shape(tensor, tuple(shape))
    if part is not None:
        return binary.read(tensor, part, tuple(shape))
    if type(data) is not list:
        raise bad_request(f"input {tensor.name!r}: data: expected a list of values, got {_got(data)}")
    return _nested(tensor, shape, data) if data and type(data[0]) is list else values.array(tensor, data, tuple(shape))


def _nested(tensor: Tensor, shape: list[int], data: list) -> numpy.ndarray:
    return values.nested(Tensor(tensor.name, tensor.dtype, tuple(shape)), data)


def _example(tensor: Tensor) -> str:
    return values.show_shape(tuple(1 if size is None else size for size in tensor.shape))


def write(model: str, version: int, asked: Asked, outputs: Arrays) -> tuple[bytes, int | None]:
    """Return the answer with the outputs that were asked for, and where its binary data begins, if it has some.

    Raises RequestError for what JSON can't carry.
    """
    answer = {"model_name": model, "model_version": str(version)}
    if asked.id is not None:
        answer["id"] = asked.id
    parts = {name: binary.write(outputs[name]) for name, in_binary in asked.outputs.items() if in_binary}
    answer["outputs"] = [_output(name, outputs[name], parts.get(name)) for name in asked.outputs]
    content = orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
    return b"".join([content, *parts.values()]), len(content) if parts else None


def _output(name: str, array: numpy.ndarray, part: bytes | None) -> dict:
    datatype = DATATYPES.get(array.dtype, TYPES["bytes"])
    answer = {"name": name, "shape": array.shape, "datatype": datatype}
    if part is not None:
        return {**answer, "parameters": {SIZE: len(part)}}
    return {**answer, "data": _data(name, array)}


def _data(name: str, array: numpy.ndarray) -> object:
    flat = numpy.ascontiguousarray(array).reshape(prod(array.shape))
    if array.dtype.kind in "OS":
        return [_text(name, value) for value in flat.tolist()]
    if array.dtype.kind == "f" and not numpy.isfinite(flat).all():
        raise RequestError(500, f"the model answered NaN or infinity in output {name!r}, which JSON can't carry")
    return flat


def _text(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise RequestError(500, f"the model answered bytes in output {name!r} that are no UTF-8") from error
