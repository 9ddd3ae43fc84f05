"""`new` looks at the labels of a CSV file: the spec that it writes validates, and the code reads the file."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from forks import verb

from registry.specs import models


def rows(labels: list, head: str = "") -> str:
    return head + "".join(f"{place / 8},{place % 7},{label}\n" for place, label in enumerate(labels))


RARE = [int(place % 22 == 0) for place in range(2000)]
MADE = {
    "three classes": (rows([0, 1, 2] * 50), "classification", {"accuracy": {"min": 0.63}}, [0, 1, 2], []),
    "one in twenty-two": (
        rows(RARE), "classification",
        {"roc_auc": {"min": 0.6}, "pr_auc": {"min": 0.17}}, RARE[:3],
        ["about 23 rows of label 1 will be held out, and it takes 30 to judge its recall"],
    ),
    "one in twenty-two of many": (
        rows(RARE * 5), "classification",
        {"roc_auc": {"min": 0.73}, "pr_auc": {"min": 0.36}, "recall": {"min": 0.55, "slice": {"label": 1}}}, RARE[:3], [],
    ),
    "names, and a line above": (
        rows(["ham", "spam", '"a, b"'] * 50, "x,y,what\n"), "classification", {"accuracy": {"min": 0.63}}, [1, 2, 0], [],
    ),
    "two names, the rarer last": (
        rows((["a"] + ["z"] * 20) * 100), "classification",
        {"roc_auc": {"min": 0.61}, "pr_auc": {"min": 0.19}}, [1, 0, 0],
        ["about 25 rows of label 1 will be held out, and it takes 30 to judge its recall"],
    ),
    "whole numbers from 1": (rows([1, 2, 10] * 50), "classification", {"accuracy": {"min": 0.63}}, [0, 1, 2], []),
    "whole numbers as decimals": (rows(["0.0", "1.0"] * 100), "classification", {"accuracy": {"min": 0.72}}, [0, 1, 0], []),
    "decimals": (
        rows([place / 3 for place in range(300)]), "regression", {"r2": {"min": 0.36}, "mae": {"max": 20.3}},
        [0, 1 / 3, 2 / 3], [],
    ),
    "many whole numbers": (
        rows([*range(100, 400)]), "regression", {"r2": {"min": 0.36}, "mae": {"max": 60.9}}, [100, 101, 102], [],
    ),
    "texts alone, and a line above": (
        "".join(f"word {place},{label}\n" for place, label in enumerate(["what", *["ham", "spam"] * 60])), "classification",
        {"accuracy": {"min": 0.67}}, None, ["line 2 holds word 1, which is no number; turn that column into numbers in load()"],
    ),
    "one number everywhere": (
        rows([2.5] * 150), "regression", {"r2": {"min": 0.26}, "mae": {"max": 0}}, [2.5] * 3,
        ["every label is the same number; there is nothing to learn"],
    ),
    "few rows, text and gaps": (
        "red,1,0\n,2,1\ngreen,,1\n", "classification", {"accuracy": {"min": 0.67}}, None,
        ["of 3 rows about 1 will be held out, and it takes 30 to judge: bring 120 or more",
         "line 1 holds red, which is no number; turn that column into numbers in load()",
         "2 values before the label, empty, will be NaN: fill them in model.py, in the served graph"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_a_spec_fits_the_labels_of_its_file(root: Path, tmp_path: Path, name: str) -> None:
    text, task, thresholds, first, notes = MADE[name]
    (tmp_path / "rows.csv").write_text(text, "utf-8")
    said = verb(root, "new", "flowers", f"--data={tmp_path}/rows.csv")
    assert [line.removeprefix("mind: ") for line in said.splitlines() if line.startswith("mind: ")] == notes
    (model,) = models.load(root, ["flowers"])
    assert (model.spec["task"], model.thresholds) == (task, thresholds)
    if first is not None:
        load = runpy.run_path(str(model.folder / "data.py"))["load"]
        features, labels = load(model.folder / "data.csv")
        assert (features.shape, features.dtype) == ((len(labels), 2), np.float32)
        assert labels[:3].tolist() == pytest.approx(first)


REFUSED = {
    "nothing": ("", "holds no rows; write one a line, the label last"),
    "no comma": ("1;2;0\n", "1: has one column; separate values by commas, not by ';'"),
    "other lengths": ("1,2,0\n1,0\n", "2: has 2 values here, and 3 above; mend that"),
    "no label": ("1,2,0\n1,2,\n", "2: has no label here; write one, or take the row away"),
    "text everywhere": (
        rows([f"row {place}" for place in range(50)]),
        "holds another text nearly everywhere in its last column (row 0, row 1, row 2, …); put the label last",
    ),
    "names of columns alone": ("a,b,what\n", "holds no rows; write one a line, the label last"),
    "dates last": (
        rows([f"2026-01-{day % 28 + 1:02}" for day in range(90)]),
        "holds dates in its last column (2026-01-01, …); put the label last",
    ),
    "a text among numbers": (
        rows([*(place / 3 for place in range(100)), "n/a"]),
        "101: has a label here that is no number, and most others are; mend that",
    ),
    "one label in two ways": (rows([1, "1.0", 2] * 40), "writes one label in several ways, such as 1 and 1.0; write each in one"),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_a_file_that_no_model_can_learn_from_is_refused_and_nothing_is_made(
    root: Path, tmp_path: Path, fault: str
) -> None:
    text, message = REFUSED[fault]
    (tmp_path / "rows.csv").write_text(text, "utf-8")
    place = f"{tmp_path}/rows.csv"
    told = f"{place}:{message}" if message[0].isdigit() else f"{place}: {message}"
    assert verb(root, "new", "flowers", f"--data={place}", code=1) == f"{told}\n1 problem\n"
    assert not (root / "models/flowers").exists()


def test_bytes_that_are_no_text_are_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(b"\xff\xfe1,2\n")
    said = verb(root, "new", "flowers", f"--data={tmp_path}/rows.csv", code=1)
    assert said.startswith(
        f"{tmp_path}/rows.csv: can't be read as CSV: 'utf-8' codec can't decode byte 0xff in position 0"
    )
