"""An endpoint asked: what a real server says of its versions, golden predictions in both protocols, and what else may answer."""

import re
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from loopback import Call, answering
from onnxmaking import ROWS, model, node, put, shop, value, words
from servers import Server, fixture, place, repository, serving

from registry.artifacts import golden, runtime
from registry.artifacts.golden import Golden
from registry.destinations.probing import Endpoint, Silence
from registry.errors import RegistryError

HTTPS = Path(__file__).parents[1] / "fixtures/https"
LABELS = np.array([0, 1])
X = np.array([[[0.1, 2, 3], [4, 5, 6]], [[-1, 1e-30, 7e20], [0, 0, 0]]], np.float32)
INPUTS = {
    "digits": {"x": X},
    "holes": {"x": np.where(X == 0, np.float32(np.nan), X)},
    "shop": {"user": np.array([1, 3]), "weights": np.array([[1, 2], [0.5, 0]], np.float32)},
    "words": {"word": np.array(["bee", "ünï"], object)},
    "half": {"x": np.array([[0.1, 2], [65504, -0.0]], np.float16)},  # in v2 only binary: servers take no others
    "kinds": None,
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="module")
def server(models: Path) -> Iterator[Server]:
    for name in ("digits", "holes"):
        place(models, name, 1_000_000, fixture("double"))
        place(models, name, 1_001_000, fixture("triple"))
    place(models, "kinds", 1_000_000, fixture("kinds"))
    place(models, "broken", 1_000_000, b"no model")
    put(models / "shop/1000000", shop())
    put(models / "words/1000000", words())
    halves = {"takes": [value("x", ROWS, 2, dtype=10)], "gives": [value("y", ROWS, 2, dtype=10)]}
    put(models / "half/1000000", model(node("Identity", ["x"], ["y"]), **halves))
    with serving(models.parent) as server:
        yield server


def known(models: Path, name: str, number: int = 1_000_000) -> Golden:
    """Return what a version answers that is loaded here."""
    loaded = runtime.load(models / name / str(number))
    inputs = INPUTS[name] or {one.name: np.ones((2, *one.shape[1:]), one.dtype) for one in loaded.inputs}
    fed = {key: np.array([text.encode() for text in part], object) if part.dtype == object else part
           for key, part in inputs.items()}  # fmt: skip
    return Golden(inputs, loaded(fed), LABELS)


@pytest.mark.parametrize("protocol", ["v1", "v2"])
@pytest.mark.parametrize("name", INPUTS)
def test_a_server_gives_the_golden_predictions_of_each_kind_of_model(
    server: Server, models: Path, name: str, protocol: str
) -> None:
    number = 1_000_000 if name in ("digits", "holes") else None
    wanted = known(models, name)
    if np.isnan(wanted.outputs.get("y", LABELS).astype(float)).any():
        wanted = Golden(wanted.inputs, {"y": np.nan_to_num(wanted.outputs["y"])}, LABELS)
        with pytest.raises(RegistryError, match=r"difference inf|refuses \(500\)"):  # the server was asked, and took it
            Endpoint(server.url).prove(wanted, name, number, protocol=protocol)
        return
    Endpoint(server.url).prove(wanted, name, number, protocol=protocol)


@pytest.mark.parametrize("protocol, path", [("v1", ":predict"), ("v2", "/infer")])
def test_another_version_answers_otherwise_and_the_usual_one_is_the_newest(
    server: Server, models: Path, protocol: str, path: str
) -> None:
    endpoint = Endpoint(f"{server.url}/")
    endpoint.prove(known(models, "digits", 1_001_000), "digits", protocol=protocol)
    with pytest.raises(RegistryError) as error:
        endpoint.prove(known(models, "digits"), "digits", protocol=protocol)
    told = "answers golden inputs otherwise than when it was judged (difference 0.5)"
    assert str(error.value) == f"{server.url}/{protocol}/models/digits{path}: {told}"


def test_states_and_readiness_are_told_of_each_version(server: Server) -> None:
    endpoint = Endpoint(server.url)
    assert endpoint.states("digits") == {1_000_000: "AVAILABLE", 1_001_000: "AVAILABLE"}
    assert endpoint.states("missing") == {}
    assert endpoint.states("broken")[1_000_000].startswith("END: ")
    assert [endpoint.is_ready(name) for name in ("digits", "broken", "missing")] == [True, False, False]
    assert endpoint.is_ready("digits", 1_000_000)
    assert not endpoint.is_ready("digits", 7)
    assert "serve_requests_total" in endpoint.text("/metrics")


def test_a_model_that_takes_other_inputs_refuses_in_its_own_words(server: Server, models: Path) -> None:
    for protocol in ("v1", "v2"):
        with pytest.raises(RegistryError, match=r"^http://\S+/models/shop\S+: refuses \(400\): .*x"):
            Endpoint(server.url).prove(known(models, "digits"), "shop", protocol=protocol)


def drop_by_drop(call: Call) -> None:
    call.send_response_only(200)
    call.end_headers()
    while True:
        call.wfile.write(b" ")
        time.sleep(0.01)


def never(call: Call) -> None:
    call.rfile.read(1)


PAGE = b"<!doctype html><title>Sign in</title>"
STATES = {"model_version_status": [{"version": "1", "state": "AVAILABLE"}]}
NONE = "as no model server does; check target.endpoint"
ANSWERS: dict[str, tuple[Callable[[Call], object], str]] = {
    "HTML": (lambda call: call.reply(200, PAGE, Content_Type="text/html"), f"answers 200 with HTML, {NONE}"),
    "HTML that says nothing of it": (lambda call: call.reply(200, b" \n" + PAGE), f"answers 200 with HTML, {NONE}"),
    "HTML of a proxy": (lambda call: call.reply(502, PAGE, Content_Type="text/html"), f"answers 502 with HTML, {NONE}"),
    "a 404 in HTML": (lambda call: call.reply(404, PAGE), f"answers 404 with HTML, {NONE}"),
    "a redirect": (
        lambda call: call.reply(302, Location="https://sso.example.org/\x1b[31m"),
        "is redirected to https://sso.example.org/\\x1b[31m; write the address that serves into target.endpoint",
    ),
    "nothing": (lambda call: call.reply(200), f"answers 200 with nothing, {NONE}"),
    "half of it": (lambda call: call.reply(200, STATES, cut=9),
                   "nobody answers: the connection could not be made, or broke; start the server, or check target.endpoint"),
    "no JSON": (lambda call: call.reply(200, b'{"a": '), f"answers 200 with what is no JSON object, {NONE}"),
    "deep JSON": (lambda call: call.reply(200, b"[" * 100_000), f"answers 200 with what is no JSON object, {NONE}"),
    "no UTF-8": (lambda call: call.reply(200, b"\xff\xfe\xfd"), f"answers 200 with what is no JSON object, {NONE}"),
    "a list": (lambda call: call.reply(200, []), f"answers 200 with what is no JSON object, {NONE}"),
    "JSON of something else": (lambda call: call.reply(200, {"model_version_status": 7}),
                               "answers with JSON that is not TensorFlow Serving's; check target.endpoint"),
    "a refusal": (lambda call: call.reply(401, {"error": "a token\nis missing"}), "refuses (401): a token\\nis missing"),
    "drops": (drop_by_drop, "gave no whole answer in 0.5 s; look at the server's log, or check target.endpoint"),
    "silence": (never, "gave no whole answer in 0.5 s; look at the server's log, or check target.endpoint"),
    "no end": (lambda call: call.reply(200, b"0" * (65 * 1024 * 1024)),
               "answers with more than 67,108,864 bytes; check target.endpoint"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ANSWERS)
def test_what_is_no_model_server_is_told_in_one_line(kind: str) -> None:
    answer, told = ANSWERS[kind]
    with answering(answer) as server, pytest.raises(RegistryError) as error:
        Endpoint(server.url(), 0.5 if "0.5" in told else 20).states("digits")
    assert str(error.value) == f"{server.url()}/v1/models/digits: {told}"
    assert isinstance(error.value, Silence) == (kind not in ("JSON of something else", "a refusal"))


@pytest.mark.parametrize("status, is_passing", [(400, False), (404, True), (500, False), (502, True), (503, True), (504, True)])
def test_what_does_not_serve_a_version_blames_none(status: int, is_passing: bool) -> None:
    with answering(lambda call: call.reply(status, {"error": "no"})) as server, pytest.raises(RegistryError) as error:
        Endpoint(server.url()).prove(Golden({"x": X}, {"y": 2 * X}, LABELS), "digits", 1_000_000)
    assert isinstance(error.value, Silence) == is_passing
    assert str(error.value) == f"{server.url()}/v1/models/digits/versions/1000000:predict: refuses ({status}): no"


@pytest.mark.parametrize("answer", [
    {"predictions": []}, {"predictions": [[[1]], [[2, 3]]]}, {"predictions": "low"}, {"predictions": [None, None]}, {},
    {"outputs": []}, {"predictions": [{"y": 1}]}, {"predictions": [["low"], ["high"]]}, {"predictions": float("nan")},
    {"outputs": [{"name": "y", "shape": [7], "data": [1]}]}, {"outputs": [{"name": "z", "shape": [1], "data": [1]}]},
])  # fmt: skip
def test_what_is_no_prediction_proves_nothing(answer: object) -> None:
    known = Golden({"x": X}, {"y": 2 * X}, LABELS)
    with answering(lambda call: call.reply(200, answer)) as server:
        for protocol in ("v1", "v2"):
            with pytest.raises(RegistryError, match=r"^http://\S+: answers golden inputs (with|otherwise)") as error:
                Endpoint(server.url()).prove(known, "digits", protocol=protocol)
            assert len(error.value.problems) == 1 and "\n" not in str(error.value)


def test_text_and_bytes_come_back_as_they_are() -> None:
    outputs = {"name": np.array([b"\xff\0", "ünï".encode()], object), "n": np.array([1, 2])}
    answer = {"predictions": [{"name": {"b64": "/wA="}, "n": 1}, {"name": "ünï", "n": 2}]}
    with answering(lambda call: call.reply(200, answer)) as server:
        Endpoint(f"{server.url()}/{{model}}").prove(Golden({"word": outputs["name"]}, outputs, LABELS), "words", label="stable")
    (asked,) = server.asked
    assert asked.told == "POST /words/v1/models/words/labels/stable:predict"
    assert asked.body == b'{"instances": [{"word": {"b64": "/wA="}}, {"word": {"b64": "w7xuw68="}}]}'


def test_nobody_there_is_told_and_an_address_that_is_none() -> None:
    with answering(lambda call: None) as server:
        url = server.url()
    told = "the connection could not be made, or broke; start the server, or check target.endpoint"
    for address, text in {url: f"nobody answers: {told}", "http://[::1": "is no address that can be asked; check target.endpoint"}.items():
        with pytest.raises(RegistryError) as error:
            Endpoint(address).states("digits")
        assert str(error.value) == f"{address}/v1/models/digits: {text}"


def test_a_certificate_that_does_not_fit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(HTTPS / "certificate.pem", HTTPS / "key.pem")
    advice = "check target.endpoint, or name its authority in REQUESTS_CA_BUNDLE"
    with answering(lambda call: call.reply(200, STATES), "127.0.0.2") as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        url = server.url("127.0.0.2").replace("http:", "https:")
        for why in "self-signed certificate", "IP address mismatch":
            with pytest.raises(RegistryError) as error:
                Endpoint(url).states("digits")
            told = f"{re.escape(url)}/v1/models/digits: the server can't be trusted: .*{why}.*; {advice}"
            assert re.fullmatch(told, str(error.value))
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(HTTPS / "certificate.pem"))
    with answering(lambda call: call.reply(200, STATES), "127.0.0.1") as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        assert Endpoint(server.url().replace("http:", "https:")).states("digits") == {1: "AVAILABLE"}


def test_no_password_out_of_a_file_of_the_user_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login octo password hunter2\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with answering(lambda call: call.reply(200, STATES)) as server:
        Endpoint(server.url()).states("digits")
    assert server.sent("Authorization") == [None]


def test_what_is_stored_is_what_is_sent(tmp_path: Path) -> None:
    """From a version's own file to the request, and back."""
    golden.store(tmp_path, Golden({"x": X}, {"y": 2 * X}, LABELS))
    with answering(lambda call: call.reply(200, {"predictions": (2 * X).tolist()})) as server:
        Endpoint(server.url()).prove(golden.read(tmp_path), "digits", 1)
