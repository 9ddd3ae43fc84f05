"""How far two answers agree: a row of scores by its largest, other numbers by how near they are, the rest exactly."""

import numpy
import orjson
import pytest

from registry.protocols import openinference, tfserving
from registry.protocols.openinference import Asked
from registry.running import agreement

NAN = float("nan")


def f(*values: object) -> numpy.ndarray:
    return numpy.array(values, "float32")


def text(*values: object) -> numpy.ndarray:
    return numpy.array(values, object)


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ({"p": f([0.1, 0.9])}, {"p": f([0.45, 0.55])}, 1),
        ({"p": f([0.1, 0.9], [0.8, 0.2])}, {"p": f([0.9, 0.1], [0.9, 0.1])}, 0.5),
        ({"p": f([0.1, 0.9])}, {"p": f([NAN, 0.9])}, 0),
        ({"p": f([NAN, 0.9])}, {"p": f([0.1, NAN])}, 1),
        ({"y": f([0.50], [0.50], [0.50], [0.50])}, {"y": f([0.54], [0.56], [0.46], [0.44])}, 0.5),
        ({"y": f(100.0, 100.0)}, {"y": f(104.0, 106.0)}, 0.5),
        ({"y": f(NAN, NAN, float("inf"), float("-inf"))}, {"y": f(NAN, 1.0, float("inf"), float("inf"))}, 0.5),
        ({"y": f(1.0)}, {"y": f([1.0])}, 0),
        ({"y": f(1.0)}, {"y": f(1.0, 1.0)}, 0),
        ({"y": f(1.0)}, {"z": f(1.0)}, 0),
        ({"y": f(1.0)}, {"y": f(1.0), "z": f(1.0)}, 0),
        ({"y": numpy.array([1, 2, 3, 4])}, {"y": numpy.array([1, 2, 3, 5])}, 0.75),
        ({"y": text(b"a", b"\xff")}, {"y": text(b"a", b"\xfe")}, 0.5),
        ({"y": text(b"1")}, {"y": numpy.array([1])}, 0),
        ({"label": text(b"a", b"b"), "p": f([1, 0], [0, 1])}, {"label": text(b"a", b"a"), "p": f([1, 0], [1, 0])}, 0.5),
        ({"label": text(b"a", b"b"), "p": f([1, 0], [0, 1])}, {"label": text(b"b", b"b"), "p": f([1, 0], [1, 0])}, 0),
        ({"y": f(1.0, 2.0), "n": numpy.array(2)}, {"y": f(1.0, 2.0), "n": numpy.array(2)}, 1),
        ({"y": f(1.0, 2.0), "n": numpy.array(2)}, {"y": f(1.0, 9.0), "n": numpy.array(2)}, 0),
        ({"y": f([[1.0, 0.0]], [[0.0, 1.0]])}, {"y": f([[0.6, 0.4]], [[0.0, 1.0]])}, 0.5),
    ],
)
@pytest.mark.parametrize("protocol", ["v1 rows", "v1 columns", "v2", "v2 binary"])
def test_the_share_of_rows_that_agree(protocol, one, other, share):
    parts = [*one.values(), *other.values()]
    strange = not all(numpy.isfinite(part).all() for part in parts if part.dtype.kind == "f")
    if protocol == "v1 rows" and not all(part.ndim for part in one.values()):
        pytest.skip("has no rows")
    if protocol == "v2" and (strange or any(b"\xff" in part.ravel().tolist() for part in parts)):
        pytest.skip("JSON can't carry it")
    found = [answer(protocol, outputs) for outputs in (one, other)]
    if "v1" in protocol and {*one} == {"y"} and {*other} == {"z"}:
        share = 1  # the only output has no name there
    assert agreement.share(protocol[:2], *found) == share


def answer(protocol: str, outputs: dict[str, numpy.ndarray]) -> tuple[bytes, int | None]:
    if protocol.startswith("v1"):
        return tfserving.write(tfserving.ROWS if "rows" in protocol else tfserving.COLUMNS, outputs), None
    asked = Asked(None, dict.fromkeys(outputs, "binary" in protocol))
    return openinference.write("digits", 1, asked, outputs)


def test_an_output_of_bytes_that_no_text_holds_is_read_as_v1_writes_it():
    written = tfserving.write(tfserving.ROWS, {"y": text(b"\xff")})
    assert orjson.loads(written) == {"predictions": [{"b64": "/w=="}]}
    assert agreement.share("v1", (written, None), (written, None)) == 1
