"""The example on a model card: it can be pasted, `serve` answers it, and the answer is the one that the card shows."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rendering import read
from samples import first

from registry.artifacts import golden
from registry.artifacts.golden import Golden
from registry.protocols import examples
from registry.publishing import cards

ROW = np.array([[[0.1, 2, 3], [4, 5, 6]]], np.float32)
MANY = np.arange(400, dtype=np.float32)[None] / 8
LONG = '{"instances": [[0.0, 0.125, …]]}'
CASES = {
    "digits": (Golden({"x": ROW}, {"y": 3 * ROW}, np.array([0])), '{"instances": [[[0.1, 2.0, 3.0], [4.0, 5.0, 6.0]]]}'),
    "shop": (
        Golden({"user": np.array([1]), "weights": np.array([[1, 2]], np.float32)},
               {"next": np.array([2]), "score": np.array([6], np.float32)}, np.array([0])),
        '{"instances": [{"user": 1, "weights": [1.0, 2.0]}]}',
    ),
    "free": (Golden({"x": MANY}, {"y": MANY.sum(1)}, np.array([0])), LONG),
}  # fmt: skip


@pytest.mark.parametrize("model", CASES)
def test_what_a_card_shows_is_what_the_server_answers_to_what_is_pasted(server, tmp_path: Path, model: str) -> None:
    made, request = CASES[model]
    folder = tmp_path / f"serving/{model}/1000000"
    golden.store(folder, made)
    example = examples.example(golden.read(folder))
    assert (example["request"], example["is_whole"]) == (request, request != LONG)
    page = cards.card(SimpleNamespace(model=model, version="1.0.0", commit="c" * 40), first(example=example))
    (script,) = [text for _, text in read(page).fences if "curl" in text]
    address = server.url.removeprefix("http://")
    path = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", script.replace("localhost:8501", address)], cwd=tmp_path, capture_output=True,
                          text=True, env=os.environ | {"PATH": path, "no_proxy": "*"})  # fmt: skip
    assert json.loads(done.stdout) == json.loads(example["answer"]), done.stderr


def test_of_what_json_cannot_hold_another_row_is_the_example_or_none() -> None:
    inputs = {"x": np.array([[np.nan, 1], [0.5, 1]], np.float32)}
    two = Golden(inputs, {"y": np.array([0.25, 2 / 3], np.float32)}, np.array([0, 1]))
    assert examples.example(two) == {
        "request": '{"instances": [[0.5, 1.0]]}', "answer": '{"predictions": [0.6667]}', "is_whole": True,
    }  # fmt: skip
    assert examples.example(two.first(1)) is None
    assert examples.example(Golden(inputs, {"y": np.array([1.5])}, np.array([0, 1]))) is None


def test_of_long_texts_and_of_many_answers_only_the_beginning_is_told() -> None:
    told = examples.example(Golden({"text": np.array(["ü" * 2000], object)}, {"y": np.zeros((1, 500))}, np.array([0])))
    assert told == {
        "request": f'{{"instances": ["{"ü" * 200}…"]}}', "answer": '{"predictions": [[0.0, 0.0, …]]}', "is_whole": False,
    }  # fmt: skip
