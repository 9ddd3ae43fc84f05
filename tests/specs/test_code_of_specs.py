"""Code that does not fit its spec, told from its text: nothing of it is run."""

from pathlib import Path

import pytest
from mistakes import replace, said

from registry.checks import consistency


@pytest.mark.parametrize("old, new, expected", [
    ("def train(", "def fit(",
     "model.py: train: is not defined at the top level; write `def train(features, labels, *, seed):`"),
    ("batch_size: int, learning_rate", "learning_rate",
     "model.yaml:16: training.batch_size: is no argument of train() in model.py, which accepts epochs, learning_rate,"
     " seed; leave it out, or let train() take it"),
    ("learning_rate: float):", "learning_rate: float, momentum: float):",
     "model.yaml:13: training.momentum: is missing, and train() in model.py has no default for it;"
     " it accepts batch_size, epochs, learning_rate, momentum, seed"),
    ("epochs: int", "epoch: int",
     "model.yaml:15: training.epochs: is no argument of train() in model.py, which accepts batch_size, epoch,"
     " learning_rate, seed; did you mean epoch?"),
])  # fmt: skip
def test_code_that_does_not_fit_its_spec_is_refused(root: Path, old: str, new: str, expected: str) -> None:
    replace(root, "models/digits/model.py", old, new)
    assert said(root) == [f"models/digits/{expected}"]


@pytest.mark.parametrize("old, new, expected", [
    ("def load(path)", "def read(path)", "data.py: load: is not defined at the top level; write `def load(path):`"),
    ("def load(path)", "def load()", "data.py:6: load: must take path; write `def load(path):`"),
    ("def load(path)", "def load(path, rows)", "data.py:6: load: must take path; write `def load(path):`"),
    ("def load(path):", "def load(path:",
     "data.py:6: is not Python: '(' was never closed; run it through `python` and mend what that says"),
    ("def load", "\0def load",
     "data.py: is not Python: source code string cannot contain null bytes;"
     " run it through `python` and mend what that says"),
])  # fmt: skip
def test_an_examination_whose_code_can_not_be_used_is_refused(root: Path, old: str, new: str, expected: str) -> None:
    replace(root, "models/digits/data.py", old, new)
    assert said(root) == [f"models/digits/{expected}"]


def test_a_model_of_the_old_form_is_told_what_to_move_where(root: Path) -> None:
    data = root / "models/digits/data.py"
    replace(root, "models/digits/model.py", "def train(", f"{data.read_text('utf-8')}\n\ndef train(")
    data.unlink()
    place = "models/digits/data.py"
    assert said(root) == [f"{place}: is missing; move load() there from model.py:12, with what it needs"]
    replace(root, "models/digits/model.py", "def load(", "def read(")
    assert said(root) == [f"{place}: is missing; write load(path)"]


@pytest.mark.filterwarnings("error")
def test_code_that_python_warns_of_is_none_of_our_business(root: Path) -> None:
    replace(root, "models/digits/model.py", "import keras", 'import keras\n\nDIGIT = "\\d"')
    consistency.validate(root, [])


def test_a_train_that_takes_anything_still_gets_features_and_labels_from_load_only(root: Path) -> None:
    replace(root, "models/digits/model.py", "batch_size: int, learning_rate: float):", "**more):")
    replace(root, "models/digits/model.yaml", "batch_size: 32", "labels: 32")
    assert said(root) == [
        "models/digits/model.yaml:16: training.labels: is what train() gets from load(); leave it out"
    ]


def test_code_that_is_missing_or_no_text_is_refused_beside_the_faults_of_its_spec(root: Path) -> None:
    replace(root, "models/digits/model.yaml", "[vision]", "[]")
    (root / "models/digits/model.py").write_bytes(b"# \xe9\n")
    owners = 'models/digits/model.yaml:4: owners: is empty; write a list of teams or people, for example ["vision"]'
    assert said(root) == ["models/digits/model.py:1: is not UTF-8; save it as UTF-8", owners]
    (root / "models/digits/model.py").unlink()
    missing = "models/digits/model.py: is missing; write train(features, labels, *, seed)"
    assert said(root) == [missing, owners]
