"""`serve` takes bodies as clients send them: large, in chunks, with values that the model refuses."""

import threading

import pytest
import requests
from asking import MIB, ROW


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
