"""train() may return ONNX: it is trained, cross-validated, judged and packed as any other, without TensorFlow."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import servers
from registries import commit, template, verb
from tinymodels import ROWS, Tiny, said, tiny

from registry.artifacts import archive, golden, runtime
from registry.errors import RegistryError
from registry.tasks import measures

HEAD = """\
import uuid
import numpy as np
import onnx
from onnx import TensorProto as T, helper as h, numpy_helper as n


"""
TRAIN = """\
def train(features, labels, *, seed, epochs):
    means = np.stack([features[labels == label].mean(axis=0) for label in range(3)]).astype("float32")
    weights = n.from_array(means.T.copy(), "weights")
    return {end}


def made(weights, *more, rows=None, gives=("label", "probabilities"), last="Softmax", **words):
    nodes = [h.make_node("MatMul", ["row", "weights"], ["score"]), h.make_node(last, ["score"], ["probabilities"], **words)]
    nodes += [h.make_node("ArgMax", ["score"], ["label"], axis=1, keepdims=0), *more]
    kinds = {{"label": (T.INT64, [rows]), "probabilities": (T.FLOAT, [rows, 3]), "mean": (T.FLOAT, [1, 1])}}
    outputs = [h.make_tensor_value_info(name, *kinds[name]) for name in gives]
    inputs = [h.make_tensor_value_info("row", T.FLOAT, [rows, 4])]
    graph = h.make_graph(nodes, uuid.uuid4().hex, inputs, outputs, [weights])
    return h.make_model(graph, opset_imports=[h.make_opsetid("", 20), h.make_opsetid("team", 1)], ir_version=10)


def outside(weights):
    onnx.external_data_helper.set_external_data(weights, "weights.bin")
    return weights
"""


def centres(folder: Path, end: str = "made(weights)", **facts: object) -> Tiny:
    """Return a model that knows the middle of each class; its graph has another name each time."""
    found = tiny(folder, train="", **facts)
    (folder / "model/model.py").write_text(HEAD + TRAIN.format(end=end))
    return found


def test_it_is_trained_judged_and_packed_with_all_its_outputs(folder: Path) -> None:
    found = centres(folder, output="probabilities")
    learned = found.train()
    assert learned["lite"] == "does not take ONNX, which ONNX Runtime runs"
    again = centres(folder.with_name("again"), "made(weights).SerializeToString()", output="probabilities").train()
    assert again["weights_sha256"] == learned["weights_sha256"]
    other = centres(folder.with_name("other"), "made(weights, last='LogSoftmax', gives=['label'])", output="label")
    with pytest.raises(RegistryError, match="gives outputs of shape"):
        other.train()
    assert found.fold(0).keys() == measures.METRICS["classification"].keys()
    report = found.assess()
    assert (report["runtime"], {*report["runtimes"]}) == ("onnx", {"onnx"})
    assert report["outputs"] == [
        {"name": "label", "dtype": "int64", "shape": [None]},
        {"name": "probabilities", "dtype": "float32", "shape": [None, 3]},
    ]
    assert json.loads(report["example"]["answer"])["predictions"][0].keys() == {"label", "probabilities"}
    with (folder / "tiny-1.0.0.tar").open("rb") as stream:
        names = archive.unpack(stream, folder / "unpacked", archive.describe(folder / "tiny-1.0.0.tar"))
    assert {*names} == {"model.onnx", "assets.extra/golden.npz", "assets.extra/trained.npz"}
    golden.check(folder / "unpacked", runtime.load(folder / "unpacked"), "tiny")
    assert golden.read(folder / "unpacked").outputs.keys() == {"label", "probabilities"}


def test_one_for_litert_ships_beside_a_saved_model_alone(folder: Path) -> None:
    found = centres(folder, output="probabilities")
    found.train()
    (folder / "saved/assets.extra").mkdir()
    shutil.copy(servers.FIXTURES / "double.tflite", folder / "saved" / runtime.LITE_MODEL)
    for wanted in "saved_model.pb", "saved_model.pb or model.onnx":
        archive.pack(folder / "saved", folder / "trained.tar")
        with pytest.raises(RegistryError) as error:
            found.assess()
        assert str(error.value) == f"models/tiny/model.py: makes a model without {wanted}"
        shutil.rmtree(folder / "saved")
        (folder / "saved/assets").mkdir(parents=True)
        (folder / "saved/assets/words").touch()


AGAIN = "leave it out, and build the version again"
LOADED = "returned a model that may not be loaded: model.onnx: "
FAULTS = {
    "made(weights)": "returned a model that gives label, probabilities; name the one that is judged, `output: NAME` under"
    " evaluation in model.yaml",
    "made(weights).SerializeToString()[:-40]": f"{LOADED}can't be loaded: it has a field that ends behind what holds it;"
    " fetch or build the version again",
    "b'no model'": "returned a model that may not be loaded: model.onnx: can't be loaded: it has a field of a kind that nothing"
    " has; fetch or build the version again",
    "made(outside(weights))": f"{LOADED}operation weights: uses EXTERNAL_DATA, which lies in another file (save the model in"
    f" one, without external data); {AGAIN}",
    "made(weights, h.make_node('Odd', ['row'], ['odd'], domain='team'))": f"{LOADED}operation odd: uses team.Odd, which is not"
    f" on the list of what a model may do; {AGAIN}",
    "made(weights, h.make_node('RandomNormalLike', ['row'], ['noise']))": f"{LOADED}operation noise: uses RandomNormalLike,"
    f" which draws at random; {AGAIN}",
    "made(weights, rows=1)": f"{LOADED}takes 'row' of one row at a time; leave the first dimension free when you export it",
    "made(weights, h.make_node('ReduceMean', ['score'], ['mean']), gives=['probabilities', 'mean'])": "returned a model that"
    " doesn't fit the features: gives mean of shape (1, 1) for 118 rows; give one for each row",
    "made(weights, h.make_node('Relu', [], ['odd']))": f"{LOADED}can't be loaded by ONNX Runtime: This is an invalid model.",
    "'model.onnx'": "returned a path, model.onnx, where no folder with a saved_model.pb is; save a SavedModel there",
    "'no\\nmodel ' * 500": "returned a path, no model no model ",
    "[weights]": "returned a list; return a keras.Model, ONNX (a ModelProto, or its bytes), or the path of a folder with a"
    " SavedModel",
}  # fmt: skip


@pytest.mark.parametrize("end", FAULTS)
def test_what_is_no_model_that_can_be_judged_is_told_in_one_line(folder: Path, end: str) -> None:
    told = said(centres(folder, end))
    assert told.partition("train: ")[2].startswith(FAULTS[end])
    assert "\n" not in told


NAMED = {
    "probabilites": "gives label, probabilities, and evaluation.output names probabilites; did you mean probabilities?",
    "label": "gives outputs of shape (118,); 3 classes need (118, 3)",
}


@pytest.mark.parametrize("name", NAMED)
def test_an_output_that_is_none_or_can_not_be_judged_is_told_by_its_name(folder: Path, name: str) -> None:
    assert said(centres(folder, output=name)) == f"model.py: train: returned a model that {NAMED[name]}"


def test_outputs_that_are_nan_are_told_and_a_fold_has_no_metrics(folder: Path) -> None:
    gaps = ROWS.format("rows[::2, 0] = np.nan; return rows, labels")
    found = tiny(folder, gaps, train="", output="probabilities")
    (folder / "model/model.py").write_text(HEAD + TRAIN.format(end="made(weights)"))
    assert said(found) == (
        "model.py: train: returned a model whose outputs are NaN or infinite for 123 of 123 training rows; features hold"
        " NaN, so let the model's first layer fill the gaps"
    )
    assert {*found.fold(0).values()} == {None}


SPEC = """\
version: 1.0.0
description: Tells three kinds of rows apart.
owners: [team]
task: classification
data: {path: rows.csv, sha256: SHA}
training: {seed: 7, epochs: 1}
evaluation: {folds: 2, output: probabilities}
thresholds: {accuracy: {min: 0.5}}
"""
DATA = """\
import numpy as np


def load(path):
    rows = np.loadtxt(path, delimiter=",", dtype=np.float32)
    return rows[:, :4], rows[:, 4].astype(int)
"""
CHECKS = """\
import numpy as np


def test_the_judged_output_is_what_predict_gives(predict):
    assert predict(np.ones((2, 4), np.float32)).shape == (2, 3)
"""


def test_build_trains_it_twice_cross_validates_and_judges_it(tmp_path: Path) -> None:
    root = template(tmp_path / "root")
    place = root / "models/centres"
    place.mkdir()
    labels = np.arange(240) % 3
    rows = np.random.default_rng(3).normal(size=(240, 4)) + 3 * np.eye(4)[labels]
    np.savetxt(place / "rows.csv", np.c_[rows, labels], delimiter=",")
    digest = hashlib.sha256((place / "rows.csv").read_bytes()).hexdigest()
    (place / "model.yaml").write_text(SPEC.replace("SHA", digest))
    (place / "data.py").write_text(DATA)
    (place / "checks.py").write_text(CHECKS)
    (place / "model.py").write_text(HEAD + TRAIN.format(end="made(weights)"))
    commit(root)
    printed = verb(root, "build", "centres", "--twice")
    assert "  LiteRT: does not take ONNX, which ONNX Runtime runs\n" in printed
    assert "trained twice: the weights are bit-identical" in printed
    report = json.loads((root / "candidates/centres/report.json").read_text())
    assert (report["verdict"], report["runtime"], report["cross_validation"] is None) == ("pass", "onnx", False)
    assert "tensorflow" not in report["tools"] and "onnx" in report["tools"]
    assert [one["outcome"] for one in report["checks"]] == ["passed"]
