"""What ships is what predict() runs: augmentation is off in it, and what stays random is named."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow
from keras import layers
from servers import ROOT

from registry.artifacts import inference, runtime
from registry.errors import RegistryError
from registry.exports.kerasmodel import KerasModel
from registry.exports.modelcode import ModelCode, explanation

CODE = "def train(features, labels, *, seed):\n    pass\n"
AGAIN = "returned a model that answers the same rows otherwise each time"
DRAWS = "draws at random in predict(), too"
ROWS = np.random.default_rng(3).normal(size=(40, 4)).astype("float32")
IMAGES = np.random.default_rng(3).uniform(size=(40, 8, 8, 1)).astype("float32")


@pytest.fixture
def code(tmp_path: Path) -> ModelCode:
    (tmp_path / "model.py").write_text(CODE)
    return ModelCode(tmp_path, "models/tiny")


def shipped(code: ModelCode, model: keras.Model, features: np.ndarray) -> np.ndarray:
    """Export a model, prove it, and return what the exported one answers."""
    made = KerasModel(code, model)
    made.export(code.folder / "saved")
    loaded = runtime.load(code.folder / "saved", "tensorflow")
    answers = inference.answers(loaded, features)
    made.prove(loaded, features, answers)
    return inference.judged(answers, None)


def refused(code: ModelCode, model: keras.Model, features: np.ndarray = ROWS) -> str:
    with pytest.raises(RegistryError) as error:
        shipped(code, model, features)
    return str(error.value).removeprefix("models/tiny/model.py:1: train: ")


class Noise(layers.Layer):
    def call(self, x, training=True):
        return x + tensorflow.random.normal(tensorflow.shape(x)) if training else x


class Network(keras.Model):
    """Takes no `training`, as many networks that people write."""

    def __init__(self, *inner: layers.Layer) -> None:
        super().__init__()
        self.inner = inner

    def call(self, x):
        for layer in self.inner:
            x = layer(x)
        return x


def called(model: keras.Model, features: np.ndarray) -> keras.Model:
    model(features)
    return model


def test_augmentation_of_every_kind_is_off_in_what_ships(code: ModelCode) -> None:
    nested = keras.Sequential([layers.RandomFlip(), layers.RandomRotation(0.3), layers.RandomContrast(0.5)])
    image = keras.Input((8, 8, 1), name="image")
    told_to_train = layers.RandomZoom(0.5)(nested(image), training=True)
    flat = layers.Flatten()(Noise()(layers.GaussianNoise(0.5)(told_to_train)))
    model = keras.Model(image, layers.Dense(2)(layers.BatchNormalization()(layers.Dropout(0.5)(flat, training=True))))
    assert np.allclose(shipped(code, model, IMAGES), model.predict(IMAGES, verbose=0), atol=1e-5)


def test_a_network_that_takes_no_training_ships_as_it_predicts(code: ModelCode) -> None:
    model = called(Network(layers.Dropout(0.5), layers.GaussianNoise(0.5), layers.Dense(2)), ROWS)
    assert np.allclose(shipped(code, model, ROWS), model.predict(ROWS, verbose=0), atol=1e-5)
    (taken,) = runtime.load(code.folder / "saved", "tensorflow").inputs
    assert taken.name == "args_0"


class Forced(layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.dropout = layers.Dropout(0.5, name="forced")

    def call(self, x):
        return self.dropout(x, training=True)


class Always(layers.Layer):
    def call(self, x):
        return x + tensorflow.random.normal(tensorflow.shape(x))


HAND_ON = "call it without training=True, and let each call() around it take `training` and hand it on"
TAKE = "let it take `training`, and draw only where that is true"
RANDOM = {
    "told to train by a layer": (
        lambda: keras.Sequential([keras.Input((4,)), layers.Dense(3), Forced(), layers.Dense(2)]),
        f"layer forced (Dropout) {DRAWS}; {HAND_ON}",
    ),
    "by default, in a network without training": (
        lambda: called(Network(layers.Reshape((2, 2, 1)), layers.RandomFlip(name="flip"), layers.Flatten()), ROWS),
        f"layer flip (RandomFlip) {DRAWS}; {HAND_ON}",
    ),
    "of its own": (
        lambda: keras.Sequential([keras.Input((4,)), keras.Sequential([layers.Dense(3), Always(name="odd")])]),
        f"layer odd (Always) {DRAWS}; {TAKE}",
    ),
    "a function": (
        lambda: keras.Sequential([
            keras.Input((4,)), layers.Lambda(lambda x: x + keras.random.normal(keras.ops.shape(x)), name="f")
        ]),
        f"layer f (Lambda) {DRAWS}; {TAKE}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", RANDOM)
def test_a_layer_that_stays_random_is_named(code: ModelCode, kind: str) -> None:
    make, told = RANDOM[kind]
    assert refused(code, make()) == f"{AGAIN}, since its {told}"


class Halved(keras.Model):
    def call(self, x):
        return x

    def predict_step(self, data):
        return self(data) / 2


def test_a_predict_of_its_own_that_the_export_lacks_is_told(code: ModelCode) -> None:
    assert refused(code, called(Halved(), np.ones((40, 4), "float32")), np.ones((40, 4), "float32")) == (
        "returned a model whose predict() answers otherwise than its call() (difference 0.5);"
        " let call() do all of it, for each row by itself"
    )


class Centred(layers.Layer):
    def call(self, x):
        return x - keras.ops.mean(x, axis=0)


@pytest.mark.parametrize("rows", [2, 20, 40])
def test_a_layer_that_mixes_rows_is_told_however_few_are_held_out(code: ModelCode, rows: int) -> None:
    model = keras.Sequential([keras.Input((4,)), Centred(), layers.Dense(2)])
    assert "let call() do all of it, for each row by itself" in refused(code, model, ROWS[:rows])


class Sum(keras.Model):
    def call(self, x):
        return x["left"] + x["right"]


def test_inputs_that_a_network_takes_by_their_names_ship_with_them(code: ModelCode) -> None:
    features = {"right": ROWS, "left": 2 * ROWS}
    assert np.allclose(shipped(code, called(Sum(), features), features), 3 * ROWS)


def test_what_keras_says_is_told_without_its_colours() -> None:
    assert explanation(ValueError("Exception\n\n\x1b[1mno more\x1b[0m")) == "Exception no more"


LOADED = """
import sys
from pathlib import Path
from registry.artifacts import savedmodel
savedmodel.load(Path(sys.argv[1]))
"""


def test_what_ships_loads_whatever_settings_of_keras_a_person_has(tmp_path: Path) -> None:
    module = tensorflow.Module()
    module.serve = tensorflow.function(lambda x: {"y": x}, input_signature=[tensorflow.TensorSpec([None], name="x")])
    tensorflow.saved_model.save(module, tmp_path / "saved", signatures=module.serve)
    for home in (tmp_path / ".keras", tmp_path / "keras"):
        home.mkdir()
        (home / "keras.json").write_text('{"backend": "jax", "floatx": "float8"}')
    settings = {"HOME": str(tmp_path), "KERAS_HOME": str(tmp_path / "keras"), "KERAS_BACKEND": "torch"}
    command = [sys.executable, "-c", LOADED, str(tmp_path / "saved")]
    done = subprocess.run(command, cwd=ROOT / "scripts", env=os.environ | settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
