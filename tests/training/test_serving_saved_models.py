"""`serve` for models that only TensorFlow runs: strings and half floats in binary, and versions copied file by file."""

import json
import shutil
from pathlib import Path

import numpy
import pytest
import requests
import tensorflow as tf
from servers import repository, serving, until

HEADER = "Inference-Header-Content-Length"
HALVES, TEXTS = numpy.array([[1, 2], [3, 0.5]], "<f2"), [b"a\xc3\xb1b", b"\xff\x00"]
RAW_TEXTS = b"\4\0\0\0a\xc3\xb1b\2\0\0\0\xff\0"


class Pairs(tf.Module):
    """Takes what JSON has no good values for."""

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float16, "half"), tf.TensorSpec([None], tf.string, "text")])  # fmt: skip
    def serve(self, half, text):
        return {"double": half * 2, "twice": tf.strings.join([text, text])}


class Table(tf.Module):
    """Has everything that a SavedModel can have: variables, and a table of words."""

    def __init__(self, *words: str) -> None:
        super().__init__()
        self.prices = tf.Variable([1.0, 2.0])
        content = tf.lookup.KeyValueTensorInitializer(words, range(len(words)), tf.string, tf.int64)
        self.rows = tf.lookup.StaticHashTable(content, -1)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "word")])
    def serve(self, word):
        return {"price": tf.gather(self.prices, self.rows.lookup(word))}


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("saved")
    module = Table("one", "two")
    tf.saved_model.save(module, str(root / "table"), signatures=module.serve)
    return root / "table"


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    return repository(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="module")
def server(models):
    module = Pairs()
    tf.saved_model.save(module, str(models / "pairs/1000000"), signatures=module.serve)
    with serving(models.parent) as server:
        yield server
        assert "Traceback" not in server.said


def infer(server, document: dict, data: bytes) -> requests.Response:
    content = json.dumps(document).encode()
    address, headers = f"{server.url}/v2/models/pairs/infer", {HEADER: str(len(content))}
    return requests.post(address, data=content + data, headers=headers, timeout=60)


def pairs(texts: bytes, **more) -> dict:
    half = {"name": "half", "datatype": "FP16", "shape": [2, 2], "parameters": {"binary_data_size": HALVES.nbytes}}
    text = {"name": "text", "datatype": "BYTES", "shape": [2], "parameters": {"binary_data_size": len(texts)}}
    return {"inputs": [text, half], **more}


def test_half_floats_and_strings_travel_in_binary(server):
    response = infer(server, pairs(RAW_TEXTS, parameters={"binary_data_output": True}), RAW_TEXTS + HALVES.tobytes())
    length = int(response.headers[HEADER])
    sizes = {one["name"]: one["parameters"] for one in json.loads(response.content[:length])["outputs"]}
    twice = b"".join(len(text * 2).to_bytes(4, "little") + text * 2 for text in TEXTS)
    assert sizes == {"double": {"binary_data_size": 8}, "twice": {"binary_data_size": len(twice)}}
    assert response.content[length:] == (HALVES * 2).tobytes() + twice


def test_half_floats_in_json(server):
    response = infer(server, pairs(RAW_TEXTS, outputs=[{"name": "double"}]), RAW_TEXTS + HALVES.tobytes())
    answer = {"name": "double", "datatype": "FP16", "shape": [2, 2], "data": [2.0, 4.0, 6.0, 1.0]}
    assert response.json()["outputs"] == [answer]


@pytest.mark.parametrize(
    ("texts", "error"),
    [
        (RAW_TEXTS[:8], "input 'text': shape [2] needs 2 strings, got 1"),
        (RAW_TEXTS + b"\0\0\0\0", "input 'text': shape [2] needs 2 strings, got 3"),
        (RAW_TEXTS[:-1], "input 'text': the last string ends 1 bytes after the data"),
        (b"\xff" * 7, "input 'text': the last string ends 4294967292 bytes after the data"),
        (RAW_TEXTS + b"\0", "input 'text': the last string ends 3 bytes after the data"),
    ],
)
def test_bad_strings_in_binary(server, texts, error):
    response = infer(server, pairs(texts), texts + HALVES.tobytes())
    assert (response.status_code, response.json()) == (400, {"error": error})


FILES = ["saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"]


def test_versions_copied_file_by_file_are_served_once_they_are_whole(server, models, table):
    for number, last in enumerate(FILES, 1):
        version = models / f"table/{number}"
        for file in sorted(FILES, key=lambda file: file == last):
            ready = server.get(f"/v2/models/table/versions/{number}/ready")
            assert (file, ready.status_code) == (file, 404)
            if file == last:
                until(lambda place=f"table/{number}": f"{place}: " in server.said, "that it can't be loaded")
                (version / file).parent.mkdir(exist_ok=True)
                with (version / file).open("wb") as copy:  # as much as a copy does at a time
                    copy.write((table / file).read_bytes()[:4])
                    copy.flush()
                    until(lambda: server.get(f"/v1/models/table/versions/{number}").status_code == 200, "a look")
                    copy.write((table / file).read_bytes()[4:])
            else:
                (version / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(table / file, version / file)
        ask = {"instances": ["two", "one"]}
        path = f"/v1/models/table/versions/{number}:predict"
        until(lambda path=path: server.post(path, ask).text == '{"predictions":[2.0,1.0]}', "the whole version")
