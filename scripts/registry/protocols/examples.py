"""An example for people: a golden prediction as a request of TensorFlow Serving's API and its answer. Pure."""

import json
from collections.abc import Mapping

import numpy

from registry.artifacts.golden import Golden

WHOLE, FIRST, LONGEST = 1_000, 2, 200  # characters of JSON that are told whole; values, and of a text, told of more
MOST = 4_000


def example(golden: Golden) -> dict | None:
    """Return a `request` and its `answer`, rounded, as JSON in text; None where JSON can hold no row as it is.

    Of long lists and texts only the beginnings are told, and where that is so of the request it `is_whole` no more.
    """
    sides = golden.inputs, golden.outputs
    every = [part for side in sides for part in side.values()]
    if not all(part.ndim and len(part) == len(golden.labels) for part in every):
        return None
    for row in range(len(golden.labels)):
        if all(_fits(part[row]) for part in every):
            asked, answered = ({name: _listed(part[row]) for name, part in side.items()} for side in sides)
            request = {"instances": [_only(asked)]}
            is_whole = len(_json(request)) <= WHOLE
            answer = _told({"predictions": [_only(_rounded(answered))]})
            return {"request": _json(request) if is_whole else _told(request), "answer": answer, "is_whole": is_whole}
    return None


def _fits(values: numpy.ndarray) -> bool:
    found = numpy.asarray(values)
    return found.dtype.kind in "biuUO" or (found.dtype.kind == "f" and bool(numpy.isfinite(found).all()))


def _listed(values: numpy.ndarray) -> object:
    """Return values as lists, numbers as short as their type allows: 0.1 of 32 bits is no 0.10000000149."""
    found = numpy.asarray(values)
    if found.dtype.kind != "f":
        return found.tolist()
    plain = numpy.empty(found.size, object)
    plain[:] = [float(str(one)) for one in found.flat]
    return plain.reshape(found.shape).tolist()


def _only(parts: Mapping[str, object]) -> object:
    """The only part of a row goes without its name."""
    return next(iter(parts.values())) if len(parts) == 1 else parts


def _rounded(value: object) -> object:
    match value:
        case float():
            return float(f"{value:.4g}")
        case list():
            return [_rounded(one) for one in value]
        case dict():
            return {name: _rounded(one) for name, one in value.items()}
    return value


def _told(value: object) -> str:
    """Return JSON, of much only the beginnings of its lists and texts."""
    whole = _json(value)
    return whole if len(whole) <= WHOLE else _shortened(value)[:MOST]


def _shortened(value: object) -> str:
    match value:
        case dict():
            return f"{{{', '.join(f'{_json(name)}: {_shortened(one)}' for name, one in value.items())}}}"
        case list():
            return f"[{', '.join([*map(_shortened, value[:FIRST]), *['…'] * (len(value) > FIRST)])}]"
        case str() if len(value) > LONGEST:
            return _json(f"{value[:LONGEST]}…")
    return _json(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
