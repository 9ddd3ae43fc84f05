"""`serve` over real HTTP: what both protocols answer, and what they say to bad requests."""

import gzip
import itertools
import json
import re
import socket
import threading

import pytest
import requests
from servers import fixture, place, repository, serving

ROW = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
TWICE = [[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]]
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("repository")
    models = repository(root)
    for model, name in ("digits", "double"), ("shop", "shop"), ("kinds", "kinds"), ("log", "log"), ("free", "free"):
        place(models, model, 1_000_000, fixture(name))
    place(models, "digits", 1_001_000, fixture("triple"))
    place(models, "broken", 1_000_000, b"no model")
    (models / "digits/deployed.json").write_text("{}")
    (models / "digits/.1002000").mkdir()
    (models / "digits/latest").mkdir()
    (models / ".lock").write_text("")
    with serving(root) as server:
        yield server
        assert "Traceback" not in server.said


def v2(name: str, datatype: str, shape: list[int], data: list) -> dict:
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


def x(shape: list[int] | None = None, data: list | None = None, **more) -> dict:
    """An inference request for `digits`."""
    flat = list(itertools.chain.from_iterable(ROW)) if data is None else data
    return {"inputs": [v2("x", "FP32", shape or [1, 2, 3], flat)], **more}


# TensorFlow Serving's REST API


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
    text = "can't be loaded by LiteRT: The model is not a valid Flatbuffer buffer"
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


# the Open Inference Protocol


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
        ("/v2", 200, {"name": "serve", "version": "1", "extensions": []}),
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


# what is not there


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("POST", "/v1/models/x:predict", 404, "Servable not found for request: Latest(x)"),
        ("POST", "/v1/models/digits/versions/7:predict", 404, "Servable not found for request: Specific(digits, 7)"),
        ("POST", "/v1/models/broken:predict", 404, "Servable not found for request: Latest(broken)"),
        ("GET", "/v1/models/x", 404, "Could not find any versions of model x"),
        ("GET", "/v1/models/digits/versions/7", 404, "Could not find version 7 of model digits"),
        ("GET", "/v1/models/x/metadata", 404, "Servable not found for request: Latest(x)"),
        ("GET", "/v1/models", 400, "Missing model name in request."),
        ("POST", "/v1/models/digits/labels/canary:predict", 400, "Unrecognized servable version label: canary"),
        ("GET", "/v1/models/digits/labels/canary", 400, "Unrecognized servable version label: canary"),
        (
            "POST",
            "/v1/models/digits/versions/one:predict",
            400,
            "Malformed request: POST /v1/models/digits/versions/one:predict",
        ),
        (
            "POST",
            "/v1/models/digits/versions/99999999999999999999:predict",
            400,
            "Failed to convert version: 99999999999999999999 to numeric.",
        ),
        ("POST", "/v1/models/digits:classify", 400, "this server answers :predict, not :classify"),
        ("POST", "/v1/models/digits:regress", 400, "this server answers :predict, not :regress"),
        ("GET", "/v1/models/digits:predict", 405, 'GET is not allowed for "/v1/models/digits:predict"; use POST'),
        ("GET", "/v2/models/digits/infer", 405, 'GET is not allowed for "/v2/models/digits/infer"; use POST'),
        (
            "POST",
            "/v2/models/x/infer",
            404,
            'model "x" is not served here; served: broken, digits, free, kinds, log, shop',
        ),
        ("POST", "/v2/models/broken/infer", 404, 'model "broken" has no version that can be loaded'),
        (
            "POST",
            "/v2/models/digits/versions/7/infer",
            404,
            'model "digits" has no version 7; it has: 1000000, 1001000',
        ),
        (
            "GET",
            "/v2/models/digits/versions/one",
            404,
            'version "one" is no version; they are integers such as 1000000',
        ),
        ("GET", "/nope", 404, 'there is nothing at "/nope"; models are under /v1/models/ and /v2/models/'),
    ],
)
def test_not_there(server, method, path, status, error):
    response = requests.request(method, server.url + path, json={"instances": [ROW]} if method == "POST" else None)
    assert (response.status_code, response.json()) == (status, {"error": error})


# bad input

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
        "input 'x': data: expected a list of values, got nothing; "
        "binary tensor data is an extension that is not offered here",
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


@pytest.mark.parametrize("path", ["/v1/models/digits:predict", "/v2/models/digits/infer"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_huge_body(server, path, chunked):
    body = (b" " * MIB for _ in range(40)) if chunked else b" " * 40 * MIB
    response = requests.post(server.url + path, data=body)
    error = "the body is larger than 32 MiB; send fewer rows at once"
    assert (response.status_code, response.json()) == (413, {"error": error})


def test_a_large_body_is_answered(server):
    response = server.post("/v1/models/digits:predict", {"instances": [ROW] * 50_000})
    assert len(response.json()["predictions"]) == 50_000


def test_a_compressed_body(server):
    body = gzip.compress(json.dumps({"instances": [ROW]}).encode())
    response = requests.post(f"{server.url}/v1/models/digits:predict", data=body, headers={"content-encoding": "gzip"})
    error = "the body is compressed; send plain JSON, without content-encoding"
    assert (response.status_code, response.json()) == (415, {"error": error})


def test_a_body_that_says_it_is_not_compressed(server):
    headers = {"content-encoding": "Identity"}
    response = requests.post(f"{server.url}/v1/models/digits:predict", json={"instances": [ROW]}, headers=headers)
    assert response.status_code == 200


def test_an_upgrade_to_another_protocol(server):
    """Java's HttpClient asks for HTTP/2 like this unless it is told not to."""
    headers = {"connection": "upgrade, http2-settings", "upgrade": "h2c"}
    response = requests.post(f"{server.url}/v1/models/digits:predict", json={"instances": [ROW]}, headers=headers)
    error = "this server speaks HTTP/1.1 and nothing else; leave out the header `upgrade`"
    assert (response.status_code, response.json()) == (400, {"error": error})


def test_a_head_without_end(server):
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as connection:
        connection.sendall(b"GET /v2 HTTP/1.1\r\nhost: x\r\nx: ")
        with pytest.raises(OSError):
            for _ in range(100):
                connection.sendall(b"x" * MIB)
    assert server.get("/v2/health/live").status_code == 200


def test_a_large_head_after_a_large_body_on_one_connection(server):
    with requests.Session() as session:
        for _ in range(2):
            headers = {"x": "x" * 50_000}
            answer = session.post(
                f"{server.url}/v1/models/digits:predict", json={"instances": [ROW] * 50_000}, headers=headers
            )
            assert len(answer.json()["predictions"]) == 50_000


def test_requests_one_after_the_other_without_waiting(server):
    body = json.dumps({"instances": [ROW]}).encode()
    head = b"POST /v1/models/digits/versions/1000000:predict HTTP/1.1\r\nhost: x\r\n"
    good = head + b"content-length: %d\r\n\r\n" % len(body) + body
    bad, last = head + b"content-length: 1\r\n\r\n{", good.replace(b"host: x", b"host: x\r\nconnection: close")
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as connection:
        connection.sendall(good + bad + last)
        answers = b"".join(iter(lambda: connection.recv(65536), b""))
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"200", b"400", b"200"]


def test_it_keeps_serving_after_bad_values_in_many_threads(server):
    """A LiteRT interpreter that failed once stays broken: it must not answer the next request."""
    bad = {"instances": [{"user": 9, "weights": [1, 2]}]}
    good = {"instances": [{"user": 1, "weights": [1, 2]}]}
    wrong = []

    def ask() -> None:
        for _ in range(20):
            if server.post("/v1/models/shop:predict", bad).status_code != 400:
                wrong.append("bad")
            if server.post("/v1/models/shop:predict", good).json() != {"predictions": [{"score": 6.0, "next": 2}]}:
                wrong.append("good")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert wrong == []
