"""Golden predictions: small, the same bytes each time, exact for every type, and read in the old form, too."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from servers import FIXTURES

from registry.artifacts import golden, litert
from registry.artifacts.golden import Golden
from registry.errors import RegistryError

WORDS = np.array(["low", "ünï", "", "a\0", "\u3042" * 9], object)
PARTS = {
    "float": np.linspace(0, 1, 10, dtype=np.float32).reshape(5, 2),
    "half": np.array([0.1, 65504, -0.0, 6e-8, 1], np.float16),
    "double": np.array([0.1, 1e300, np.pi, 5e-324, 1]),
    "flag": np.array([True, False, True, True, False]),
    "byte": np.array([0, 255, 7, 8, 9], np.uint8),
    "long": np.array([2**63 - 1, -(2**63), 0, 1, 2]),
    "a/word": WORDS,
    "words": np.array([WORDS, WORDS[::-1]], object).T,
    "odd": np.arange(10, dtype=np.int32).reshape(2, 5).T,
}
LABELS = np.array([0, 1, 2, 0, 1], np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets.extra").mkdir()
    shutil.copy(FIXTURES / "double.tflite", tmp_path / "assets.extra/model.tflite")
    return tmp_path


def double(folder: Path) -> litert.Model:
    return litert.load(folder / "assets.extra/model.tflite")


def test_what_is_stored_comes_back_exactly_whatever_its_type(tmp_path: Path) -> None:
    golden.store(tmp_path, Golden(PARTS, {"output": PARTS["half"]}, LABELS))
    found = golden.read(tmp_path)
    assert found.inputs.keys() == PARTS.keys()
    for name, part in [*PARTS.items(), ("output", PARTS["half"])]:
        same = (found.outputs if name == "output" else found.inputs)[name]
        assert (same.dtype, same.shape, same.tolist()) == (part.dtype, part.shape, part.tolist())
    assert (found.labels.dtype, found.labels.tolist()) == (LABELS.dtype, LABELS.tolist())


def test_the_same_predictions_are_the_same_bytes_on_every_machine(tmp_path: Path) -> None:
    turned = {name: np.asfortranarray(part) for name, part in reversed(PARTS.items())}
    for folder, parts in {"one": PARTS, "other": turned}.items():
        golden.store(tmp_path / folder, Golden(parts, {"output": PARTS["float"]}, LABELS))
        digest = hashlib.sha256((tmp_path / folder / golden.FILE).read_bytes()).hexdigest()
        assert digest == "563d9ffbdfa47ea6e6c0e353cb91888cae9fa4485494917cae764d4ae5cea056"


@pytest.mark.parametrize(("side", "rows"), [(8, 5), (200, 5), (256, 3), (600, 1), (1000, 1)])
def test_as_many_rows_as_fit_are_stored_and_one_at_least(tmp_path: Path, side: int, rows: int) -> None:
    images = np.zeros((5, side, side), np.float32)
    golden.store(tmp_path, Golden({"image": images}, {"output": np.ones((5, 2))}, LABELS))
    raw = (tmp_path / golden.FILE).read_bytes()
    size = len(raw)
    assert golden.described(tmp_path) == {"rows": rows, "size": size, "sha256": hashlib.sha256(raw).hexdigest()}
    assert len(golden.read(tmp_path).inputs["image"]) == len(golden.read(tmp_path).outputs["output"]) == rows
    assert size < 1_000_000 or rows == 1
    assert size < images[:rows].nbytes + 2000


@pytest.mark.parametrize("factor", [2, 3])
def test_the_old_form_is_still_held_against_the_model(folder: Path, factor: float) -> None:
    row = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    outputs = [[factor * value for value in part] for part in row]
    old = {"inputs": {"x": [row]}, "outputs": {"y": [outputs]}, "labels": [0]}
    (folder / golden.OLD).write_text(json.dumps(old))
    if factor == 2:
        golden.check(folder, double(folder), "digits@v1.0.0")
        return
    with pytest.raises(RegistryError, match="^digits@v1.0.0: answers golden inputs otherwise than when it was judged"):
        golden.check(folder, double(folder), "digits@v1.0.0")


def test_an_artifact_without_golden_predictions_is_refused(folder: Path) -> None:
    with pytest.raises(RegistryError, match=r"^assets.extra/golden.npz: can't be read: .*; build the version again$"):
        golden.check(folder, double(folder), "digits@v1.0.0")


@pytest.mark.parametrize("place", [golden.FILE, golden.OLD])
@pytest.mark.parametrize(
    "content", ["", "[]", "{}", "[" * 100_000, '{"inputs": [], "outputs": {}}', "PK\3\4", "cut", "pickle"]
)
def test_damaged_ones_are_told(folder: Path, place: str, content: str) -> None:
    rows = np.ones((1, 2, 3), np.float32)
    golden.store(folder, Golden({"x": rows}, {"y": 2 * rows}, LABELS[:1]))
    good = (folder / golden.FILE).read_bytes()
    (folder / golden.FILE).unlink()
    (folder / place).write_bytes(good[:-30] if content == "cut" else content.encode())
    if content == "pickle":
        np.savez(folder / golden.FILE, allow_pickle=True, labels=np.array([{}], object))
    with pytest.raises(RegistryError, match="can't be read: .*; build the version again"):
        golden.check(folder, double(folder), "digits@v1.0.0")


def test_other_inputs_than_the_model_takes_are_told(folder: Path) -> None:
    rows = np.ones((1, 2, 3), np.float32)
    golden.store(folder, Golden({"z": rows}, {"y": 2 * rows}, LABELS[:1]))
    with pytest.raises(RegistryError, match="^digits@v1.0.0: does not take its golden inputs: "):
        golden.check(folder, double(folder), "digits@v1.0.0")
