"""`serve` and the v2 protocol's binary tensor data, which tritonclient and kserve send and ask for by default."""

import gzip
import json

import numpy
import pytest
import requests
from asking import v2

FLOATS = numpy.arange(6, dtype="<f4").reshape(1, 2, 3)
HEADER = "Inference-Header-Content-Length"
BINARY = {"parameters": {"binary_data": True}}
JSON = {"parameters": {"binary_data": False}}


def given(name: str, datatype: str, array: numpy.ndarray) -> dict:
    """An input whose values come in binary."""
    parameters = {"binary_data_size": array.nbytes}
    return {"name": name, "datatype": datatype, "shape": list(array.shape), "parameters": parameters}


def post(server, model: str, document: dict, *parts: bytes, **headers: str) -> requests.Response:
    content = json.dumps(document).encode()
    headers = {HEADER: str(len(content)), **headers}
    address = f"{server.url}/v2/models/{model}/infer"
    return requests.post(address, data=b"".join([content, *parts]), headers=headers, timeout=60)


def answered(response: requests.Response) -> tuple[dict, bytes]:
    """Return an answer's JSON and the binary data after it."""
    assert response.status_code == 200, response.text
    length = int(response.headers[HEADER])
    assert response.headers["content-type"] == "application/octet-stream"
    return json.loads(response.content[:length]), response.content[length:]


def test_binary_data_both_ways_as_clients_send_it_by_default(server):
    document = {"id": "7", "inputs": [given("x", "FP32", FLOATS)], "parameters": {"binary_data_output": True}}
    found, data = answered(post(server, "digits", document, FLOATS.tobytes()))
    output = {"name": "y", "datatype": "FP32", "shape": [1, 2, 3], "parameters": {"binary_data_size": 24}}
    assert found == {"model_name": "digits", "model_version": "1001000", "id": "7", "outputs": [output]}
    assert data == (3 * FLOATS).tobytes()


@pytest.mark.parametrize("model", ["digits", "digits/versions/1001000"])
def test_binary_data_in_and_json_out(server, model):
    response = post(server, model, {"inputs": [given("x", "FP32", FLOATS)]}, FLOATS.tobytes())
    assert response.json()["outputs"] == [v2("y", "FP32", [1, 2, 3], (3 * FLOATS).ravel().tolist())]
    assert (response.headers["content-type"], HEADER in response.headers) == ("application/json", False)


def test_outputs_each_in_the_form_asked_for_and_inputs_in_any_order(server):
    users, weights = numpy.array([1, 3], "<i8"), numpy.array([[1, 2], [0.5, 0]], "<f4")
    inputs = [given("weights", "FP32", weights), given("user", "INT64", users)]
    outputs = [{"name": "score", **JSON}, {"name": "next"}]
    document = {"inputs": inputs, "outputs": outputs, "parameters": {"binary_data_output": True}}
    found, data = answered(post(server, "shop", document, weights.tobytes(), users.tobytes()))
    assert found["outputs"][0] == v2("score", "FP32", [2], [6.0, 2.0])
    assert [output["name"] for output in found["outputs"]] == ["score", "next"]
    assert data == numpy.array([2, 4], "<i8").tobytes()
    mixed = [v2("weights", "FP32", [2, 2], [1, 2, 0.5, 0]), given("user", "INT64", users)]
    document = {"inputs": mixed, "outputs": [{"name": "next", **BINARY}, {"name": "score", **BINARY}]}
    found, data = answered(post(server, "shop", document, users.tobytes()))
    assert data == numpy.array([2, 4], "<i8").tobytes() + numpy.array([6, 2], "<f4").tobytes()


def test_booleans_bytes_and_integers(server):
    arrays = {"flag": ("BOOL", numpy.array([True, False])), "byte": ("UINT8", numpy.array([255, 1], "u1")),
              "number": ("INT32", numpy.array([-5, 2**31 - 2], "<i4"))}  # fmt: skip
    inputs = [given(name, *array) for name, array in arrays.items()]
    response = post(server, "kinds", {"inputs": inputs}, *[array.tobytes() for _, array in arrays.values()])
    assert response.json()["outputs"] == [v2("sum", "INT32", [2], [251, 2**31 - 1])]


def test_nan_and_infinity_travel_in_binary(server):
    numbers = numpy.array([[1], [0], [-1]], "<f4")
    document = {"inputs": [given("x", "FP32", numbers)], "outputs": [{"name": "y", **BINARY}]}
    _, data = answered(post(server, "log", document, numbers.tobytes()))
    assert numpy.array_equal(numpy.frombuffer(data, "<f4"), [0, -numpy.inf, numpy.nan], equal_nan=True)


@pytest.mark.parametrize("rows", [1000, 100_000])
def test_much_binary_data_packed_and_plain(server, rows):
    many = numpy.random.default_rng(0).random((rows, 2, 3), "float32")
    document = {"inputs": [given("x", "FP32", many)], "parameters": {"binary_data_output": True}}
    _, data = answered(post(server, "digits", document, many.tobytes()))
    assert data == (3 * many).tobytes()
    content = json.dumps(document).encode()
    headers = {HEADER: str(len(content)), "content-encoding": "gzip"}
    body = gzip.compress(content + many.tobytes(), 1)
    packed = requests.post(f"{server.url}/v2/models/digits/infer", data=body, headers=headers, timeout=60)
    assert answered(packed)[1] == data


def inference(size: object = 24, **more) -> dict:
    return {"inputs": [{**given("x", "FP32", FLOATS), "parameters": {"binary_data_size": size}, **more}]}


RAW = FLOATS.tobytes()
BAD = {
    "too few bytes": (inference(20), RAW[:20], {}, "input 'x': shape [1,2,3] of float32 needs 24 bytes, got 20"),
    "fewer than announced": (inference(), RAW[:20], {}, "input 'x': binary_data_size is 24, and 20 bytes are left"),
    "more than announced": (inference(), RAW + b"x", {}, "the body goes on for 1 bytes after the data of the last input"),
    "data and bytes": (inference(data=[1, 2, 3, 4, 5, 6]), RAW, {}, "input 'x': either data or binary_data_size, not both"),
    "size no number": (inference("24"), RAW, {}, "input 'x': binary_data_size: expected a whole number from 0 up, got \"24\""),
    "size negative": (inference(-1), RAW, {}, "input 'x': binary_data_size: expected a whole number from 0 up, got -1"),
    "size true": (inference(True), RAW, {}, "input 'x': binary_data_size: expected a whole number from 0 up, got true"),
    "huge shape": (inference(shape=[2**62, 2, 3]), RAW, {}, f"input 'x': shape [{2**62},2,3] of float32 needs {2**62 * 24} bytes, got 24"),
    "header no number": (inference(), RAW, {HEADER: "x"}, f'{HEADER}: expected the length of the JSON, from 1 to the body\'s 131 bytes, got "x"'),
    "header too large": (inference(), RAW, {HEADER: "132"}, f'{HEADER}: expected the length of the JSON, from 1 to the body\'s 131 bytes, got "132"'),
    "header nothing": (inference(), RAW, {HEADER: "0"}, f'{HEADER}: expected the length of the JSON, from 1 to the body\'s 131 bytes, got "0"'),
    "header too small": (inference(), RAW, {HEADER: "20"}, "JSON Parse error: unexpected end of data: line 1 column 21 (char 20)"),
    "flag no boolean": ({**inference(), "outputs": [{"name": "y", "parameters": {"binary_data": 1}}]}, RAW, {}, "output 'y': parameters: binary_data: expected true or false, got 1"),
    "flag of all no boolean": ({**inference(), "parameters": {"binary_data_output": "yes"}}, RAW, {}, 'parameters: binary_data_output: expected true or false, got "yes"'),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD)
def test_bad_binary_data(server, fault):
    document, data, headers, error = BAD[fault]
    response = post(server, "digits", document, data, **headers)
    assert (response.status_code, response.json()) == (400, {"error": error})


def test_binary_data_without_saying_where_it_begins(server):
    response = server.post("/v2/models/digits/infer", json.dumps(inference()).encode())
    text = f"input 'x': binary_data_size is 24, and 0 bytes are left; say in the header {HEADER} where they begin"
    assert (response.status_code, response.json()) == (400, {"error": text})


def test_a_boolean_that_is_neither(server):
    inputs = [given(name, kind, numpy.zeros(1, dtype)) for name, kind, dtype in
              [("flag", "BOOL", "?"), ("byte", "UINT8", "u1"), ("number", "INT32", "<i4")]]  # fmt: skip
    response = post(server, "kinds", {"inputs": inputs}, b"\2" + b"\0" * 5)
    assert (response.status_code, response.json()) == (400, {"error": "input 'flag': expected bytes of 0 or 1, got 2"})
