"""`serve` by the Open Inference Protocol: what it answers, and what it says to bad requests."""

import pytest
from asking import ROW, v2, x

SHAPE = "input 'x': expected float32 of shape [-1,2,3], got"


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        (
            "digits",
            x(id="42"),
            {"model_name": "digits", "model_version": "1001000", "id": "42", "outputs": ["y", "FP32", [1, 2, 3]]},
        ),
        (
            "digits/versions/1000000",
            x(data=[ROW], parameters={"content_type": "np"}),
            {"model_name": "digits", "model_version": "1000000", "outputs": ["y", "FP32", [1, 2, 3]]},
        ),
        (
            "digits",
            x(outputs=[{"name": "y"}]),
            {"model_name": "digits", "model_version": "1001000", "outputs": ["y", "FP32", [1, 2, 3]]},
        ),
    ],
)
def test_infer(server, path, body, answer):
    response = server.post(f"/v2/models/{path}/infer", body)
    factor = 3.0 if answer["model_version"] == "1001000" else 2.0
    data = [factor * value for value in (1, 2, 3, 4, 5, 6)]
    answer = {**answer, "outputs": [v2(*answer["outputs"], data)]}
    assert (response.status_code, response.json()) == (200, answer)
    assert response.headers["content-type"] == "application/json"


def test_infer_with_named_inputs_answers_the_outputs_asked_for(server):
    inputs = [v2("weights", "FP32", [2, 2], [1, 2, 0.5, 0]), v2("user", "INT64", [2], [1, 3])]
    everything = server.post("/v2/models/shop/infer", {"inputs": inputs}).json()
    score, following = v2("score", "FP32", [2], [6.0, 2.0]), v2("next", "INT64", [2], [2, 4])
    assert everything["outputs"] == [following, score]
    one = server.post("/v2/models/shop/infer", {"inputs": inputs, "outputs": [{"name": "score"}]}).json()
    assert one["outputs"] == [score]


def test_infer_with_nan_in_the_answer_is_a_fault_of_the_model(server):
    response = server.post("/v2/models/log/infer", {"inputs": [v2("x", "FP32", [1, 1], [-1])]})
    text = "the model answered NaN or infinity in output 'y', which JSON can't carry"
    assert (response.status_code, response.json()) == (500, {"error": text})


@pytest.mark.parametrize(
    ("path", "status", "answer"),
    [
        ("/v2", 200, {"name": "serve", "version": "1", "extensions": ["binary_tensor_data"]}),
        ("/v2/health/live", 200, {"live": True}),
        ("/v2/health/ready", 503, {"ready": False}),  # `broken` can't be loaded
        ("/v2/models/digits/ready", 200, {"name": "digits", "ready": True}),
        ("/v2/models/digits/versions/1000000/ready", 200, {"name": "digits", "ready": True}),
        (
            "/v2/models/shop",
            200,
            {
                "name": "shop",
                "versions": ["1000000"],
                "platform": "litert_tflite",
                "inputs": [
                    {"name": "user", "datatype": "INT64", "shape": [-1]},
                    {"name": "weights", "datatype": "FP32", "shape": [-1, 2]},
                ],
                "outputs": [
                    {"name": "next", "datatype": "INT64", "shape": [-1]},
                    {"name": "score", "datatype": "FP32", "shape": [-1]},
                ],
            },
        ),
    ],
)
def test_information(server, path, status, answer):
    response = server.get(path)
    assert (response.status_code, response.json()) == (status, answer)


BAD_V2 = {
    "wrong shape": (x([1, 3, 2]), f"{SHAPE} [1,3,2]"),
    "no rows": (x([0, 2, 3], []), f"{SHAPE} [0,2,3]"),
    "negative shape": (x([-1, 2, 3]), f"{SHAPE} [-1,2,3]"),
    "fractional shape": (x([1, 2, 3.0]), "input 'x': shape: expected a list of whole numbers such as [1,2,3]"),
    "huge shape": (
        x([2**40, 2, 3]),
        "input 'x': shape [1099511627776,2,3] needs 6597069766656 values, got 6",
    ),
    "too few values": (x(data=[1, 2, 3]), "input 'x': shape [1,2,3] needs 6 values, got 3"),
    "nested otherwise": (x(data=[[1, 2, 3], [4, 5, 6]]), "input 'x': expected float32 of shape [1,2,3], got [2,3]"),
    "no data": (
        {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2, 3]}]},
        "input 'x': data: expected a list of values, got nothing",
    ),
    "a string": (x(data=[1, 2, 3, 4, 5, "6"]), "input 'x': expected float32, got \"6\" at [0,1,2]"),
    "a boolean": (x(data=[1, 2, 3, 4, 5, False]), "input 'x': expected float32, got false at [0,1,2]"),
    "wrong datatype": (
        {"inputs": [v2("x", "INT64", [1, 2, 3], [1, 2, 3, 4, 5, 6])]},
        "input 'x': expected datatype FP32, got \"INT64\"",
    ),
    "unknown name": (
        {"inputs": [v2("z", "FP32", [1], [1])]},
        'inputs[0]: unknown name "z"; expected x',
    ),
    "given twice": ({"inputs": x()["inputs"] * 2}, "inputs[1]: 'x' is given twice"),
    "no name": ({"inputs": [{}]}, "inputs[0]: expected an object with a name"),
    "no inputs": ({}, "inputs: expected a list of 'x', got nothing"),
    "empty inputs": ({"inputs": []}, "inputs: expected a list of 'x', got an empty list"),
    "unknown output": (x(outputs=[{"name": "z"}]), 'outputs[0]: unknown name "z"; expected y'),
    "id no string": (x(id=42), "id: expected a string, got 42"),
    "NaN": (
        b'{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2, 3], "data": [NaN, 2, 3, 4, 5, 6]}]}',
        "JSON Parse error: unexpected character, expected a JSON value: line 1 column 76 (char 75)"
        "; JSON has no NaN or Infinity",
    ),
    "half": (b'{"inputs": [', "JSON Parse error: unexpected end of data: line 1 column 13 (char 12)"),
}


@pytest.mark.parametrize("fault", BAD_V2)
def test_bad_infer(server, fault):
    body, error = BAD_V2[fault]
    response = server.post("/v2/models/digits/infer", body)
    assert (response.status_code, response.json()) == (400, {"error": error})
