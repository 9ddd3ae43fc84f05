"""What load() and train() must not return: each told in one line at the line of model.py."""

from pathlib import Path

import pytest
from tinymodels import LOAD, NETWORK, ROWS, SOFTMAX, TRAIN, said, tiny

WANTED = "return features, labels and, where there are any, groups as an array, columns as a mapping"
LOADS = {
    "return": f"returned nothing; {WANTED}",
    "return [rows, labels]": f"returned a list; {WANTED}",
    "return rows, labels, labels, {}, 3": f"returned a tuple of 5; {WANTED}",
    "return rows, labels, 3": "returned an int as groups; return a NumPy array with one value a row",
    "return rows, labels, rows": "returned groups of shape (150, 4); return a NumPy array with one value a row",
    "return rows, labels, labels[1:]": "returned groups of shape (149,) for 150 labels; return one row a label",
    "return rows, labels, rows[:, 0] / 0": (
        "returned NaN or infinity in row 0 of groups, the first of 150 (counted from 0); clean them in load()"
    ),
    "return rows, labels, labels.astype(object)": (
        "returned int as objects in row 0 of groups, the first of 150 (counted from 0); return numbers, or nothing but str"
    ),
    "return rows[labels % 2] * 0, labels": (
        "returned rows that can't be split, 0.2 to be held out: class 0 has 1 different row, and needs one to train with"
        " and one to hold out; bring more rows of it, or leave it out: write `keep = labels != 0` in load() and return"
        " features[keep], labels[keep]; where equal rows are different cases, return an id of each as a third thing"
    ),
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
        "returned NaN or infinity in row 0 of labels, the first of 50 (counted from 0); clean them in load()"
    ),
    "rows[3, 1:] = np.nan, np.inf, -np.inf; return rows, labels": (
        "returned infinity in row 3, column 2 of features, the first of 2 (counted from 0); clip it in load(), or write NaN"
        " for what is missing"
    ),
    "return rows.astype(object), labels": (
        "returned float as objects in row 0, column 0 of features, the first of 600 (counted from 0); return numbers, or"
        " nothing but str"
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
    assert said(tiny(folder, ROWS.format(end))) == f"data.py:{LOAD}: load: {LOADS[end]}"


def test_regression_takes_numbers_as_labels_only(folder: Path) -> None:
    wrong = tiny(folder, ROWS.format("return rows, labels.astype(str)"), task="regression")
    assert said(wrong) == (
        f"data.py:{LOAD}: load: returned text as labels (0, 1, 2); regression needs numbers:"
        " write `labels = labels.astype(float)` in load()"
    )


KINDS = "return a keras.Model, ONNX (a ModelProto, or its bytes), or the path of a folder with a SavedModel"
TRAINS = {
    "pass": f"returned nothing; {KINDS}",
    "return 3": f"returned an int; {KINDS}",
    "return keras.Sequential([layers.Dense(3)])": (
        "returned a model that can't be exported: ValueError:"
        " The model provided has not yet been built. It must be built before export."
    ),
    "return keras.Sequential([keras.Input((5,), name='row'), layers.Dense(3)])": (
        "returned a model that doesn't fit the features: input row takes (None, 5), but load() returns (118, 4)"
    ),
    "return keras.Sequential([keras.Input((), dtype='string', name='row'), layers.Hashing(3, output_mode='count')])": (
        "returned a model that doesn't fit the features: input row takes text, but load() returns float32"
    ),
    "x = keras.Input((4,)); return keras.Model(x, [layers.Dense(3, name=name)(x) for name in 'ab'])": (
        "returned a model that gives a, b; name the one that is judged, `output: NAME` under evaluation in model.yaml"
    ),
    "return keras.Sequential([model, layers.Reshape((1, 3))])": (
        "returned a model that gives outputs of shape (118, 1, 3); 3 classes need (118, 3)"
    ),
    "return keras.Sequential([model, layers.Rescaling(0.5)])": (
        "returned a model that gives outputs that don't add up to 1; end it with softmax"
    ),
    "return keras.Sequential([model, layers.Rescaling(3, -2 / 3)])": (
        "returned a model that gives outputs below 0 or above 1; end it with softmax"
    ),
    "model.set_weights([part * np.nan for part in model.get_weights()]); return model": (
        "returned a model whose outputs are NaN or infinite for 118 of 118 training rows"
    ),
}


@pytest.mark.parametrize("end", TRAINS)
def test_what_train_must_not_return_is_told(folder: Path, end: str) -> None:
    assert said(tiny(folder, train=NETWORK.format(SOFTMAX, end))) == f"model.py:{TRAIN}: train: {TRAINS[end]}"


def test_a_model_that_draws_at_random_when_it_answers_is_refused(folder: Path) -> None:
    train = (
        NETWORK.format(SOFTMAX, "return keras.Sequential([model, Odd(name='odd')])")
        + """
class Odd(layers.Layer):
    def call(self, x):
        return tensorflow.nn.softmax(x + tensorflow.random.uniform(tensorflow.shape(x)))
"""
    )
    told = said(tiny(folder, train=train))
    assert told == (
        f"model.py:{TRAIN}: train: returned a model that answers the same rows otherwise each time, since its layer odd"
        " (Odd) draws at random in predict(), too; let it take `training`, and draw only where that is true"
    )


def test_a_model_that_touches_the_machine_is_refused_by_its_layer(folder: Path) -> None:
    train = (
        NETWORK.format(SOFTMAX, "return keras.Sequential([model, Odd(name='odd')])")
        + """
class Odd(layers.Layer):
    def call(self, x):
        tensorflow.io.write_file("written", "text")
        return x
"""
    )
    (refused, _, told) = said(tiny(folder, train=train)).partition("saved_model.pb: layer ")
    assert refused == f"model.py:{TRAIN}: train: returned a model that may not be loaded: "
    assert told.endswith("odd_1: uses WriteFile, which writes a file; leave it out, and build the version again")


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
    assert said(tiny(folder, train=train)) == f"model.py: train: returned nothing; {KINDS}"


def test_more_folds_than_rows_of_a_class_are_told_before_anything_is_trained(folder: Path) -> None:
    rare = ROWS.format("labels[:] = 0; labels[:12] = 1; return rows, labels")
    few = tiny(folder, rare, NETWORK.format(SOFTMAX, "raise ValueError('trained')"), folds=20)
    assert said(few) == (
        f"data.py:{LOAD}: load: returned rows that can't be split, 0.2 to be held out: 20 folds need 20 rows of each"
        " class to train with, but class 1 has 11; write evaluation.folds: 11 in model.yaml, or bring more rows of it,"
        " or leave it out: write `keep = labels != 1` in load() and return features[keep], labels[keep]"
    )
