"""Registries of images on loopback: a real one, Debian's docker-registry, with buildah to pull; and one that errs as told."""

import base64
import hashlib
import json
import os
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
BUILDAH = pytest.mark.skipif(shutil.which("buildah") is None or os.getuid() != 0, reason="needs root, and buildah")
DOCKER = "application/vnd.docker"
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


class Buildah:
    """Buildah with a store of its own in a folder, which speaks to registries without encryption."""

    def __init__(self, folder: Path) -> None:
        self._store = "--root", f"{folder}/root", "--runroot", f"{folder}/run", "--storage-driver", "vfs"

    def __call__(self, *words: object) -> str:
        done = subprocess.run(["buildah", *self._store, *map(str, words)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @contextmanager
    def pulled(self, reference: str) -> Iterator[tuple[str, Path]]:
        """Pull an image, and yield a container of it with the folder where its files lie, as they would in a cluster."""
        name = self("from", "--quiet", "--tls-verify=false", reference)
        try:
            yield name, Path(self("mount", name))
        finally:
            self("rm", name)

    def shell(self, place: str) -> str:
        """Push an image with a shell, of this machine's own programs, to a place; return it by its digest."""
        name = self("from", "scratch")
        root = Path(self("mount", name))
        programs = [Path(shutil.which(program)).resolve() for program in ("sh", "ln", "ls", "sleep", "readlink")]
        listed = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=True).stdout
        for path in {*map(str, programs), *re.findall(r"(/\S+)(?= \()", listed)}:
            (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / path[1:])
        (root / "bin").mkdir(exist_ok=True)
        for program in programs:
            (root / "bin" / program.name.replace("dash", "sh")).symlink_to(program)
        (root / "mnt").mkdir()
        image = self("commit", "--quiet", "--rm", name, "shell")
        note = Path(self._store[1]).with_name("digest")
        self("push", "--quiet", "--tls-verify=false", "--digestfile", note, image, f"docker://{place}:1")
        return f"{place}@{note.read_text()}"


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

    def hold(self, content: object) -> str:
        """Hold a blob and a manifest of some bytes, or of JSON; return their digest."""
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
        self.blobs[digest] = self.manifests[digest] = raw
        return digest

    def shell(self, *architectures: str) -> str:
        """Hold an image with a shell for some processors, as Docker makes them, and what tells how it was made."""
        listed = [self._one(one) for one in architectures]
        listed.append({"digest": self.hold({}), "platform": {"os": "unknown", "architecture": "unknown"}})
        return self.hold({"schemaVersion": 2, "mediaType": f"{DOCKER}.distribution.manifest.list.v2+json", "manifests": listed})

    def _one(self, architecture: str) -> dict:
        layer = f"a shell for {architecture}".encode()
        told = {"config": {"Cmd": ["sh"], "Labels": {"a": "b"}}, "history": [{}], "created": "2026-01-01T00:00:00Z"}
        config = {"architecture": architecture, "os": "linux", "rootfs": {"type": "layers", "diff_ids": ["sha256:1"]}}
        kind = f"{DOCKER}.image.rootfs.diff.tar.gzip"
        layers = [{"mediaType": kind, "digest": self.hold(layer), "size": len(layer)}]
        digest = self.hold({"schemaVersion": 2, "config": {"digest": self.hold(config | told)}, "layers": layers})
        return {"digest": digest, "platform": {"os": "linux", "architecture": architecture}}

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

    def _get_blobs(self, call: Call, name: str) -> None:
        content = self.blobs.get(name)
        refuse(call, 404, "BLOB_UNKNOWN", "blob unknown") if content is None else call.reply(200, content)

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
