"""`serve` says what it does not have, in the words of the protocol that was asked."""

import pytest
import requests
from asking import ROW

FILE = "broken/1000000/assets.extra/model.tflite"
DAMAGED = f"{FILE}: can't be loaded: it leads out of the file; fetch or build the version again"


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("POST", "/v1/models/x:predict", 404, "Servable not found for request: Latest(x)"),
        ("POST", "/v1/models/digits/versions/7:predict", 404, "Servable not found for request: Specific(digits, 7)"),
        ("POST", "/v1/models/broken:predict", 404, f"Servable not found for request: Latest(broken); {DAMAGED}"),
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
        ("POST", "/v2/models/broken/infer", 404, f'model "broken" has no version that can be loaded; {DAMAGED}'),
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
