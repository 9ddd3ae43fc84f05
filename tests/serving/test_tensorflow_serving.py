"""`serve` by TensorFlow Serving's REST API: what it answers, and what it says to bad requests."""

import pytest
from asking import ROW, TWICE


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        ("digits/versions/1000000", {"instances": [ROW]}, {"predictions": [TWICE]}),
        ("digits/versions/1000000", {"instances": [ROW, ROW]}, {"predictions": [TWICE, TWICE]}),
        ("digits/versions/1000000", {"instances": [{"x": ROW}]}, {"predictions": [TWICE]}),
        ("digits/versions/1000000", {"inputs": [ROW]}, {"outputs": [TWICE]}),
        ("digits/versions/1000000", {"inputs": {"x": [ROW]}}, {"outputs": [TWICE]}),
        ("digits/versions/1000000", {"signature_name": "serving_default", "inputs": [ROW]}, {"outputs": [TWICE]}),
        ("digits/versions/1000000", {"signature_name": "", "inputs": [ROW]}, {"outputs": [TWICE]}),
        ("digits", {"instances": [[[0.1, 1, 0], [0, 0, 0]]]}, {"predictions": [[[0.3, 3.0, 0.0], [0.0, 0.0, 0.0]]]}),
        (
            "shop",
            {"instances": [{"user": 1, "weights": [1, 2]}, {"user": 3, "weights": [0.5, 0]}]},
            {"predictions": [{"score": 6.0, "next": 2}, {"score": 2.0, "next": 4}]},
        ),
        (
            "shop",
            {"inputs": {"user": [1, 3], "weights": [[1, 2], [0.5, 0]]}},
            {"outputs": {"score": [6.0, 2.0], "next": [2, 4]}},
        ),
        ("kinds", {"instances": [{"flag": True, "byte": 255, "number": -5}]}, {"predictions": [251]}),
        ("free", {"instances": [[1, 2, 3, 4]]}, {"predictions": [10.0]}),
    ],
)
def test_predict(server, path, body, answer):
    response = server.post(f"/v1/models/{path}:predict", body)
    assert (response.status_code, response.json()) == (200, answer)
    assert response.headers["content-type"] == "application/json"


def test_predict_writes_nan_and_infinity_as_tensorflow_serving_does(server):
    response = server.post("/v1/models/log:predict", {"instances": [[1], [0], [-1]]})
    assert response.text == '{"predictions": [[0.0], [-Infinity], [NaN]]}'


def test_status(server):
    available = {"state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    newest, older = {"version": "1001000", **available}, {"version": "1000000", **available}
    assert server.get("/v1/models/digits").json() == {"model_version_status": [newest, older]}
    assert server.get("/v1/models/digits/versions/1000000").json() == {"model_version_status": [older]}


def test_status_of_a_version_that_can_not_be_loaded(server):
    (status,) = server.get("/v1/models/broken").json()["model_version_status"]
    assert (status["version"], status["state"], status["status"]["error_code"]) == ("1000000", "END", "UNKNOWN")
    text = "can't be loaded: it leads out of the file; fetch or build the version again"
    assert status["status"]["error_message"].endswith(f"broken/1000000/assets.extra/model.tflite: {text}")


def test_metadata(server):
    def tensor(dtype: str, name: str, *sizes: str) -> dict:
        shape = {"dim": [{"size": size, "name": ""} for size in sizes], "unknown_rank": False}
        return {"dtype": dtype, "tensor_shape": shape, "name": name}

    signature = {
        "inputs": {
            "user": tensor("DT_INT64", "serving_default_user:0", "-1"),
            "weights": tensor("DT_FLOAT", "serving_default_weights:0", "-1", "2"),
        },
        "outputs": {
            "next": tensor("DT_INT64", "StatefulPartitionedCall:0", "-1"),
            "score": tensor("DT_FLOAT", "StatefulPartitionedCall:1", "-1"),
        },
        "method_name": "tensorflow/serving/predict",
        "defaults": {},
    }
    answer = {
        "model_spec": {"name": "shop", "signature_name": "", "version": "1000000"},
        "metadata": {"signature_def": {"signature_def": {"serving_default": signature}}},
    }
    assert server.get("/v1/models/shop/metadata").json() == answer
    assert server.get("/v1/models/shop/versions/1000000/metadata").json() == answer


SHAPE = "input 'x': expected float32 of shape [-1,2,3], got"

BAD_V1 = {
    "wrong width": ({"instances": [[[1, 2], [3, 4]]]}, f"{SHAPE} [1,2,2]"),
    "wrong height": ({"instances": [[[1, 2, 3]]]}, f"{SHAPE} [1,1,3]"),
    "a dimension missing": ({"instances": ROW}, f"{SHAPE} [2,3]"),
    "a dimension too many": ({"instances": [[[[1], [2], [3]], [[4], [5], [6]]]]}, f"{SHAPE} [1,2,3,1]"),
    "a bare number": ({"inputs": 5}, f"{SHAPE} 5"),
    "ragged": (
        {"instances": [[[1, 2, 3], [4, 5]]]},
        f"{SHAPE} lists of 2 and of 3 items side by side at depth 3",
    ),
    "ragged rows": ({"instances": [ROW, [[1, 2, 3]]]}, f"{SHAPE} lists of 1 and of 2 items side by side at depth 2"),
    "lists and numbers": ({"instances": [[[1, 2, 3], 4]]}, f"{SHAPE} [1,2,3], with lists and values side by side"),
    "no rows": ({"instances": []}, "No values in 'instances' array; expected at least one row"),
    "an empty column": ({"inputs": []}, f"{SHAPE} [0]"),
    "a string": ({"instances": [[[1, 2, "3"], [4, 5, 6]]]}, "input 'x': expected float32, got \"3\" at [0,0,2]"),
    "a boolean": ({"instances": [[[1, 2, 3], [4, 5, True]]]}, "input 'x': expected float32, got true at [0,1,2]"),
    "a null": ({"instances": [ROW, [[None, 2, 3], [4, 5, 6]]]}, "input 'x': expected float32, got null at [1,0,0]"),
    "an object": ({"instances": [[[{}, 2, 3], [4, 5, 6]]]}, "input 'x': expected float32, got an object at [0,0,0]"),
    "too large": ({"instances": [[[1, 1e39, 3], [4, 5, 6]]]}, "input 'x': expected float32, got 1e+39 at [0,0,1]"),
    "unknown name": (
        {"instances": [{"z": ROW}]},
        "Failed to process element: 0 of 'instances' list. JSON object must only have keys: x; got: z",
    ),
    "missing name": (
        {"inputs": {}},
        "Missing named input: x in 'inputs' object. JSON object must only have keys: x; got: ",
    ),
    "a name too many": ({"inputs": {"x": [ROW], "z": 1}}, "JSON object must only have keys: x; got: x,z"),
    "rows of two forms": (
        {"instances": [{"x": ROW}, ROW]},
        "Failed to process element: 1 of 'instances' list. JSON object must only have keys: x; got: a list",
    ),
    "instances no list": ({"instances": {"x": ROW}}, "Expecting 'instances' to be a list, got an object"),
    "both formats": (
        {"instances": [ROW], "inputs": [ROW]},
        "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist",
    ),
    "no format": ({}, "Missing 'inputs' or 'instances' key"),
    "signature no string": ({"signature_name": 1}, "'signature_name' key must be a string value."),
    "unknown signature": (
        {"signature_name": "train", "instances": [ROW]},
        'Serving signature name: "train" not found in signature def; expected serving_default',
    ),
    "no object": ([1], "the body must be a JSON object, got a list"),
    "empty body": (b"", "JSON Parse error: The document is empty"),
    "deep": (b"[" * 100_000, "JSON Parse error: depth limit exceeded: line 1 column 1026 (char 1025)"),
    "deep value": (
        b'{"inputs":' + b"[" * 1000 + b"]" * 1000 + b"}",
        f"{SHAPE} [{'1,' * 999}0]",
    ),
    "no UTF-8": (
        b'{"instances": "\xff"}',
        "JSON Parse error: str is not valid UTF-8: surrogates not allowed: line 1 column 1 (char 0)",
    ),
}


@pytest.mark.parametrize("fault", BAD_V1)
def test_bad_predict(server, fault):
    body, error = BAD_V1[fault]
    response = server.post("/v1/models/digits:predict", body)
    assert (response.status_code, response.json()) == (400, {"error": error})


@pytest.mark.parametrize(
    ("model", "row", "error"),
    [
        ("shop", {"user": 1.5, "weights": [1, 2]}, "input 'user': expected int64, got 1.5 at [0]"),
        ("shop", {"user": 2**63, "weights": [1, 2]}, f"input 'user': expected int64, got {2**63} at [0]"),
        ("shop", {"user": True, "weights": [1, 2]}, "input 'user': expected int64, got true at [0]"),
        ("shop", {"user": 4, "weights": [1, 2]}, "the model can't take these values: gather index out of bounds"),
        (
            "shop",
            {"user": 1},
            "Failed to process element: 0 of 'instances' list. "
            "JSON object must only have keys: user,weights; got: user",
        ),
        ("kinds", {"flag": 1, "byte": 1, "number": 1}, "input 'flag': expected bool, got 1 at [0]"),
        ("kinds", {"flag": True, "byte": 256, "number": 1}, "input 'byte': expected uint8, got 256 at [0]"),
        ("kinds", {"flag": True, "byte": -1, "number": 1}, "input 'byte': expected uint8, got -1 at [0]"),
        ("kinds", {"flag": True, "byte": 1, "number": 2**31}, "input 'number': expected int32, got 2147483648 at [0]"),
        (
            "shop",
            1,
            "instances is a plain list, but expecting objects with the named inputs: user,weights",
        ),
    ],
)
def test_bad_named_inputs(server, model, row, error):
    response = server.post(f"/v1/models/{model}:predict", {"instances": [row]})
    assert (response.status_code, response.json()) == (400, {"error": error})


def test_columns_of_different_length(server):
    response = server.post("/v1/models/shop:predict", {"inputs": {"user": [1, 2], "weights": [[1, 2]]}})
    error = "every input needs as many rows: 'user' has 2, 'weights' has 1"
    assert (response.status_code, response.json()) == (400, {"error": error})
