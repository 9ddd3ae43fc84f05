"""`serve` answers those who may ask: by its own names, to no page of another origin, and with its token where it has one."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from asking import ROW
from servers import BODY, DEADLINE, ROOT, Server, fixture, place, repository, serving

PREDICT = "/v1/models/digits:predict"
EVIL = "https://evil.example"
TOKEN = "correct-horse+battery/staple="


def ask(server: Server, method: str, path: str, **fields: str) -> requests.Response:
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    address = server.url.replace("0.0.0.0", "127.0.0.1")
    return requests.request(method, address + path, data=BODY, headers=headers, timeout=DEADLINE)


@pytest.mark.parametrize("method, path", [("POST", PREDICT), ("GET", "/v2/health/live"), ("GET", "/metrics"),
                                          ("POST", "/nowhere")])  # fmt: skip
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "127.0.0.1.evil.example", "localhost@evil.example",
                                  "[::2]:8501", "192.0.2.1", "0.0.0.0", "localhost.evil.example:80", "\"", ""])  # fmt: skip
def test_a_page_whose_name_was_changed_to_this_machine_s_address_is_refused(server, method, path, host):
    response = ask(server, method, path, host=host)
    assert response.status_code == 421
    given = '"\\""' if host == '"' else f'"{host}"'
    text = f"this server is not {given} but 127.0.0.1, [::1], localhost; --allowed-host adds a name"
    assert response.json() == {"error": text}


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:8501", "localhost."]
)
def test_a_server_on_loopback_answers_to_its_names_on_any_port(server, host):
    assert ask(server, "POST", PREDICT, host=host).status_code == 200


@pytest.mark.parametrize(
    "origin", [EVIL, "http://localhost:3000", "null", "http://127.0.0.1", "file://", "http://localhost.evil"]
)
def test_a_page_of_another_origin_is_refused_whatever_it_sends(server, origin):
    for kind in (
        "text/plain",
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ):
        response = ask(server, "POST", PREDICT, origin=origin, content_type=kind)
        assert (response.status_code, response.json()) == (
            403, {"error": f'a page of "{origin}" may not ask here; a program may'})  # fmt: skip
    assert ask(server, "OPTIONS", PREDICT, origin=origin).status_code == 403
    assert ask(server, "GET", "/v2/models/digits", origin=origin).status_code == 403


def test_a_page_of_its_own_may_ask_behind_a_proxy_too(server):
    for scheme in "http", "https":
        assert (
            ask(server, "POST", PREDICT, host="localhost:8501", origin=f"{scheme}://localhost:8501").status_code == 200
        )


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain", "text/plain;charset=UTF-8",
                                  "application/octet-stream", "binary/octet-stream", ""])  # fmt: skip
def test_programs_go_on_working_whatever_they_call_what_they_send(server, kind):
    assert ask(server, "POST", PREDICT, content_type=kind).status_code == 200


def test_other_machines_are_let_in_only_with_a_token_or_by_decision(root):
    words = [sys.executable, str(ROOT / "scripts/serve.py"), "staging", "--port=0"]
    for host in "0.0.0.0", "", "0":
        done = subprocess.run([*words, f"--host={host}"], cwd=root, capture_output=True, text=True, timeout=DEADLINE)
        advice = "add --token-file FILE, whose token clients then send, or --insecure to let anybody ask"
        said = f"--host: other machines reach 0.0.0.0, and nothing keeps them out; {advice}\n1 problem\n"
        assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


@pytest.mark.parametrize("words, said", [
    (["--token-file=empty"], "--token-file: empty holds no token; write one word of letters and digits in it\n"),
    (["--token-file=words"], "--token-file: words holds no token; write one word of letters and digits in it\n"),
    (["--token-file=nowhere"], "nowhere: no such file or directory; "),
    (["--allowed-host=*"], "--allowed-host: '*' is no host's name; write one such as models.example.org\n"),
    (["--allowed-host=a b"], "--allowed-host: 'a b' is no host's name; write one such as models.example.org\n"),
    (["--allowed-host="], "--allowed-host: '' is no host's name; write one such as models.example.org\n"),
])  # fmt: skip
def test_tokens_and_names_that_are_none(root, words, said):
    (root / "empty").write_text("\n")
    (root / "words").write_text("two words\n")
    command = [sys.executable, str(ROOT / "scripts/serve.py"), "staging", "--port=0", *words]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=DEADLINE)
    assert (done.returncode, done.stdout, done.stderr[: len(said)]) == (1, "", said)
    assert done.stderr.endswith("1 problem\n")


@pytest.fixture(scope="module", params=[[], ["--workers=2"]], ids=["one", "two"])
def guarded(tmp_path_factory, request) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("guarded")
    _prepare(root)
    (root / "token").write_text(f"{TOKEN}\n")
    names = "--allowed-host=Models.Example.org", "--allowed-host=127.0.0.1"
    with serving(root, "--host=0.0.0.0", "--token-file=token", *names, *request.param) as server:
        yield server
        assert TOKEN not in server.said and "Traceback" not in server.said


def _prepare(root: Path) -> None:
    place(repository(root), "digits", 1_000_000, fixture("double"))


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN,
                                   f"Basic {TOKEN}", f"Bearer {TOKEN.upper()}", "Bearer \xff"])  # fmt: skip
def test_who_does_not_send_the_token_is_not_answered(guarded, given):
    fields = {} if given is None else {"authorization": given.encode("latin-1")}
    for method, path in ("POST", PREDICT), ("GET", "/v2"), ("GET", "/metrics"), ("GET", "/v2/health/../models/digits"):
        response = ask(guarded, method, path, **fields)
        assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
        assert response.json() == {"error": "this server wants its token; send the header Authorization: Bearer TOKEN"}
    assert ask(guarded, "GET", "/v2/health/live", **fields).json() == {"live": True}
    assert ask(guarded, "GET", "/v2/health/ready", **fields).json() == {"ready": True}


def test_who_sends_the_token_is_answered(guarded):
    for scheme in "Bearer", "bearer":
        response = ask(guarded, "POST", PREDICT, authorization=f"{scheme} {TOKEN}", origin=EVIL)
        assert response.json() == {"predictions": [[[2 * value for value in line] for line in ROW]]}
    known = {"authorization": f"Bearer {TOKEN}"}
    assert ask(guarded, "GET", "/metrics", host="models.example.org:443", **known).status_code == 200
    assert ask(guarded, "GET", "/metrics", host="localhost", **known).status_code == 421


def test_a_server_for_anybody_answers_by_any_name_but_to_no_other_page(root, models):
    place(models, "digits", 1_000_000, fixture("double"))
    with serving(root, "--host=0.0.0.0", "--insecure") as server:
        assert ask(server, "POST", PREDICT, host="any.example").status_code == 200
        assert ask(server, "POST", PREDICT, origin=EVIL, content_type="text/plain").status_code == 403
