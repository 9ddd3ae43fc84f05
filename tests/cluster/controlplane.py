"""A real API server with etcd, on loopback: found, or built from Go modules once and kept."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

HERE = Path(__file__).parent
RELEASE = "v1.36.3"
PACKAGE = "k8s.io/kubernetes/cmd/kube-apiserver"
HOME = Path(os.environ.get("CLUSTER_HOME") or Path(tempfile.gettempdir(), "cluster")).absolute()
DEADLINE = 120  # seconds
TOKENS = {"admin": "system:masters", "deployer": "", "reader": "", "intruder": ""}  # who there is: their group


def tool(name: str) -> Path | None:
    """Return a program out of KUBEBUILDER_ASSETS, as envtest has them, else from PATH."""
    if folder := os.environ.get("KUBEBUILDER_ASSETS"):
        return Path(folder, name) if Path(folder, name).exists() else None
    found = shutil.which(name)
    return Path(found) if found else None


def programs() -> tuple[Path, Path]:
    """Return kube-apiserver and etcd; build the first where it is not there. Say what to install where that can't be."""
    etcd, server = tool("etcd"), tool("kube-apiserver")
    if etcd is None:
        pytest.exit("etcd: is not there; install it, as by `apt-get install etcd-server`, or set KUBEBUILDER_ASSETS", 1)
    return server or _built(), etcd


def _built() -> Path:
    """Return the API server out of the cache, where it is put in one step, made from modules that go.sum pins."""
    place = HOME / RELEASE / "kube-apiserver"
    if place.exists():
        return place
    if shutil.which("go") is None:
        pytest.exit("go: is not there, so no API server can be built; install Go, or set KUBEBUILDER_ASSETS", 1)
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as folder:
        flags = f"-s -w -X k8s.io/component-base/version.gitVersion={RELEASE}"
        command = ["go", "build", "-mod=readonly", "-ldflags", flags, "-o", f"{folder}/made", PACKAGE]
        subprocess.run(command, cwd=HERE, env=os.environ | {"CGO_ENABLED": "0"}, check=True)
        os.replace(f"{folder}/made", place)
    return place


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class ControlPlane:
    """etcd and an API server, with a token for each of TOKENS and a certificate of its own; the server can be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sessions = threading.local()
        self._server, self._etcd = programs()
        self.port, port, peers = free_port(), free_port(), free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self._store = f"http://127.0.0.1:{port}"
        peer = f"http://127.0.0.1:{peers}"
        (folder / "tokens").write_text("".join(f'{who},{who},{who},"{group}"\n' for who, group in TOKENS.items()))
        key = ec.generate_private_key(ec.SECP256R1())
        form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        (folder / "accounts.pem").write_bytes(key.private_bytes(*form))
        self._start(
            "etcd", str(self._etcd), f"--data-dir={folder}/etcd", f"--listen-client-urls={self._store}",
            f"--advertise-client-urls={self._store}", f"--listen-peer-urls={peer}", "--unsafe-no-fsync",
            f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=default={peer}", "--log-level=error",
        )  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start the API server, and wait until it is ready."""
        self._process = self._start(
            "api", str(self._server), f"--etcd-servers={self._store}", "--bind-address=127.0.0.1",
            f"--secure-port={self.port}", f"--cert-dir={self.folder}/certificates", "--authorization-mode=RBAC",
            f"--token-auth-file={self.folder}/tokens", "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self.folder}/accounts.pem", "--service-cluster-ip-range=10.0.0.0/24",
            f"--service-account-signing-key-file={self.folder}/accounts.pem", "--endpoint-reconciler-type=none",
            "--disable-admission-plugins=ServiceAccount",
        )  # fmt: skip
        end = time.monotonic() + DEADLINE
        while not self._is_ready():
            assert self._process.poll() is None, (self.folder / "api.log").read_text()[-2000:]
            assert time.monotonic() < end, "the API server did not become ready"
            time.sleep(0.1)

    def kill(self) -> None:
        """Kill the API server; what it stored stays."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        self.kill()
        self._keeper.kill()
        self._keeper.wait()

    def call(self, method: str, path: str, body: object = None, who: str = "admin", **more: str) -> requests.Response:
        """Ask the API server as somebody."""
        headers = {"Authorization": f"Bearer {who}", "Content-Type": more.pop("content", "application/json")}
        trust = str(self.folder / "certificates/apiserver.crt")
        data = json.dumps(body) if body is not None else None
        session = vars(self._sessions).setdefault("session", requests.Session())
        return session.request(
            method, self.url + path, params=more, data=data, headers=headers, verify=trust, timeout=60
        )

    def make(self, path: str, body: Mapping) -> dict:
        answer = self.call("POST", path, body)
        assert answer.status_code in (200, 201, 409), answer.text
        return answer.json()

    def kubeconfig(self, place: Path, who: str = "deployer", trust: Path | None = None) -> Path:
        """Write a kubeconfig for somebody, which trusts the server's own certificate or another."""
        authority = trust or self.folder / "certificates/apiserver.crt"
        name = {"cluster": "tests", "user": who}
        place.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "tests",
            "clusters": [{"name": "tests", "cluster": {"server": self.url, "certificate-authority": str(authority)}}],
            "users": [{"name": who, "user": {"token": who}}], "contexts": [{"name": "tests", "context": name}],
        }))  # fmt: skip
        return place

    def _is_ready(self) -> bool:
        try:
            return self.call("GET", "/readyz").text == "ok"
        except (OSError, requests.RequestException):
            return False

    def _start(self, name: str, *command: str) -> subprocess.Popen:
        with (self.folder / f"{name}.log").open("a") as log:
            process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, start_new_session=True)
        if name == "etcd":
            self._keeper = process
        return process
