"""`serve` with ONNX models: all outputs in both protocols, text in and out, no TensorFlow, one after another."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import v2
from onnxmaking import ROWS, model, node, put, shop, value, words
from servers import Server, below, factor, fixture, place, repository, serving, until

ASKED = {"user": [1, 3], "weights": [[1, 2], [0.5, 0]]}


def times(factor: int):
    """Return bytes of what tests/fixtures/serving/make.py calls double and triple."""
    return model(node("Sum", ["x"] * factor, ["y"]), takes=[value("x", ROWS, 2, 3)], gives=[value("y", ROWS, 2, 3)])


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="module")
def server(models: Path) -> Iterator[Server]:
    put(models / "shop/1000000", shop())
    put(models / "words/1000000", words())
    put(models / "digits/1000000", times(2))
    with serving(models.parent) as server:
        yield server
        assert "Traceback" not in server.said


def test_all_outputs_are_answered_in_both_protocols(server: Server) -> None:
    rows = [{"user": 1, "weights": [1, 2]}, {"user": 3, "weights": [0.5, 0]}]
    by_row = server.post("/v1/models/shop:predict", {"instances": rows}).json()
    assert by_row == {"predictions": [{"score": 6.0, "next": 2}, {"score": 2.0, "next": 4}]}
    assert server.post("/v1/models/shop:predict", {"inputs": ASKED}).json() == {
        "outputs": {"score": [6.0, 2.0], "next": [2, 4]}
    }
    inputs = [v2("weights", "FP32", [2, 2], [1, 2, 0.5, 0]), v2("user", "INT64", [2], [1, 3])]
    score, following = v2("score", "FP32", [2], [6.0, 2.0]), v2("next", "INT64", [2], [2, 4])
    assert server.post("/v2/models/shop/infer", {"inputs": inputs}).json()["outputs"] == [score, following]
    one = server.post("/v2/models/shop/infer", {"inputs": inputs, "outputs": [{"name": "next"}]}).json()
    assert one["outputs"] == [following]
    told = server.get("/v2/models/shop").json()
    assert (told["platform"], [each["name"] for each in told["outputs"]]) == ("onnxruntime_onnx", ["score", "next"])
    assert 'runtime="onnx"' in server.get("/metrics").text


def test_values_that_it_can_not_take_are_the_client_s_fault(server: Server) -> None:
    answer = server.post("/v1/models/shop:predict", {"inputs": {"user": [4], "weights": [[1, 2]]}})
    text = "the model can't take these values: indices element out of data bounds, idx=4 must be within the inclusive range [-4,3]"
    assert (answer.status_code, answer.json()) == (400, {"error": text})


def test_text_goes_in_and_comes_out(server: Server) -> None:
    answer = server.post("/v1/models/words:predict", {"instances": ["bee", {"b64": "Y2F0"}, "é"]}).json()
    assert answer == {
        "predictions": [{"number": 1, "name": "BEE"}, {"number": 2, "name": "CAT"}, {"number": -1, "name": "OTHER"}]
    }
    found = server.post("/v2/models/words/infer", {"inputs": [v2("word", "BYTES", [1], ["ant"])]}).json()["outputs"]
    assert found == [v2("number", "INT64", [1], [0]), v2("name", "BYTES", [1], ["ANT"])]


def test_a_version_takes_the_place_of_another_whatever_runs_it(server: Server, models: Path) -> None:
    assert factor(server) == 2.0
    put(models / "digits/1000000", times(3).SerializeToString())
    until(lambda: factor(server) == 3.0, "other bytes of the same version")
    place(models, "digits", 1_001_000, fixture("double"))
    until(lambda: factor(server) == 2.0, "one that LiteRT runs")
    put(models / "digits/1002000", times(3))
    until(lambda: factor(server) == 3.0, "one that ONNX Runtime runs")
    (running,) = [pid for pid, args in below(server).items() if "computing" in args]
    assert "tensorflow/" not in Path(f"/proc/{running}/maps").read_text()
