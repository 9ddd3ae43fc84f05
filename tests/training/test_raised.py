"""What a model's code raises, told in one line at the line where it went wrong."""

import sys
from pathlib import Path

import pytest
from tinymodels import DATA, GOOD_LOAD, GOOD_TRAIN, NETWORK, SOFTMAX, TRAIN, said, tiny

from registry.loading import making

RAISES = {
    "raise ValueError('no luck\\nat all')": "ValueError: no luck at all",
    "raise KeyError('x')": "KeyError: 'x'",
    "raise ValueError": "ValueError",
    "raise ValueError('x' * 1000)": f"ValueError: {'x' * 300}…",
    "raise ValueError('\\x1b[31mred\\x07')": "ValueError: red\N{REPLACEMENT CHARACTER}",
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
    "features[:] = 0": "ValueError: assignment destination is read-only",
    "model.fit(features, labels + 5, verbose=2)": "InvalidArgumentError: indices[",
}


@pytest.mark.parametrize("end", RAISES)
def test_what_train_raises_is_told_at_its_line_without_our_frames(folder: Path, end: str) -> None:
    told = said(tiny(folder, train=NETWORK.format(SOFTMAX, end)))
    assert told.startswith(f"model.py:{TRAIN + 4}: train: {RAISES[end]}")
    assert "\n" not in told and "registry" not in told and "runpy" not in told


IMPORTS = {
    "import nowhere_to_be_found": (
        "model.py:{}: import: ModuleNotFoundError: No module named 'nowhere_to_be_found'; name its package in"
        " models/tiny/requirements.in, and run `tox run -e lock -- tiny`", {}
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
    wrong = tiny(folder, train=f"{GOOD_TRAIN}{line}\n")
    for name, text in helpers.items():
        (folder / "model" / name).write_text(text)
    end = (folder / "model/model.py").read_text().count("\n")
    assert said(wrong) == message.format(end)


def test_a_helper_beside_data_py_can_be_used(folder: Path) -> None:
    good = tiny(folder, load="from useful_helper import load\n")
    (folder / "data/useful_helper.py").write_text(DATA + GOOD_LOAD)
    assert len(making.load(good.examination).training.labels) == 118
    assert sys.modules["useful_helper"].__file__ == str(folder / "data/useful_helper.py")
