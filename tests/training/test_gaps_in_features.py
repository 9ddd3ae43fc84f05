"""NaN is a value of a feature as any other: what fills the gaps is part of the model, and ships with it."""

from pathlib import Path

import numpy as np
import pytest
from tinymodels import LOAD, NETWORK, ROWS, SOFTMAX, TRAIN, said, tiny

from registry.artifacts import archive, golden, inference, runtime
from registry.loading import making

GAPS = ROWS.format("rows[::2, 0] = np.nan; rows[:, 3] *= -np.nan; return rows, labels")
FILLED = """
class Filled(layers.Layer):
    def call(self, x):
        return keras.ops.where(keras.ops.isnan(x), keras.ops.zeros_like(x), x)
"""


def test_a_model_that_fills_gaps_is_trained_judged_and_checked_with_them(folder: Path) -> None:
    train = NETWORK.format(f"Filled(), {SOFTMAX}", "return model")
    made = tiny(folder, GAPS, train + FILLED)
    assert made.train()["lite"].startswith("same outputs")
    report = made.assess()
    assert report["metrics"]["log_loss"] > 0 and {*report["runtimes"]} == {"tensorflow", "litert"}
    with (folder / "tiny-1.0.0.tar").open("rb") as stream:
        archive.unpack(stream, folder / "unpacked", archive.describe(folder / "tiny-1.0.0.tar"))
    known, loaded = golden.read(folder / "unpacked"), runtime.load(folder / "unpacked")
    assert np.isnan(known.inputs["row"]).any()
    golden.check(folder / "unpacked", loaded, "tiny")
    held_out = making.load(made.examination).held_out
    outputs = inference.outputs(loaded, held_out.features)
    assert np.isfinite(outputs).all() and np.isnan(held_out.features[:, 3]).all()


def test_one_that_does_not_is_told_why_it_answers_nan(folder: Path) -> None:
    assert said(tiny(folder, GAPS)) == (
        f"model.py:{TRAIN}: train: returned a model whose outputs are NaN or infinite for 112 of 112 training rows; features"
        " hold NaN, so let the model's first layer fill the gaps"
    )


@pytest.mark.parametrize(("end", "told"), [
    ("rows[3, 1:] = np.nan, np.inf, -np.inf; return rows, labels",
     "returned infinity in row 3, column 2 of features, the first of 2 (counted from 0); clip it in load(), or write NaN for"
     " what is missing"),
    ("pictures = np.ones((150, 8, 8, 3)); pictures[7, 1, 2] = np.inf; return {'image': pictures, 'row': rows}, labels",
     "returned infinity in row 7, at [1, 2, 0] of features['image'], the first of 3 (counted from 0); clip it in load(), or"
     " write NaN for what is missing"),
    ("return np.ma.masked_less(rows, 0), labels",
     "returned features as a masked array; fill it, as features.filled(np.nan) does"),
])  # fmt: skip
def test_infinity_and_masks_are_no_values(folder: Path, end: str, told: str) -> None:
    assert said(tiny(folder, ROWS.format(end))) == f"data.py:{LOAD}: load: {told}"
