"""A plain client for tests: says what it expects, returns what it got."""

import base64
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from hub.service import Hub

TIMEOUT = 20


class Caller:
    """Calls the hub with a token (None: without one). Paths are below the repository; `//user` is absolute."""

    def __init__(self, hub: "Hub", token: str | None = None) -> None:
        self.hub = hub
        self.session = requests.Session()
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, code: int = 200, **more: object) -> requests.Response:
        """Make a call, which must be answered with `code`."""
        base = (
            self.hub.api_url if path.startswith("//") else f"{self.hub.api_url}/repos/{self.hub.repository.full_name}"
        )
        url = path if path.startswith("http") else base + path.removeprefix("/" if path.startswith("//") else "")
        answer = self.session.request(method, url, timeout=TIMEOUT, **more)
        assert answer.status_code == code, f"{method} {url}: {answer.status_code} {answer.text[:500]}"
        return answer

    def get(self, path: str, code: int = 200, **query: object) -> object:
        answer = self.call("GET", path, code, params=query)
        return answer.json() if answer.content else None

    def post(self, path: str, code: int = 201, **body: object) -> object:
        return self.send("POST", path, code, body)

    def patch(self, path: str, code: int = 200, **body: object) -> object:
        return self.send("PATCH", path, code, body)

    def put(self, path: str, code: int = 200, **body: object) -> object:
        return self.send("PUT", path, code, body)

    def delete(self, path: str, code: int = 204, **body: object) -> object:
        return self.send("DELETE", path, code, body or None)

    def send(self, method: str, path: str, code: int, body: object) -> object:
        answer = self.call(method, path, code, json=body)
        return answer.json() if answer.content else None

    def upload(self, release: dict, name: str, content: bytes, code: int = 201) -> dict:
        """Upload an asset to where the release says."""
        address = release["upload_url"].partition("{")[0]
        kind = {"Content-Type": "application/octet-stream"}
        return self.call("POST", address, code, params={"name": name}, data=content, headers=kind).json()

    def fetch(self, asset: dict, **headers: str) -> requests.Response:
        """Download an asset, wherever that leads."""
        wanted = {"Accept": "application/octet-stream"} | headers
        return self.session.get(asset["url"], headers=wanted, timeout=TIMEOUT)

    def write(self, path: str, text: str, branch: str = "main", code: int = 201, **more: str) -> dict:
        """Commit a file."""
        content = base64.b64encode(text.encode()).decode()
        return self.put(f"/contents/{path}", code, message=f"write {path}", content=content, branch=branch, **more)

    def branch(self, name: str, sha: str) -> dict:
        return self.post("/git/refs", ref=f"refs/heads/{name}", sha=sha)

    def head(self, branch: str = "main") -> str:
        return self.get(f"/git/ref/heads/{branch}")["object"]["sha"]

    def pull(self, branch: str, text: str = "new\n", base: str = "main") -> dict:
        """Open a pull request that writes `<branch>.txt`."""
        self.branch(branch, self.head(base))
        self.write(f"{branch}.txt", text, branch)
        return self.post("/pulls", title=branch, head=branch, base=base, body="b")
