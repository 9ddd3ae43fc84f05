"""What load() returns and train() makes, wrong in every way: each told in one line at the line of model.py."""

import sys
from pathlib import Path

import pytest

from registry.artifacts import archive
from registry.errors import RegistryError
from registry.learning import assessment, training
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models/tiny"


def task(folder: Path, load: str = GOOD_LOAD, train: str = GOOD_TRAIN, **facts: object) -> Task:
    folder.mkdir(parents=True)
    (folder / "model.py").write_text(HEAD + load + train)
    usual = {"task": "classification", "data": "", "holdout": 0.2, "folds": 3, "training": {"seed": 7, "epochs": 1}}
    return Task(folder=str(folder), place="models/tiny", **usual | facts)


def said(task: Task, folder: Path) -> str:
    with pytest.raises(RegistryError) as error:
        training.train(task, folder / "saved")
    return str(error.value).removeprefix("models/tiny/")


LOADS = {
    "return": "returned nothing; return two things: features, labels",
    "return [rows, labels]": "returned a list; return two things: features, labels",
    "return rows, labels, 3": "returned a tuple of 3; return two things: features, labels",
    "return rows.tolist(), labels": "returned a list and a ndarray; return features and labels as NumPy arrays",
    "return rows, None": "returned a ndarray and nothing; return features and labels as NumPy arrays",
    "return rows[1:], labels": "returned features of shape (149, 4) for 150 labels; return one row a label",
    "return rows[:0], labels[:0]": "returned no rows",
    "return rows, np.eye(3)[labels]": (
        "returned labels of shape (150, 3); they are one-hot: write `labels = labels.argmax(axis=1)` in load()"
    ),
    "return rows, labels * 0": "returned labels of one class only; a classifier needs two or more",
    "return rows, labels + 1": (
        "returned 3 classes, numbered from 1 to 3; count them from 0, without a gap:"
        " write `labels = labels - 1` in load()"
    ),
    "return rows, labels.astype(str)": (
        "returned text as labels (0, 1, 2); classification needs whole numbers from 0:"
        " write `labels = labels.astype(int)` in load()"
    ),
    "return rows, np.where(labels, labels, np.nan)": (
        "returned 50 labels that are NaN or infinite; clean them in load()"
    ),
    "rows[3] = np.nan; return rows, labels": (
        "returned features with 4 values that are NaN or infinite; clean them in load()"
    ),
    "rows[3] = np.inf; return rows, labels": (
        "returned features with 4 values that are NaN or infinite; clean them in load()"
    ),
    "return rows.astype(object), labels": (
        "returned features that hold float as objects; return numbers, or nothing but str"
    ),
    "return rows.astype(complex), labels": "returned features of type complex128; return numbers or text",
    "return rows[:, 0].astype('datetime64[s]'), labels": (
        "returned features of type datetime64[s]; return numbers or text"
    ),
    "return {}, labels": "returned features by no name; name each by the model's input, as text",
    "return {1: rows}, labels": "returned features by ['1']; name each by the model's input, as text",
    "return {'row': rows.tolist()}, labels": "returned features that are not all NumPy arrays",
    "return {'row': rows[1:]}, labels": (
        "returned features['row'] of shape (149, 4) for 150 labels; return one row a label"
    ),
    "labels[:] = 0; labels[0] = 1; return rows, labels": (
        "returned rows that can't be split, 0.2 to be held out:"
        " class 1 has 1 row, and needs one to train with and one to hold out; bring more rows of it,"
        " or leave it out: write `keep = labels != 1` in load() and return features[keep], labels[keep]"
    ),
}


@pytest.mark.parametrize("end", LOADS)
def test_what_load_must_not_return_is_told(folder: Path, end: str) -> None:
    assert said(task(folder, ROWS.format(end)), folder) == f"model.py:{LOAD}: load: {LOADS[end]}"


def test_regression_takes_numbers_as_labels_only(folder: Path) -> None:
    wrong = task(folder, ROWS.format("return rows, labels.astype(str)"), task="regression")
    assert said(wrong, folder) == (
        f"model.py:{LOAD}: load: returned text as labels (0, 1, 2); regression needs numbers:"
        " write `labels = labels.astype(float)` in load()"
    )


TRAINS = {
    "pass": "returned nothing; return a keras.Model",
    "return 3": "returned a int; return a keras.Model",
    "return keras.Sequential([layers.Dense(3)])": (
        "returned a model that can't be exported: ValueError:"
        " The model provided has not yet been built. It must be built before export."
    ),
    "return keras.Sequential([keras.Input((5,), name='row'), layers.Dense(3)])": (
        "returned a model that doesn't fit the features: input row takes (None, 5), but load() returns (30, 4)"
    ),
    "return keras.Sequential([keras.Input((), dtype='string', name='row'), layers.Hashing(3, output_mode='count')])": (
        "returned a model that doesn't fit the features: input row takes text, but load() returns float32"
    ),
    "x = keras.Input((4,)); return keras.Model(x, [layers.Dense(3)(x), layers.Dense(3)(x)])": (
        "returned a model with 2 outputs; it needs one"
    ),
    "return keras.Sequential([model, layers.Reshape((1, 3))])": (
        "returned a model that gives outputs of shape (30, 1, 3); 3 classes need (30, 3)"
    ),
    "return keras.Sequential([model, layers.Rescaling(0.5)])": (
        "returned a model that gives outputs that don't add up to 1; end it with softmax"
    ),
    "return keras.Sequential([model, layers.Rescaling(3, -2 / 3)])": (
        "returned a model that gives outputs below 0 or above 1; end it with softmax"
    ),
    "model.set_weights([part * np.nan for part in model.get_weights()]); return model": (
        "returned a model whose outputs are NaN or infinite for 30 of 30 held-out rows"
    ),
}


@pytest.mark.parametrize("end", TRAINS)
def test_what_train_must_not_return_is_told(folder: Path, end: str) -> None:
    assert said(task(folder, train=NETWORK.format(SOFTMAX, end)), folder) == f"model.py:{TRAIN}: train: {TRAINS[end]}"


def test_a_model_that_draws_at_random_when_it_answers_is_refused(folder: Path) -> None:
    train = (
        NETWORK.format(SOFTMAX, "return keras.Sequential([model, Odd()])")
        + """
class Odd(layers.Layer):
    def call(self, x):
        return tensorflow.nn.softmax(x + tensorflow.random.uniform(tensorflow.shape(x)))
"""
    )
    told = said(task(folder, train=train), folder)
    assert told == (
        f"model.py:{TRAIN}: train: returned a model that answers the same rows otherwise each time, since its layer odd"
        " (Odd) draws at random in predict(), too; let it take `training`, and draw only where that is true"
    )


RAISES = {
    "raise ValueError('no luck\\nat all')": "ValueError: no luck at all",
    "raise KeyError('x')": "KeyError: 'x'",
    "raise ValueError": "ValueError",
    "raise ValueError('x' * 1000)": f"ValueError: {'x' * 300}…",
    "raise ValueError('\\x1b[31m')": "ValueError: \N{REPLACEMENT CHARACTER}[31m",
    "raise KeyboardInterrupt": "KeyboardInterrupt",
    "raise type('Odd', (BaseException,), {})('hm')": "Odd: hm",
    "raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})": "Odd",
    "raise SystemExit(0)": "SystemExit: 0",
    "raise OSError(2, 'No such file or directory', 'x.csv')": (
        "FileNotFoundError: [Errno 2] No such file or directory: 'x.csv'"
    ),
    "keras.Sequential([layers.Dense(3)]).fit(features, labels)": (
        "ValueError: You must call `compile()` before using the model."
    ),
    "model.fit(features, labels + 5, verbose=2)": "InvalidArgumentError: indices[",
}


@pytest.mark.parametrize("end", RAISES)
def test_what_train_raises_is_told_at_its_line_without_our_frames(folder: Path, end: str) -> None:
    told = said(task(folder, train=NETWORK.format(SOFTMAX, end)), folder)
    assert told.startswith(f"model.py:{TRAIN + 4}: train: {RAISES[end]}")
    assert "\n" not in told and "registry" not in told and "runpy" not in told


IMPORTS = {
    "import nowhere_to_be_found": (
        "model.py:{}: import: ModuleNotFoundError: No module named 'nowhere_to_be_found'", {}
    ),
    "1 / 0": ("model.py:{}: import: ZeroDivisionError: division by zero", {}),
    "raise SystemExit": ("model.py:{}: import: SystemExit", {}),
    "import broken_helper": (
        "broken_helper.py:1: import: SyntaxError: invalid syntax (broken_helper.py, line 1)",
        {"broken_helper.py": "this is no Python"},
    ),
    "import failing_helper; failing_helper.go()": (
        "failing_helper.py:2: import: AttributeError: 'int' object has no attribute 'nope'",
        {"failing_helper.py": "def go():\n    return (3).nope\n"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("line", IMPORTS)
def test_what_the_import_raises_is_told_at_its_line(folder: Path, line: str) -> None:
    message, helpers = IMPORTS[line]
    wrong = task(folder, train=f"{GOOD_TRAIN}{line}\n")
    for name, text in helpers.items():
        (folder / name).write_text(text)
    end = (folder / "model.py").read_text().count("\n")
    assert said(wrong, folder) == message.format(end)


def test_a_helper_beside_model_py_can_be_used(folder: Path) -> None:
    good = task(folder, load="from useful_helper import load\n\n", train=GOOD_TRAIN)
    (folder / "useful_helper.py").write_text(HEAD + GOOD_LOAD)
    assert training.train(good, folder / "saved")["rows"] == {"train": 120, "holdout": 30}
    assert sys.modules["useful_helper"].__file__ == str(folder / "useful_helper.py")


def test_a_decorated_train_is_told_at_its_line(folder: Path) -> None:
    train = """\
class Wrapped:
    def __init__(self, function):
        pass
    def __call__(self, *_, **__):
        pass

@Wrapped
def train(features, labels, *, seed, epochs):
    pass
"""
    assert said(task(folder, train=train), folder) == "model.py: train: returned nothing; return a keras.Model"


def test_more_folds_than_rows_of_a_class_are_told_before_anything_is_trained(folder: Path) -> None:
    rare = ROWS.format("labels[:] = 0; labels[:8] = 1; return rows, labels")
    few = task(folder, rare, NETWORK.format(SOFTMAX, "raise ValueError('trained')"), folds=20)
    assert said(few, folder) == (
        f"model.py:{LOAD}: load: returned too few rows: 20 folds need 20 training rows of each class, but class 1 has"
        " 6; write evaluation.folds: 6 in model.yaml, or bring more rows of it,"
        " or leave it out: write `keep = labels != 1` in load() and return features[keep], labels[keep]"
    )


def test_rows_that_differ_each_time_are_refused(folder: Path) -> None:
    shuffled = "chosen = np.random.default_rng().permutation(150); return rows[chosen], labels"
    found = task(folder, ROWS.format(shuffled))
    trained = training.train(found, folder / "saved")
    artifact = archive.pack(folder / "saved", folder / "tiny.tar")
    with pytest.raises(RegistryError) as error:
        assessment.assess(found, folder / "tiny.tar", artifact, None, trained["rows_sha256"])
    told = "returns other rows each time; sort them, and draw none at random"
    assert str(error.value) == f"models/tiny/model.py:{LOAD}: load: {told}"


GOOD = {
    "drawn by the usual generator": (
        ROWS.format("i = np.random.permutation(150); return rows[i], labels[i]"),
        GOOD_TRAIN,
    ),
    "unsigned labels": (ROWS.format("return rows, labels.astype('uint64')"), GOOD_TRAIN),
    "64-bit floats": (ROWS.format("return rows.astype(float), labels"), GOOD_TRAIN),
    "whole numbers": (ROWS.format("return (rows * 10).astype(int), labels"), GOOD_TRAIN),
    "a dictionary of one": (ROWS.format("return {'row': rows}, labels"), GOOD_TRAIN),
    "changed by train": (
        GOOD_LOAD,
        GOOD_TRAIN.replace("    model =", "    features[:] = 0; labels[:] = 0\n    model ="),
    ),
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
        ROWS.format("return np.array(['low', 'high'])[(rows[:, 0] > 0).astype(int)], labels"),
        GOOD_TRAIN.replace(
            'keras.Input((4,), name="row")',
            "keras.Input((), dtype='string', name='row'),"
            " layers.StringLookup(vocabulary=['low', 'high'], output_mode='one_hot')",
        ).replace("fit(features", "fit(tensorflow.constant(features)"),
    ),
}


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_model_is_judged(folder: Path, kind: str) -> None:
    found = task(folder, *GOOD[kind])
    trained = training.train(found, folder / "saved")
    assert trained["lite"]["included"], trained["lite"]
    artifact = archive.pack(folder / "saved", folder / "tiny.tar")
    assessed = assessment.assess(found, folder / "tiny.tar", artifact, None, trained["rows_sha256"])
    assert assessed["runtime"] == "litert"
    assert None not in assessed["metrics"].values()
    assert set(training.cross_validate(found, 0, None)) == {"accuracy", "precision", "recall", "f1", "log_loss"}


def test_a_regression_is_judged(folder: Path) -> None:
    train = GOOD_TRAIN.replace(SOFTMAX, "layers.Dense(1)").replace("sparse_categorical_crossentropy", "mse")
    found = task(folder, ROWS.format("return rows, rows.sum(axis=1)"), train, task="regression")
    trained = training.train(found, folder / "saved")
    artifact = archive.pack(folder / "saved", folder / "tiny.tar")
    assessed = assessment.assess(found, folder / "tiny.tar", artifact, None, trained["rows_sha256"])
    assert set(assessed["metrics"]) == {"mae", "rmse", "r2", "latency_ms", "size_mb"}
    assert (assessed["slices"], assessed["confusion"]) == ({}, None)


ODD_LAYER = """
class Odd(layers.Layer):
    def call(self, x):
        return x + 0 * tensorflow.math.bincount(tensorflow.cast(x[:, 0], "int32"), minlength=1, dtype="float32")[:1]
"""


def test_a_model_that_does_not_convert_ships_without_litert_and_says_why(folder: Path) -> None:
    train = NETWORK.format(SOFTMAX, "return keras.Sequential([model, Odd()])") + ODD_LAYER
    found = task(folder, train=train)
    trained = training.train(found, folder / "saved")
    assert not trained["lite"]["included"]
    assert trained["lite"]["reason"].startswith("does not convert: LiteRT has no ")
    assert not (folder / "saved/assets.extra/model.tflite").exists()
    artifact = archive.pack(folder / "saved", folder / "tiny.tar")
    assessed = assessment.assess(found, folder / "tiny.tar", artifact, None, trained["rows_sha256"])
    assert assessed["runtime"] == "tensorflow"
