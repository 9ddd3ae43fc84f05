"""How far two answers to one request agree. Pure.

A row of scores agrees where the largest is the same one; other numbers where they differ by no more than NEAR, of their
size where that is above 1; whole numbers and text where they are the same.
"""

import json

import numpy
import orjson

from registry.artifacts.tensors import Tensor
from registry.protocols import binary, openinference, values

NEAR = 0.05
DTYPES = {datatype: name for name, datatype in openinference.TYPES.items()}

Arrays = dict[str, numpy.ndarray]
Answer = tuple[bytes, int | None]  # a body, and where binary data begins in it


def share(protocol: str, one: Answer, other: Answer) -> float:
    """Return the share of the rows of two answers in which all outputs agree: 0 where they are of other names or shapes."""
    read = {"v1": _read_v1, "v2": _read_v2}[protocol]
    return alike(read(*one), read(*other))


def alike(one: Arrays, other: Arrays) -> float:
    """Return the share of the rows in which all arrays agree; all or nothing where these are not of as many rows."""
    if {name: part.shape for name, part in one.items()} != {name: part.shape for name, part in other.items()}:
        return 0.0
    told = [_agreeing(part, other[name]) for name, part in one.items()]
    if len(set(map(len, told))) > 1:
        return float(all(part.all() for part in told))
    return float(numpy.all(told, axis=0).mean()) if told and len(told[0]) else 1.0


def _agreeing(one: numpy.ndarray, other: numpy.ndarray) -> numpy.ndarray:
    """Say of each row whether it agrees; an array without dimensions is one."""
    if not {one.dtype.kind, other.dtype.kind} <= set("fiu"):
        same = one == other
    elif "f" not in one.dtype.kind + other.dtype.kind:
        same = one == other
    elif one.ndim == 2 and one.shape[1] > 1:
        same = _largest(one) == _largest(other)
    else:
        same = _near(one, other)
    same = numpy.asarray(same, bool)
    return same.reshape(len(same) if same.ndim else 1, -1).all(axis=1)


def _largest(scores: numpy.ndarray) -> numpy.ndarray:
    """Return the place of each row's largest score; a row with NaN has one of its own."""
    return numpy.where(numpy.isnan(scores).any(axis=1), -1, scores.argmax(axis=1))


def _near(one: numpy.ndarray, other: numpy.ndarray) -> numpy.ndarray:
    with numpy.errstate(invalid="ignore"):
        near = numpy.abs(one - other) <= NEAR * numpy.maximum(1, numpy.abs(one))
        finite = numpy.isfinite(one) & numpy.isfinite(other)
        return numpy.where(finite, near, (one == other) | (numpy.isnan(one) & numpy.isnan(other)))


def _read_v1(content: bytes, _: int | None) -> Arrays:
    """Return the outputs of an answer to :predict; a single one, which it doesn't name, under an empty name."""
    try:
        (answer,) = orjson.loads(content).values()
    except orjson.JSONDecodeError:  # NaN and infinity, which orjson doesn't take
        (answer,) = json.loads(content).values()
    if isinstance(answer, list) and answer and _is_named(answer[0]):
        answer = {name: [row[name] for row in answer] for name in answer[0]}
    named = answer if _is_named(answer) else {"": answer}
    return {name: numpy.array(value) for name, value in named.items()}


def _is_named(value: object) -> bool:
    return type(value) is dict and not values.is_base64(value)


def _read_v2(content: bytes, length: int | None) -> Arrays:
    place = len(content) if length is None else length
    found = {}
    for output in orjson.loads(content[:place])["outputs"]:
        name, shape = output["name"], tuple(output["shape"])
        if "data" in output:
            found[name] = numpy.array(output["data"]).reshape(shape)
        else:
            begin, place = place, place + output["parameters"][openinference.SIZE]
            tensor = Tensor(name, DTYPES[output["datatype"]], shape)
            found[name] = binary.read(tensor, memoryview(content)[begin:place], shape)
    return found
