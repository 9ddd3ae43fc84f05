"""Many rows go through a LiteRT model a few at a time, but only where a row's answer depends on no other row."""

from collections.abc import Callable

import numpy
import pytest
from servers import fixture

from registry.artifacts import litert
from registry.artifacts.tensors import Tensor
from registry.running.loaded import SLICE, Version

ROWS = {"x": numpy.random.default_rng(3).normal(size=(1000, 2, 3)).astype("float32")}


class Followed:
    """A model in memory that notes how many rows it was given."""

    kind = "litert"

    def __init__(self, run: Callable, shape: tuple[int | None, ...] = (None, 2, 3)) -> None:
        self.inputs = (Tensor("x", "float32", shape),)
        self._run = run
        self.sizes: list[int] = []

    def __call__(self, arrays: dict[str, numpy.ndarray]) -> dict[str, numpy.ndarray]:
        self.sizes.append(len(arrays["x"]))
        return self._run(arrays)


def asked(model: Followed) -> numpy.ndarray:
    version = Version("digits", 1_000_000, model)
    version.warm_up()
    model.sizes.clear()
    return version.run(ROWS)["y"]


def test_many_rows_are_answered_in_slices_as_at_once(tmp_path):
    file = tmp_path / "double.tflite"
    file.write_bytes(fixture("double"))
    double = litert.load(file)
    model = Followed(double)
    assert numpy.array_equal(asked(model), double(ROWS)["y"])
    assert (max(model.sizes), sum(model.sizes)) == (SLICE, 1000)


WHOLE = {
    "mixes rows": lambda arrays: {"y": arrays["x"] - arrays["x"].mean(axis=0)},
    "counts rows": lambda arrays: {"y": arrays["x"] + len(arrays["x"])},
    "sums rows up": lambda arrays: {"y": arrays["x"].sum(axis=0)},
    "takes pairs only": lambda arrays: {"y": arrays["x"].reshape(-1, 2, 2, 3)},
}


@pytest.mark.parametrize("kind", WHOLE)
def test_rows_stay_together_for_a_model_that(kind):
    model = Followed(WHOLE[kind])
    assert numpy.array_equal(asked(model), WHOLE[kind](ROWS)["y"])
    assert model.sizes == [1000]


def test_an_input_without_free_rows_stays_whole():
    model = Followed(lambda arrays: {"y": arrays["x"]}, (1000, 2, 3))
    assert len(asked(model)) == 1000
    assert model.sizes == [1000]
