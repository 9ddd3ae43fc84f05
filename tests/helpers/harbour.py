"""A real registry of images on loopback, which Debian's docker-registry is, and buildah to pull from it."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
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


def pull(folder: Path, reference: str) -> Path:
    """Pull an image as a cluster would, and return the folder where its files lie."""
    environment = os.environ | {"BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "vfs"}

    def buildah(*words: str) -> str:
        command = ["buildah", "--root", f"{folder}/root", "--runroot", f"{folder}/run", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return Path(buildah("mount", buildah("from", "--quiet", "--tls-verify=false", reference)))
