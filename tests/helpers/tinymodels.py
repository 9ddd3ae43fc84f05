"""Code of small models as a person writes it, to be put together right or wrong, and what training says of it."""

from pathlib import Path

import pytest

from registry.errors import RegistryError
from registry.learning import training
from registry.learning.rows import Task

HEAD = """\
import keras
import numpy as np
import tensorflow
from keras import layers

"""
ROWS = """\
def load(path):
    rows = np.random.default_rng(3).normal(size=(150, 4)).astype("float32")
    labels = np.arange(150) % 3
    {}

"""
NETWORK = """\
def train(features, labels, *, seed, epochs):
    model = keras.Sequential([keras.Input((4,), name="row"), {}])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(features, labels, epochs=epochs, verbose=2)
    {}
"""
SOFTMAX = 'layers.Dense(3, activation="softmax")'
GOOD_LOAD = ROWS.format("return rows, labels")
GOOD_TRAIN = NETWORK.format(SOFTMAX, "return model")
LOAD, TRAIN = 6, 11  # the lines of the two functions


def task(folder: Path, load: str = GOOD_LOAD, train: str = GOOD_TRAIN, **facts: object) -> Task:
    folder.mkdir(parents=True)
    (folder / "model.py").write_text(HEAD + load + train)
    usual = {"task": "classification", "data": "", "holdout": 0.2, "folds": 3, "training": {"seed": 7, "epochs": 1}}
    return Task(folder=str(folder), place="models/tiny", **usual | facts)


def said(task: Task, folder: Path) -> str:
    with pytest.raises(RegistryError) as error:
        training.train(task, folder / "saved")
    return str(error.value).removeprefix("models/tiny/")
