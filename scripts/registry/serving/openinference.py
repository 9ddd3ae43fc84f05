"""The Open Inference Protocol, version 2: its requests to arrays, arrays to its answers. Pure."""

from dataclasses import dataclass
from math import prod

import numpy
import orjson

from registry.artifacts.tensors import Tensor
from registry.serving import values
from registry.serving.errors import RequestError, bad_request

TYPES = {
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
    "int8": "INT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "uint8": "UINT8",
    "uint16": "UINT16",
    "uint32": "UINT32",
    "uint64": "UINT64",
    "bool": "BOOL",
    "bytes": "BYTES",
}
DATATYPES = {numpy.dtype(name): datatype for name, datatype in TYPES.items() if name != "bytes"}
PLATFORMS = {"litert": "litert_tflite", "tensorflow": "tensorflow_savedmodel"}

Arrays = dict[str, numpy.ndarray]


@dataclass(frozen=True)
class Request:
    """An inference request: its id, if it has one, the arrays by name, and the outputs it asks for."""

    id: str | None
    arrays: Arrays
    outputs: list[str]


def read(body: bytes, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]) -> Request:
    """Return an inference request, checked against the model; raise RequestError for a bad one."""
    document = values.parse(body)
    name = document.get("id")
    if name is not None and type(name) is not str:
        raise bad_request(f"id: expected a string, got {values.show(name)}")
    given = _by_name(document.get("inputs"), "inputs", [tensor.name for tensor in inputs])
    for tensor in inputs:
        if tensor.name not in given:
            raise bad_request(f"inputs: {tensor.name!r} is missing; expected {_names(inputs)}")
    arrays = {tensor.name: _array(tensor, given[tensor.name]) for tensor in inputs}
    values.check_batches(arrays, inputs)
    return Request(name, arrays, _asked(document.get("outputs"), outputs))


def _by_name(items: object, key: str, known: list[str]) -> dict[str, dict]:
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
        found[name] = item
    return found


def _got(items: object) -> str:
    return "an empty list" if items == [] else "nothing" if items is None else values.show(items)


def _names(tensors: tuple[Tensor, ...]) -> str:
    return ", ".join(tensor.name for tensor in tensors)


def _asked(items: object, outputs: tuple[Tensor, ...]) -> list[str]:
    known = [tensor.name for tensor in outputs]
    return known if items is None or items == [] else list(_by_name(items, "outputs", known))


def _array(tensor: Tensor, given: dict) -> numpy.ndarray:
    datatype, shape, data = given.get("datatype"), given.get("shape"), given.get("data")
    if datatype != TYPES[tensor.dtype]:
        raise bad_request(
            f"input {tensor.name!r}: expected datatype {TYPES[tensor.dtype]}, got {values.show(datatype)}"
        )
    if type(shape) is not list or not set(map(type, shape)) <= {int}:
        raise bad_request(f"input {tensor.name!r}: shape: expected a list of whole numbers such as {_example(tensor)}")
    values.check_shape(tensor, tuple(shape))
    if type(data) is not list:
        hint = "; binary tensor data is an extension that is not offered here" if data is None else ""
        raise bad_request(f"input {tensor.name!r}: data: expected a list of values, got {_got(data)}{hint}")
    return _nested(tensor, shape, data) if data and type(data[0]) is list else values.array(tensor, data, tuple(shape))


def _nested(tensor: Tensor, shape: list[int], data: list) -> numpy.ndarray:
    return values.nested(Tensor(tensor.name, tensor.dtype, tuple(shape)), data)


def _example(tensor: Tensor) -> str:
    return values.show_shape(tuple(1 if size is None else size for size in tensor.shape))


def write(model: str, version: int, request: Request, outputs: Arrays) -> bytes:
    """Return the JSON answer with the outputs that were asked for; raise RequestError for what JSON can't carry."""
    answer = {"model_name": model, "model_version": str(version)}
    if request.id is not None:
        answer["id"] = request.id
    answer["outputs"] = [_output(name, outputs[name]) for name in request.outputs]
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)


def _output(name: str, array: numpy.ndarray) -> dict:
    datatype = DATATYPES.get(array.dtype, TYPES["bytes"])
    return {"name": name, "shape": array.shape, "datatype": datatype, "data": _data(name, array)}


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


def metadata(
    name: str, versions: list[int], kind: str, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]
) -> bytes:
    """Return the metadata of a model: its versions, and one version's inputs and outputs."""
    return orjson.dumps(
        {
            "name": name,
            "versions": [str(version) for version in sorted(versions)],
            "platform": PLATFORMS[kind],
            "inputs": [_metadata_tensor(tensor) for tensor in inputs],
            "outputs": [_metadata_tensor(tensor) for tensor in outputs],
        }
    )


def _metadata_tensor(tensor: Tensor) -> dict:
    shape = [-1 if size is None else size for size in tensor.shape]
    return {"name": tensor.name, "datatype": TYPES[tensor.dtype], "shape": shape}
