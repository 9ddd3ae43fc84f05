"""Requests to serve that many tests send."""

import itertools

ROW = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
TWICE = [[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]]
MIB = 1024 * 1024


def v2(name: str, datatype: str, shape: list[int], data: list) -> dict:
    """One input of an inference request, or output of its answer."""
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


def x(shape: list[int] | None = None, data: list | None = None, **more) -> dict:
    """An inference request for `digits`."""
    flat = list(itertools.chain.from_iterable(ROW)) if data is None else data
    return {"inputs": [v2("x", "FP32", shape or [1, 2, 3], flat)], **more}
