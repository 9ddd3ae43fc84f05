"""`serve` for models that only TensorFlow runs: strings, and what its operations refuse."""

import base64
import os
import shutil
from pathlib import Path

import numpy
import pytest
import tensorflow as tf
from servers import repository, serving, until

from registry.artifacts import runtime
from registry.artifacts.tensors import InputError, Tensor
from registry.errors import RegistryError


class Texts(tf.Module):
    """Takes strings and numbers apart: only TensorFlow has strings."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def serve(self, text):
        return {"length": tf.strings.length(text), "upper": tf.strings.upper(text), "raw_bytes": text}


class Hungry(tf.Module):
    """Fails inside for reasons that are not the client's: takes as much memory as it is told."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int64, name="size")])
    def serve(self, size):
        return {"sum": tf.cast(size, tf.float32) + tf.reduce_sum(tf.zeros(size))}


class Lookup(tf.Module):
    """Refuses a row beyond its table."""

    def __init__(self):
        super().__init__()
        self.table = tf.Variable([1.0, 2.0, 3.0])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int64, name="row")])
    def serve(self, row):
        return {"value": tf.gather(self.table, row)}


def save(module: tf.Module, directory: Path) -> Path:
    beside = directory.parent / f".{directory.name}"
    tf.saved_model.save(module, str(beside), signatures=module.serve)
    return beside.rename(directory)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("repository")
    models = repository(root)
    for name, module in ("texts", Texts()), ("hungry", Hungry()), ("lookup", Lookup()):
        (models / name).mkdir(parents=True)
        save(module, models / name / "1000000")
    with serving(root) as server:
        yield server
        assert "Traceback" not in server.said


def test_strings_in_and_out(server):
    raw = {"b64": base64.b64encode(b"\xff\x00").decode()}
    response = server.post(
        "/v1/models/texts:predict", {"instances": ["añb", {"b64": base64.b64encode(b"xy").decode()}]}
    )
    first = {"length": 4, "upper": "AñB", "raw_bytes": {"b64": base64.b64encode("añb".encode()).decode()}}
    second = {"length": 2, "upper": "XY", "raw_bytes": {"b64": base64.b64encode(b"xy").decode()}}
    assert (response.status_code, response.json()) == (200, {"predictions": [first, second]})
    columns = server.post("/v1/models/texts:predict", {"inputs": [raw]}).json()
    assert columns == {"outputs": {"length": [2], "upper": [raw], "raw_bytes": [raw]}}


def test_strings_by_the_open_inference_protocol(server):
    given = {"name": "text", "datatype": "BYTES", "shape": [2], "data": ["one", "three"]}
    response = server.post("/v2/models/texts/infer", {"inputs": [given], "outputs": [{"name": "upper"}]})
    answer = {"name": "upper", "datatype": "BYTES", "shape": [2], "data": ["ONE", "THREE"]}
    assert (response.status_code, response.json()["outputs"]) == (200, [answer])


@pytest.mark.parametrize(
    ("model", "row", "status", "error"),
    [
        ("texts", 1, 400, 'input \'text\': expected a string or {"b64": "…"}, got 1 at [0]'),
        ("texts", {"b64": "?"}, 400, 'input \'text\': expected a string or {"b64": "…"}, got an object at [0]'),
        ("texts", ["one"], 400, "input 'text': expected bytes of shape [-1], got [1,1]"),
        ("lookup", 7, 400, "the model can't take these values: indices[0] = 7 is not in [0, 3)"),
        ("hungry", 2**45, 500, "model hungry version 1000000 failed: ResourceExhaustedError"),
    ],
)
def test_bad_values_and_faults_of_the_model(server, model, row, status, error):
    response = server.post(f"/v1/models/{model}:predict", {"instances": [row]})
    assert (response.status_code, response.json()) == (status, {"error": error})
    good = server.post("/v1/models/lookup:predict", {"instances": [1]})
    assert good.json() == {"predictions": [2.0]}


def test_a_fault_is_logged_in_one_line(server):
    server.post("/v1/models/hungry:predict", {"instances": [2**45]})
    told = "model hungry version 1000000 failed: ResourceExhaustedError: "
    lines = [line for line in server.said.splitlines() if told in line]
    assert lines and str(2**45) in lines[0]


def test_a_saved_model_takes_over_from_another(tmp_path):
    models = repository(tmp_path)
    (models / "lookup").mkdir(parents=True)
    first = save(Lookup(), models / "lookup/1000000")
    newer = Lookup()
    newer.table.assign([10.0, 20.0, 30.0])
    with serving(tmp_path) as server:
        ask = lambda: server.post("/v1/models/lookup:predict", {"instances": [0]}).json()  # noqa: E731
        assert ask() == {"predictions": [1.0]}
        save(newer, models / "lookup/1001000")
        until(lambda: ask() == {"predictions": [10.0]}, "the new version")
        shutil.rmtree(first)
        until(lambda: len(server.get("/v1/models/lookup").json()["model_version_status"]) == 1, "the old one's end")
        assert ask() == {"predictions": [10.0]}


# the runtimes, without the web


def test_both_runtimes_give_the_same(tmp_path):
    directory = save(Lookup(), tmp_path / "1000000")
    (directory / "assets.extra").mkdir()
    converter = tf.lite.TFLiteConverter.from_saved_model(str(directory), signature_keys=["serving_default"])
    (directory / "assets.extra/model.tflite").write_bytes(converter.convert())
    lite, full = runtime.load(directory), runtime.load(directory, "tensorflow")
    assert (lite.kind, full.kind) == ("litert", "tensorflow")
    assert lite.inputs == full.inputs == (Tensor("row", "int64", (None,)),)
    assert lite.outputs == full.outputs == (Tensor("value", "float32", (None,)),)
    for model in lite, full:
        assert model({"row": numpy.array([2, 0])})["value"].tolist() == [3.0, 1.0]
        with pytest.raises(InputError, match="index out of bounds|is not in"):
            model({"row": numpy.array([7])})


@pytest.mark.parametrize(
    "file", ["saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"]
)
@pytest.mark.parametrize("damage", ["gone", "empty", "half", "noise"])
def test_a_damaged_saved_model_is_refused(tmp_path, file, damage):
    directory = save(Lookup(), tmp_path / "1000000")
    content = (directory / file).read_bytes()
    (directory / file).unlink()
    if damage != "gone":
        broken = {"empty": b"", "half": content[: len(content) // 2], "noise": os.urandom(len(content))}
        (directory / file).write_bytes(broken[damage])
    with pytest.raises(RegistryError, match="holds no saved_model.pb|can't be loaded(: it | by TensorFlow: )"):
        runtime.load(directory)


def test_a_saved_model_without_serving_signature_is_refused(tmp_path):
    tf.saved_model.save(tf.Module(), str(tmp_path / "1000000"))
    with pytest.raises(RegistryError, match="can't be loaded by TensorFlow: it has no signature serving_default"):
        runtime.load(tmp_path / "1000000")
