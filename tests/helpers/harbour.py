"""Registries of images on loopback: a real one, Debian's docker-registry, with buildah to pull; and one that errs as told."""

import base64
import hashlib
import json
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from loopback import Call, Server, answering
from servers import DEADLINE, until

NEEDED = pytest.mark.skipif(shutil.which("docker-registry") is None, reason="needs Debian's docker-registry")
CONFIG = """version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {store}}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}"}}
{more}
"""


@contextmanager
def running(folder: Path, more: str = "") -> Iterator[str]:
    """Run a registry that keeps its images in a folder; yield its host and port. `more` goes into its settings."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yml").write_text(CONFIG.format(store=folder / "store", port=port, more=more))
    with (folder / "log").open("w") as log:
        command = "docker-registry", "serve", folder / "config.yml"
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until(lambda: _answers(f"http://127.0.0.1:{port}/v2/"), "a registry")
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait(DEADLINE)


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=DEADLINE).status_code in (200, 401)
    except requests.ConnectionError:
        return False


@contextmanager
def pulled(folder: Path, reference: str) -> Iterator[Path]:
    """Pull an image, and yield the folder where its files lie, as they would in a cluster."""

    def buildah(*words: str) -> str:
        store = "--root", f"{folder}/root", "--runroot", f"{folder}/run", "--storage-driver", "vfs"
        done = subprocess.run(["buildah", *store, *words], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    name = buildah("from", "--quiet", "--tls-verify=false", reference)
    try:
        yield Path(buildah("mount", name))
    finally:
        buildah("rm", name)


def log_in(home: Path, host: str, login: str) -> None:
    """Put a login where Docker keeps it."""
    (home / ".docker").mkdir(exist_ok=True)
    login = base64.b64encode(login.encode()).decode()
    (home / ".docker/config.json").write_text(json.dumps({"auths": {host: {"auth": login}}}))


class Dock:
    """A registry that does what the specification says but where `errs` answers in its place, and then says True.

    With a `login` it wants tokens for that, as ghcr.io does: one to read, and another one to write.
    """

    def __init__(self, login: str = "") -> None:
        self.login = login
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, bytes] = {}
        self.errs: Callable[[Call], bool | None] = lambda call: None

    def answer(self, call: Call) -> None:
        if self.errs(call):
            return
        path, right = urlsplit(call.asked.path).path, "pull" if call.command in ("GET", "HEAD") else "pull,push"
        if self.login and path == "/token":
            self._token(call)
        elif self.login and call.headers.get("Authorization") not in {f"Bearer {right}", "Bearer pull,push"}:
            realm = f'Bearer realm="{call.server.url()}/token",service="dock",scope="repository:x:{right}"'
            refuse(call, 401, "UNAUTHORIZED", "authentication required", WWW_Authenticate=realm)
        else:
            kind, _, name = re.fullmatch(r"/v2/.+?/(manifests|blobs)(/uploads)?/(.*)", path).groups()
            getattr(self, f"_{call.command.lower()}_{kind}")(call, name)

    def _token(self, call: Call) -> None:
        if call.headers.get("Authorization") == f"Basic {base64.b64encode(self.login.encode()).decode()}":
            call.reply(200, {"token": parse_qs(urlsplit(call.asked.path).query)["scope"][0].split(":")[-1]})
        else:
            refuse(call, 403, "DENIED", "denied")

    def _get_manifests(self, call: Call, name: str) -> None:
        content = self.manifests.get(name)
        call.reply(200, content) if content else refuse(call, 404, "MANIFEST_UNKNOWN", "manifest unknown")

    def _put_manifests(self, call: Call, name: str) -> None:
        self.manifests[name] = call.asked.body
        call.reply(201)

    def _head_blobs(self, call: Call, name: str) -> None:
        content = self.blobs.get(name)
        call.reply(404) if content is None else call.reply(200, content)

    def _post_blobs(self, call: Call, name: str) -> None:
        call.reply(202, Location="/v2/x/blobs/uploads/1?state=a")

    def _put_blobs(self, call: Call, name: str) -> None:
        (digest,) = parse_qs(urlsplit(call.asked.path).query)["digest"]
        if digest != f"sha256:{hashlib.sha256(call.asked.body).hexdigest()}":
            refuse(call, 400, "DIGEST_INVALID", "provided digest did not match uploaded content")
            return
        self.blobs[digest] = call.asked.body
        call.reply(201)


def refuse(call: Call, status: int, code: str, words: str, **headers: object) -> None:
    """Answer as registries refuse."""
    call.reply(status, {"errors": [{"code": code, "message": words}]}, **headers)


@contextmanager
def docked(dock: Dock) -> Iterator[Server]:
    """Let a dock answer."""
    with answering(dock.answer) as server:
        yield server
