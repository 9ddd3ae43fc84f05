"""An ONNX model is released, pinned and deployed as any other, and it is said what does not serve it."""

from functools import partial
from pathlib import Path

import deploy
import forks
import promote
import publish
import pytest
import rich.table  # noqa: F401  what status imports late is here before the forks
import status
import targets
from onnxmaking import ROWS, model, node, value
from registries import candidate, commit, template

from registry import console

NOTE = "digits: TensorFlow Serving does not take ONNX; `tox run -e serve` does, as do Triton and KServe's runtimes for ONNX\n"
SHAPE = [ROWS, 2, 3]


def say(root: Path, verb, *words: str, code: int = 0) -> str:
    found, said = forks.run(root, partial(console.run, verb.main), *words)
    assert (found, "Traceback" in said) == (code, False), said
    return said


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = template(tmp_path_factory.mktemp("onnx") / "root")
    double = model(node("Add", ["x", "x"], ["y"]), takes=[value("x", *SHAPE)], gives=[value("y", *SHAPE)])
    candidate(root, onnx=double.SerializeToString())
    say(root, publish, "digits")
    say(root, promote, "digits", "staging")
    commit(root)
    return root


def test_plan_and_status_say_that_tensorflow_serving_does_not_take_it(root: Path) -> None:
    plan = "staging\n  + digits   1.0.0\n" + NOTE + "1 change. Nothing was touched: run with --apply.\n"
    assert say(root, deploy, "staging") == plan
    assert say(root, deploy, "staging", "--since", "HEAD~1").endswith("  + digits   1.0.0\n" + NOTE)
    say(root, deploy, "staging", "--apply")
    assert (root / "deployments/staging/digits/1000000/model.onnx").is_file()
    assert NOTE not in say(root, deploy, "staging")
    assert NOTE in say(root, status)
    assert "`tox run -e deploy -- staging --apply`" in say(root, targets)


def test_its_page_and_card_say_what_serves_it(root: Path) -> None:
    folder = root / "releases/digits@v1.0.0"
    told = "an ONNX model, `model.onnx`, which TensorFlow Serving does not take, and Triton and KServe's runtimes for ONNX do"
    card = (folder / "model-card.md").read_text()
    assert told in card
    assert "tox run -e serve -- --path serving" in card
    assert "docker" not in card
    assert "library_name: onnx" in card
