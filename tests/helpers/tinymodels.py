"""Code of small models as a person writes it, to be put together right or wrong, and what training says of it."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from registry.artifacts import archive, runtime
from registry.errors import RegistryError
from registry.examining import assessment
from registry.learning import proving, training
from registry.loading import making
from registry.loading.rows import Examination
from registry.learning.training import Task

DATA = """\
import numpy as np

"""

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
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(features, labels, epochs=epochs, verbose=2)
    {}
"""
SOFTMAX = 'layers.Dense(3, activation="softmax")'
GOOD_LOAD = ROWS.format("return rows, labels")
GOOD_TRAIN = NETWORK.format(SOFTMAX, "return model")
LOAD, TRAIN = 3, 6  # the lines of the two functions, each in its file


@dataclass(frozen=True)
class Tiny:
    """A model in a folder, whose examination is set and sat as in a build, but in the test's own process."""

    folder: Path
    examination: Examination
    training: dict
    asked: dict

    @property
    def task(self) -> Task:
        """What is to be learned; the rows for it are made when it is first asked for."""
        if not (self.folder / "training").exists():
            making.load(self.examination).training.store(self.folder / "training")
        code, place = str(self.folder / "model"), self.examination.place
        output = self.asked["evaluation"].get("output")
        rows = str(self.folder / "training")
        return Task(code, place, self.examination.task, rows, self.training, output=output)

    def fold(self, fold: int) -> dict:
        """Train on all but one fold, and score that."""
        training.cross_validate(self.task, fold, self.folder / f"fold-{fold}")
        return proving.score(self.task, fold, self.folder / f"fold-{fold}")

    def train(self) -> dict:
        """Train, and pack what comes of it."""
        answer = training.train(self.task, self.folder / "saved")
        if runtime.kinds(self.folder / "saved") == ["onnx"]:
            proving.prove(self.task, self.folder / "saved")
        archive.pack(self.folder / "saved", self.folder / "trained.tar")
        return answer

    def assess(self, incumbent: dict | None = None) -> dict:
        """Judge what was packed; the artifact is tiny-1.0.0.tar in the folder then."""
        held_out, trained = making.load(self.examination).held_out, self.folder / "trained.tar"
        known = self.examination.place, self.examination.task, held_out, trained, archive.describe(trained)
        return assessment.assess(*known, self.folder / "tiny-1.0.0.tar", incumbent, self.asked)


def tiny(folder: Path, load: str = GOOD_LOAD, train: str = GOOD_TRAIN, head: str = HEAD, **facts: object) -> Tiny:
    for name, code in {"data.py": DATA + load, "model.py": head + train}.items():
        place = folder / name.removesuffix(".py")
        place.mkdir(parents=True)
        (place / name).write_text(code)
    output = {"output": facts.pop("output")} if "output" in facts else {}
    usual = {"task": "classification", "data": "", "holdout": 0.2, "folds": 3}
    examination = Examination(folder=str(folder / "data"), place="models/tiny", **usual | facts)
    slices = ["label"] * (examination.task == "classification")
    asked = {"evaluation": {"slices": slices} | output, "thresholds": {}}
    return Tiny(folder, examination, {"seed": 7, "epochs": 1}, asked)


def said(model: Tiny) -> str:
    with pytest.raises(RegistryError) as error:
        model.train()
    return str(error.value).removeprefix("models/tiny/")
