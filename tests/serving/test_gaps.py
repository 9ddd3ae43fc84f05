"""NaN is a value like others to TensorFlow Serving's API, although JSON has none."""

import json

import pytest

PLACE = "/v1/models/{}:predict"


@pytest.mark.parametrize(("model", "body", "answer"), [
    ("log", '{"instances": [[NaN], [1]]}', '{"predictions": [[NaN], [0.0]]}'),
    ("log", '{"inputs": [[1], [ NaN ]]}', '{"outputs": [[0.0], [NaN]]}'),
    ("free", '{"instances": [[1,NaN,2]], "signature_name": "serving_default"}', '{"predictions": [NaN]}'),
    ("shop", '{"instances": [{"user": 1, "weights": [NaN, 1]}]}', None),
])  # fmt: skip
def test_nan_in_a_request_reaches_the_model(server, model: str, body: str, answer: str | None) -> None:
    response = server.post(PLACE.format(model), body.encode())
    assert response.status_code == 200
    assert response.text == answer or answer is None


PARSE = "JSON Parse error: "
ELSE = "; JSON has no NaN or Infinity"
WRONG = {
    "infinity": ("log", '{"instances": [[NaN], [Infinity]]}', f"{PARSE}unexpected character, expected a JSON value:"
                 f" line 1 column 24 (char 23){ELSE}"),
    "another sign": ("log", '{"instances": [[-NaN]]}', f"{PARSE}no digit after sign: line 1 column 18 (char 17){ELSE}"),
    "a longer word": ("log", '{"instances": [[NaNs]]}', f"{PARSE}unexpected character, expected a JSON value:"
                      f" line 1 column 17 (char 16){ELSE}"),
    "half": ("log", '{"instances": [[NaN]', f"{PARSE}unexpected end of data: line 1 column 21 (char 20)"),
    "too large": ("log", '{"instances": [[NaN], [1e39]]}', "input 'x': expected float32, got 1e+39 at [1,0]"),
    "far too large": ("log", '{"instances": [[NaN], [1' + "0" * 300 + "]]}",
                      "input 'x': expected float32, got 1e+300 at [1,0]"),
    "of a whole number": ("shop", '{"instances": [{"user": NaN, "weights": [1, 2]}]}',
                          "input 'user': expected int64, got NaN at [0]"),
    "as text": ("log", '{"instances": [["NaN"]]}', "input 'x': expected float32, got \"NaN\" at [0,0]"),
    "as a key": ("log", '{"NaN": [[NaN]]}', 'the body: "NaN" is not supported; supported: inputs, instances,'
                 " signature_name"),
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG)
def test_what_else_is_wrong_with_such_a_request_is_told_as_ever(server, fault: str) -> None:
    model, body, told = WRONG[fault]
    response = server.post(PLACE.format(model), body.encode())
    assert (response.status_code, json.loads(response.text)) == (400, {"error": told})


def test_lists_too_deep_for_it_are_no_fault_of_the_server(server) -> None:
    for depth in range(980, 1030, 7):
        body = b'{"instances": ' + b"[" * depth + b"NaN" + b"]" * depth + b"}"
        assert server.post(PLACE.format("log"), body).status_code == 400
