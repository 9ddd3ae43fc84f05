"""What a request asks for and `serve` does not do is refused by name: never ignored."""

import pytest
from asking import ROW, x


def inference(place: str, **asked: object) -> dict:
    document = x(outputs=[{"name": "y"}])
    target = {"body": document, "input": document["inputs"][0], "output": document["outputs"][0]}[place]
    target["parameters"] = asked
    return document


UNSUPPORTED = [
    ({**x(), "model_version": "1000000"}, 'the body: "model_version" is not supported; supported: id, inputs, outputs, parameters'),
    (inference("body", timeout=5, priority=0), 'parameters: "priority", "timeout" are not supported; supported: binary_data_output, content_type'),
    (inference("body", sequence_id=0), 'parameters: "sequence_id" is not supported; supported: binary_data_output, content_type'),
    (inference("body", content_type="pd"), 'parameters: content_type: supported: np, str; got "pd"'),
    (inference("input", shared_memory_region="r"), "input 'x': parameters: \"shared_memory_region\" is not supported; supported: binary_data_size, content_type"),
    (inference("output", classification=2), "output 'y': parameters: \"classification\" is not supported; supported: binary_data, content_type"),
    (inference("output", class_count=2), "output 'y': parameters: \"class_count\" is not supported; supported: binary_data, content_type"),
    ({**x(), "parameters": []}, "parameters: expected an object, got a list"),
    ({"inputs": [{**x()["inputs"][0], "dtype": "f"}]}, 'inputs[0]: "dtype" is not supported; supported: data, datatype, name, parameters, shape'),
    ({**x(), "outputs": [{"name": "y", "class_count": 1}]}, 'outputs[0]: "class_count" is not supported; supported: name, parameters'),
]  # fmt: skip


@pytest.mark.parametrize(("document", "error"), UNSUPPORTED)
def test_what_an_inference_request_asks_for_in_vain(server, document, error):
    response = server.post("/v2/models/digits/infer", document)
    assert (response.status_code, response.json()) == (400, {"error": error})


@pytest.mark.parametrize(
    "document",
    [
        x(parameters=None, outputs=None, id=None),
        inference("body", content_type="np", binary_data_output=None),
        inference("input", content_type="np", binary_data_size=None),
        inference("output", content_type=None, binary_data=False),
    ],
)
def test_what_is_done_or_changes_nothing_is_taken(server, document):
    response = server.post("/v2/models/digits/infer", document)
    assert (response.status_code, response.json()["outputs"][0]["shape"]) == (200, [1, 2, 3])


@pytest.mark.parametrize(
    ("more", "named"),
    [({"output_filter": ["y"]}, '"output_filter" is'), ({"b": 1, "Signature_name": "x"}, '"Signature_name", "b" are')],
)
def test_what_a_predict_request_asks_for_in_vain(server, more, named):
    response = server.post("/v1/models/digits:predict", {"instances": [ROW], **more})
    error = f"the body: {named} not supported; supported: inputs, instances, signature_name"
    assert (response.status_code, response.json()) == (400, {"error": error})
