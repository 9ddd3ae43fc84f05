"""Versions in memory: run before anybody asks, known by shape, and whatever they raise is one line."""

import numpy
import pytest
from servers import fixture, place

from registry.artifacts.tensors import Tensor
from registry.protocols.refusals import RequestError
from registry.running import computing, predictions
from registry.running.loaded import Version


def row(number: int) -> dict[str, numpy.ndarray]:
    return {"x": numpy.zeros((number, 2, 3), "float32")}


def test_a_version_is_run_before_anybody_asks_and_is_known_to_be_quick_for_that_shape_only(tmp_path):
    version = computing.load("double", 1, place(tmp_path, "double", 1, fixture("double")))
    assert [version.is_quick(row(number)) for number in (1, 2)] == [True, False]
    version.run(row(2))
    assert version.is_quick(row(2))


def test_a_version_need_not_take_zeros(tmp_path):
    def model(_arrays):
        raise ZeroDivisionError

    model.inputs = (Tensor("x", "float32", (None, 2)), Tensor("text", "bytes", (None,)))
    version = Version("digits", 1_000_000, model)
    version.warm_up()
    assert not version.is_quick({"x": numpy.zeros((1, 2), "float32"), "text": numpy.array([b""], object)})


def test_whatever_a_model_raises_becomes_one_line_and_500(caplog):
    def model(_arrays):
        raise ZeroDivisionError("two\nlines")

    model.kind = "tensorflow"
    text = "model digits version 1000000 failed: ZeroDivisionError"
    with pytest.raises(RequestError) as caught:
        predictions.run(Version("digits", 1_000_000, model), {})
    assert (caught.value.status, caught.value.text) == (500, text)
    assert caplog.messages == [f"{text}: two lines"]
