"""TensorFlow Serving's REST API: its requests to arrays, arrays to its answers, its words for errors. Pure."""

import base64
import json

import numpy
import orjson

from registry.artifacts.tensors import Tensor
from registry.protocols import values
from registry.protocols.metadata import SIGNATURE
from registry.protocols.refusals import bad_request

ROWS, COLUMNS = "instances", "inputs"
KEYS = {ROWS, COLUMNS, "signature_name"}

Arrays = dict[str, numpy.ndarray]


def read(body: bytes, inputs: tuple[Tensor, ...]) -> tuple[str, Arrays]:
    """Return the format of a :predict request (ROWS or COLUMNS) and its arrays; raise RequestError for a bad one."""
    document = values.parse_with_nan(body)
    values.check_keys("the body", document, KEYS)
    _check_signature(document.get("signature_name", SIGNATURE))
    if ROWS in document and COLUMNS in document:
        raise bad_request(f"Not formatted correctly expecting only one of '{COLUMNS}' or '{ROWS}' keys to exist")
    if ROWS in document:
        form, given = ROWS, _columns(document[ROWS], inputs)
    elif COLUMNS in document:
        form, given = COLUMNS, _named(document[COLUMNS], inputs)
    else:
        raise bad_request(f"Missing '{COLUMNS}' or '{ROWS}' key")
    arrays = {tensor.name: values.nested(tensor, given[tensor.name]) for tensor in inputs}
    values.check_batches(arrays, inputs)
    return form, arrays


def _check_signature(name: object) -> None:
    if type(name) is not str:
        raise bad_request("'signature_name' key must be a string value.")
    if name not in ("", SIGNATURE):
        raise bad_request(f'Serving signature name: "{name}" not found in signature def; expected {SIGNATURE}')


def _columns(rows: object, inputs: tuple[Tensor, ...]) -> dict[str, list]:
    """Row format: each row is the value of the only input, or an object with every input by name."""
    if type(rows) is not list:
        raise bad_request(f"Expecting '{ROWS}' to be a list, got {values.show(rows)}")
    if not rows:
        raise bad_request(f"No values in '{ROWS}' array; expected at least one row")
    if not _is_named(rows[0]):
        return {_only(inputs, ROWS).name: rows}
    names = {tensor.name for tensor in inputs}
    for position, row in enumerate(rows):
        if type(row) is not dict or row.keys() != names:
            raise bad_request(f"Failed to process element: {position} of '{ROWS}' list. {_expected(inputs, row)}")
    return {name: [row[name] for row in rows] for name in names}


def _named(columns: object, inputs: tuple[Tensor, ...]) -> dict[str, object]:
    """Column format: the value of the only input, or an object with every input by name."""
    if not _is_named(columns):
        return {_only(inputs, COLUMNS).name: columns}
    names = {tensor.name for tensor in inputs}
    for name in sorted(names - columns.keys()):
        raise bad_request(f"Missing named input: {name} in '{COLUMNS}' object. {_expected(inputs, columns)}")
    if columns.keys() != names:
        raise bad_request(_expected(inputs, columns))
    return columns


def _is_named(value: object) -> bool:
    return type(value) is dict and not values.is_base64(value)


def _only(inputs: tuple[Tensor, ...], key: str) -> Tensor:
    if len(inputs) != 1:
        names = ",".join(tensor.name for tensor in inputs)
        raise bad_request(f"{key} is a plain list, but expecting objects with the named inputs: {names}")
    return inputs[0]


def _expected(inputs: tuple[Tensor, ...], got: object) -> str:
    names = ",".join(sorted(tensor.name for tensor in inputs))
    keys = ",".join(sorted(got)[:20])[:200] if type(got) is dict else values.show(got)
    return f"JSON object must only have keys: {names}; got: {keys}"


def write(form: str, outputs: Arrays) -> bytes:
    """Return the JSON answer in the request's format: a single output bare, several by name."""
    if form == ROWS:
        _check_rows(outputs)
    plain = {name: _plain(name, array) for name, array in outputs.items()}
    if len(plain) == 1:
        (answer,) = plain.values()
    elif form == COLUMNS:
        answer = plain
    else:
        answer = [dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)]
    return _dump({"predictions" if form == ROWS else "outputs": answer}, outputs)


def _check_rows(outputs: Arrays) -> None:
    sizes = {array.shape[:1] for array in outputs.values()}
    if len(sizes) != 1 or () in sizes:
        raise bad_request(f"the outputs have no common number of rows; ask in column format, with '{COLUMNS}'")


def _plain(name: str, array: numpy.ndarray) -> object:
    if array.dtype.kind in "OS":
        return numpy.frompyfunc(lambda value: _text(name, value), 1, 1)(array).tolist()
    return numpy.ascontiguousarray(array) if array.ndim else array.item()


def _text(name: str, value: bytes) -> str | dict[str, str]:
    """Strings as such; bytes in base64, which are those of an output named …_bytes and those that are no UTF-8."""
    try:
        if not name.endswith("_bytes"):
            return value.decode()
    except UnicodeDecodeError:
        pass
    return {"b64": base64.b64encode(value).decode()}


def _dump(answer: dict, outputs: Arrays) -> bytes:
    """TensorFlow Serving writes NaN and Infinity although JSON has neither; orjson would write null."""
    if all(numpy.isfinite(array).all() for array in outputs.values() if array.dtype.kind == "f"):
        return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
    return json.dumps(answer, default=lambda value: value.tolist()).encode()
