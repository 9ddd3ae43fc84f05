"""Features reach a model as its inputs take them, and as a client could send them: what they can't be is told."""

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto as T
from onnxmaking import ROWS, model, node, put, value

from registry.artifacts import arrays, inference, runtime
from registry.errors import RegistryError

WHOLE = np.array([3, 255])
KEPT = [
    (WHOLE, "uint8"), (WHOLE.astype(float), "int16"), (WHOLE, "float16"), (np.array([1, 0]), "bool"), (WHOLE / 7, "float32"),
    (np.array([np.nan, 1e5]), "float32"), (np.array([True]), "float32"), (np.array([2**24 + 1]), "float32"),
]  # fmt: skip
LOST = [
    (WHOLE + 1, "uint8", "256"), (-WHOLE, "uint64", "-3"), (WHOLE / 2, "int8", "1.5"), (WHOLE, "bool", "3"),
    (np.array([1, np.nan]), "int32", "nan"), (np.array([1e300]), "float32", "1e+300"), (np.array([70_000]), "float16", "70000"),
    (np.array([2**63], np.uint64), "int64", "9223372036854775808"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "dtype"), KEPT)
def test_values_that_an_input_takes_reach_it(values: np.ndarray, dtype: str) -> None:
    fed = arrays.cast({"x": values}, {"x": dtype})["x"]
    assert fed.dtype == dtype
    assert np.allclose(fed, values, equal_nan=True, rtol=1e-6)


@pytest.mark.parametrize(("values", "dtype", "first"), LOST)
def test_values_that_would_be_others_in_an_input_are_told(values: np.ndarray, dtype: str, first: str) -> None:
    with pytest.raises(ValueError) as error:
        arrays.cast({"x": values}, {"x": dtype})
    assert str(error.value) == (
        f"input x takes {dtype}, but load() returns {first}, which is none; return {dtype}, or let the model take {values.dtype}"
    )


def test_inputs_of_other_names_and_texts_that_are_no_column_are_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError) as error:
        arrays.fitting(WHOLE, {"y": "float32", "x": "float32"})
    assert str(error.value) == "takes x, y, but load() returns one array without a name; return each by its name"
    column = value("x", ROWS, 1, dtype=T.STRING)
    loaded = runtime.load(put(tmp_path, model(node("Identity", ["x"], ["y"]), takes=[column], gives=[value("y", ROWS, 1, dtype=T.STRING)])))  # fmt: skip
    with pytest.raises(ValueError) as error:
        inference.feed(loaded, np.array(["a", "b"]))
    assert str(error.value) == (
        "input x takes (None, 1), but load() returns (2,); return that as a column, with [:, None] behind it"
    )


def test_a_locale_that_is_not_here_is_told_with_one_that_is_everywhere(tmp_path: Path) -> None:
    def lower(locale: str) -> Path:
        text = value("x", ROWS, dtype=T.STRING), value("y", ROWS, dtype=T.STRING)
        made = node("StringNormalizer", ["x"], ["y"], case_change_action="LOWER", locale=locale)
        return put(tmp_path, model(made, takes=text[:1], gives=text[1:]))

    assert runtime.load(lower("C"))({"x": np.array([b"A"], object)})["y"].tolist() == [b"a"]
    with pytest.raises(RegistryError) as error:
        runtime.load(lower("xx_XX"))
    assert str(error.value).endswith(
        "; install that, or export the model with one that each machine has, as C is: of skl2onnx the option `locale`"
    )
