"""Rows as requests of either protocol, and the answers as arrays: the side of the client. Pure."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy

from registry.artifacts import arrays
from registry.protocols import binary, openinference
from registry.protocols.metadata import BINARY_HEADER
from registry.protocols.tfserving import ROWS

Arrays = Mapping[str, numpy.ndarray]
Request = tuple[bytes, dict[str, str]]  # a body, and what goes into its head


def predict(inputs: Arrays) -> Request:
    """Return TensorFlow Serving's :predict in row format; text goes in base64, so that it is the same bytes there."""
    listed = {name: _listed(part) for name, part in inputs.items()}
    rows = [dict(zip(listed, row, strict=True)) for row in zip(*listed.values(), strict=True)]
    return json.dumps({ROWS: rows}).encode(), {}


def predicted(answer: Any, outputs: Arrays) -> dict[str, numpy.ndarray]:
    """Return the outputs in an answer to `predict`, which has no names where there is one only.

    Raises KeyError, TypeError or ValueError for an answer that holds no such outputs as those.
    """
    rows = answer["predictions"]
    columns = (
        {name: [row[name] for row in rows] for name in outputs} if len(outputs) > 1 else {next(iter(outputs)): rows}
    )
    return {name: _array(name, column, outputs[name]) for name, column in columns.items()}


def infer(inputs: Arrays) -> Request:
    """Return an inference request of the Open Inference Protocol; what JSON can't carry goes behind it in binary."""
    items, parts = [], []
    for name, part in inputs.items():
        kind = openinference.DATATYPES.get(part.dtype, openinference.TYPES["bytes"])
        item = {"name": name, "shape": list(part.shape), "datatype": kind}
        if (data := _flat(part)) is None:
            parts.append(binary.write(part if part.dtype.kind in arrays.NUMBERS else _bytes(part)))
            item["parameters"] = {openinference.SIZE: len(parts[-1])}
        else:
            item["data"] = data
        items.append(item)
    head = json.dumps({"inputs": items}).encode()
    return b"".join([head, *parts]), {BINARY_HEADER: str(len(head))} if parts else {}


def inferred(answer: Any, outputs: Arrays) -> dict[str, numpy.ndarray]:
    """Return the outputs in an answer to `infer`; raise as `predicted` does."""
    found = {one["name"]: (one["data"], one["shape"]) for one in answer["outputs"]}
    return {name: _array(name, found[name][0], outputs[name]).reshape(found[name][1]) for name in outputs}


def _listed(part: numpy.ndarray) -> list:
    if part.dtype.kind in arrays.NUMBERS:
        return part.tolist()
    encoded = [{"b64": base64.b64encode(text).decode()} for text in arrays.texts(part)]
    return numpy.array(encoded, object).reshape(part.shape).tolist()


def _flat(part: numpy.ndarray) -> list | None:
    """Return values in row order as JSON has them; None where it can't, or servers don't take them so: half floats."""
    if part.dtype.kind == "f":
        return part.ravel().tolist() if part.itemsize > 2 and numpy.isfinite(part).all() else None
    try:
        return (
            part.ravel().tolist() if part.dtype.kind in arrays.NUMBERS else [one.decode() for one in arrays.texts(part)]
        )
    except UnicodeDecodeError:
        return None


def _bytes(part: numpy.ndarray) -> numpy.ndarray:
    return numpy.array(arrays.texts(part), object).reshape(part.shape)


def _array(name: str, values: Any, wanted: numpy.ndarray) -> numpy.ndarray:
    if wanted.dtype.kind not in arrays.NUMBERS:
        return numpy.frompyfunc(_text, 1, 1)(numpy.array(values, object))
    found = numpy.array(values)
    if found.dtype.kind not in arrays.NUMBERS:
        raise ValueError(f"{name} holds no numbers")
    return found


def _text(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else base64.b64decode(value["b64"])
