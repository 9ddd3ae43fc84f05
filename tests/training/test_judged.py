"""Model code of every good kind is trained, packed and judged."""

from pathlib import Path

import graphbytes
import pytest
from tinymodels import GOOD_TRAIN, NETWORK, ROWS, SOFTMAX, tiny

from registry.artifacts import archive
from registry.errors import RegistryError
from registry.tasks import measures

GOOD = {
    "a dictionary of 64-bit floats and unsigned labels, drawn by the usual generator": (
        ROWS.format(
            "i = np.random.permutation(150); return {'row': rows[i].astype(float)}, labels[i].astype('uint64')"
        ),
        GOOD_TRAIN,
    ),
    "whole numbers": (ROWS.format("return (rows * 10).astype(int), labels"), GOOD_TRAIN),
    "one sigmoid": (
        ROWS.format("return rows, labels // 2"),
        GOOD_TRAIN.replace(SOFTMAX, 'layers.Dense(1, activation="sigmoid")').replace("sparse_categorical", "binary"),
    ),
    "several inputs": (
        ROWS.format("return {'left': rows[:, :1], 'right': rows[:, 1:]}, labels"),
        GOOD_TRAIN.replace(
            f'keras.Sequential([keras.Input((4,), name="row"), {SOFTMAX}])',
            "keras.Model(inputs := {'left': keras.Input((1,), name='left'), 'right': keras.Input((3,), name='right')},"
            f" {SOFTMAX}(layers.Concatenate()(list(inputs.values()))))",
        ),
    ),
    "text": (
        ROWS.format("return np.array(['low', 'high'])[(rows[:, 0] > 0).astype(int)], labels, np.arange(150)"),
        GOOD_TRAIN.replace(
            'keras.Input((4,), name="row")',
            "keras.Input((), dtype='string', name='row'),"
            " layers.StringLookup(vocabulary=['low', 'high'], output_mode='one_hot')",
        ).replace("fit(features", "fit(tensorflow.constant(features)"),
    ),
}


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_model_is_judged(folder: Path, kind: str) -> None:
    found = tiny(folder, *GOOD[kind])
    trained = found.train()
    assert trained["lite"].startswith("same outputs on "), trained["lite"]
    assessed = found.assess()
    assert assessed["runtime"] == "litert"
    assert set(assessed["runtimes"]) == {"tensorflow", "litert"}
    assert None not in assessed["metrics"].values()
    assert found.fold(0).keys() == measures.METRICS["classification"].keys()


def test_a_regression_is_judged(folder: Path) -> None:
    train = GOOD_TRAIN.replace(SOFTMAX, "layers.Dense(1)").replace("sparse_categorical_crossentropy", "mse")
    found = tiny(folder, ROWS.format("return rows, rows.sum(axis=1)"), train, task="regression")
    found.train()
    assessed = found.assess()
    assert set(assessed["metrics"]) == {"mae", "rmse", "r2", "latency_ms", "size_mb"}
    assert (assessed["slices"], assessed["confusion"]) == ([], None)


ODD_LAYER = """
class Odd(layers.Layer):
    def call(self, x):
        return x + 0 * tensorflow.math.bincount(tensorflow.cast(x[:, 0], "int32"), minlength=1, dtype="float32")[:1]
"""


def test_a_model_that_does_not_convert_ships_without_litert_and_says_why(folder: Path) -> None:
    train = NETWORK.format(SOFTMAX, "return keras.Sequential([model, Odd()])") + ODD_LAYER
    found = tiny(folder, train=train)
    trained = found.train()
    assert trained["lite"] == "does not convert: LiteRT does not run DenseBincount"
    assert not (folder / "saved/assets.extra/model.tflite").exists()
    assessed = found.assess()
    assert assessed["runtime"] == "tensorflow"


def test_a_litert_model_that_answers_otherwise_is_refused(folder: Path) -> None:
    found = tiny(folder)
    found.train()
    lite = folder / "saved/assets.extra/model.tflite"
    other = tiny(
        folder.with_name("other"), train=GOOD_TRAIN.replace('"softmax")', '"softmax", kernel_initializer="ones")')
    )
    other.train()
    lite.write_bytes((other.folder / "saved/assets.extra/model.tflite").read_bytes())
    archive.pack(folder / "saved", folder / "trained.tar")
    with pytest.raises(RegistryError) as error:
        found.assess()
    assert str(error.value).startswith("trained.tar: answers golden inputs otherwise than when it was judged")


def test_a_graph_that_came_in_its_place_is_not_even_loaded(folder: Path) -> None:
    found = tiny(folder)
    found.train()
    (folder / "saved/saved_model.pb").write_bytes(graphbytes.saved_model(graphbytes.node("layer/x", "WriteFile")))
    archive.pack(folder / "saved", folder / "trained.tar")
    with pytest.raises(RegistryError) as error:
        found.assess()
    told = "saved_model.pb: layer layer: uses WriteFile, which writes a file; leave it out, and build the version again"
    assert str(error.value) == f"{found.task.place}/model.py: makes a model that may not be loaded: {told}"
