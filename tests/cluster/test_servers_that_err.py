"""What else may answer in an API server's place, or refuse: one line each, with what to do, and no login in it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from loopback import Call, answering
from servers import ROOT

from registry.errors import RegistryError
from registry.kube import apiserver
from registry.kube.apiserver import ApiServer

PATH = "/api/v1/namespaces/models/services"
MEND = "; mend that, in target.overrides where it comes from there"
ROLES = "let the role of who deploys allow that: environments/TARGETS.md has one"
LOGIN = "the login is missing, wrong or expired; look at it with `kubectl auth whoami`"
WEBHOOK = 'admission webhook "policy.example.org" denied the request: you cannot create resource so'
FIT = "the cluster's address and certificate-authority in the kubeconfig"
NO_ANSWER = "with what is no answer of Kubernetes; check the address of the cluster in the kubeconfig"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "kubeconfig"
    monkeypatch.setattr(apiserver.kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(place))
    return place


def write(place: Path, server: str, user: dict | None = None, **cluster: object) -> ApiServer:
    """Let the kubeconfig name a server, and somebody there."""
    place.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "one",
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "clusters": [{"name": "one", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "one", "user": user or {"token": "secret"}}],
    }))  # fmt: skip
    return ApiServer(None)


def refused(ask: Callable[[], object]) -> str:
    with pytest.raises(RegistryError) as error:
        ask()
    (problem,) = error.value.problems
    assert "\n" not in str(problem) and "secret" not in str(problem)
    return re.sub(r"127\.0\.0\.1:\d+", "SERVER", str(problem))


def status(code: int, message: object, **more: object) -> tuple[int, object]:
    return code, {"kind": "Status", "apiVersion": "v1", "code": code, "message": message, **more}


ANSWERS = {
    "a role": (*status(403, 'services is forbidden: User "ci" cannot list resource "services"'),
               f'services is forbidden: User "ci" cannot list resource "services"; {ROLES}'),
    "nobody": (*status(403, 'services is forbidden: User "system:anonymous" cannot list resource "services"'),
               f'services is forbidden: User "system:anonymous" cannot list resource "services"; {LOGIN}'),
    "no login": (*status(401, "Unauthorized"), f"Unauthorized; {LOGIN}"),
    "a webhook": (*status(403, WEBHOOK), f"{WEBHOOK}; that is no matter of roles: look at the cluster's policies, quotas and "
                                         "webhooks, and at target.overrides"),
    "a namespace that is gone": (*status(404, 'namespaces "models" not found'),
                                 'namespaces "models" not found; check target.context and target.namespace, and what is installed there'),
    "a group that is not there": (404, b"404 page not found\n", "is nothing that this cluster knows; check target.context and "
                                                               "target.namespace, and what is installed there"),
    "another change": (*status(409, "the object has been modified"), "the object has been modified; run the same again"),
    "a field": (*status(422, "spec.replicas:\n must be 1"), f"spec.replicas: must be 1{MEND}"),
    "a crowd": (*status(429, "Too many requests"), "Too many requests; run the same again in a while"),
    "no words": (*status(500, None), "refused with 500; run the same again in a while"),
    "odd words": (*status(500, {"a": ["\x1b[31m"]}, details={"causes": [{"message": None}]}),
                  "{'a': ['\\x1b[31m']}; run the same again in a while"),
    "a page": (200, b"<html>Welcome to nginx</html>", f"answers 200 {NO_ANSWER}"),
    "a login page": (302, b"", f"answers 302 {NO_ANSWER}"),
    "a nest": (200, b"[" * 100_000, f"answers 200 {NO_ANSWER}"),
    "no object": (200, [1], f"answers 200 {NO_ANSWER}"),
    "no list": (200, {"kind": "Service"}, f"answers a list without items {NO_ANSWER}"),
}  # fmt: skip


@pytest.mark.parametrize("which", ANSWERS)
def test_a_refusal_is_one_line_with_what_to_do(config: Path, which: str) -> None:
    code, body, text = ANSWERS[which]
    with answering(lambda call: call.reply(code, body, Location="http://127.0.0.1:9/")) as server:
        assert refused(lambda: [*write(config, server.url()).listed(PATH, "a=b")]) == f"GET {PATH}: {text}"


def test_a_list_comes_page_by_page_and_null_is_an_empty_one(config: Path) -> None:
    def answer(call: Call) -> None:
        is_last = "continue=more" in call.path
        meta = {} if is_last else {"continue": "more"}
        call.reply(200, {"kind": "ServiceList", "apiVersion": "v1", "metadata": meta, "items": None if is_last else [{"a": 1}]})

    with answering(answer) as server:
        assert [*write(config, server.url()).listed(PATH, "a=b")] == [{"apiVersion": "v1", "kind": "Service", "a": 1}]


def test_what_keeps_a_call_from_an_answer_is_told_without_the_login(config: Path, tmp_path: Path) -> None:
    away = "http://SERVER does not answer: the connection could not be made, or broke; run the same again when it does"
    with answering(lambda call: call.reply(200, b"....", cut=2)) as server:
        plain = server.url()
        assert refused(lambda: write(config, plain).get(PATH)) == f"GET {PATH}: {away}"
        assert refused(lambda: write(config, plain.replace("//", "//octo:secret@")).get(PATH)) == f"GET {PATH}: {away}"
        odd = "the login or the address can't be sent: it has a line feed or another character that none has; mend the kubeconfig"
        for token in "secret\n", "secret\u2713":
            assert refused(lambda token=token: write(config, plain, {"token": token}).get(PATH)) == f"GET {PATH}: {odd}"
        broken = tmp_path / "broken.pem"
        broken.write_text("no certificate")
        for authority in broken, ROOT / "tests/fixtures/https/certificate.pem":
            found = refused(lambda one=authority: write(config, plain.replace("http:", "https:"),
                                                        **{"certificate-authority": str(one)}).get(PATH))  # fmt: skip
            assert found.startswith(f"GET {PATH}: https://SERVER can't be trusted: ") and found.endswith(f"; check {FIT}")


def test_a_program_that_gives_no_login_is_told_and_nothing_is_asked_without_one(config: Path, capfd: pytest.CaptureFixture) -> None:
    with answering(lambda call: call.reply(200, {})) as server:
        for code, text in (
            ("raise SystemExit('log in again')", "exec: process returned 1. log in again"),
            ("print('{}')", "exec: malformed response. missing key 'apiVersion'"),
        ):
            program = {"apiVersion": "client.authentication.k8s.io/v1", "command": "python3", "args": ["-c", code], "interactiveMode": "Never"}
            found = refused(lambda program=program: write(config, server.url(), {"exec": program}))
            assert found.startswith(f"{config}: the program that it names gives no login: {text}")
            assert found.endswith("; run that by hand, and mend it")
        assert not server.told
        note = config.with_name("seen")
        status = {"apiVersion": program["apiVersion"], "kind": "ExecCredential",
                  "status": {"token": "secret", "expirationTimestamp": "2026-01-01T00:00:00Z"}}  # fmt: skip
        code = f"import pathlib\nif pathlib.Path({str(note)!r}).exists(): raise SystemExit('log in again')\nprint({json.dumps(json.dumps(status))})"
        found = write(config, server.url(), {"exec": program | {"args": ["-c", code]}})
        note.touch()
        assert refused(lambda: found.get(PATH)).startswith(f"{config}: the program that it names gives no login: exec: process returned 1. log in")
        found._client.configuration.refresh_api_key_hook = apiserver.config.load_incluster_config
        gone = "the login can't be read any more: Service host/port is not set.; look at it with `kubectl config view`"
        assert refused(lambda: found.get(PATH)) == f"GET {PATH}: {gone}"
        assert not server.told and capfd.readouterr() == ("", "")
