"""A registry of images, as the OCI distribution specification has it. The one door to oras.

oras knows who asks: logins in Docker's settings, helpers that keep them, and the tokens that registries want for them.
Its calls are not used: they read a layer into memory, or cut it into pieces of 16 MB where ghcr.io takes 4; they wait for
two minutes before they say anything, have no timeouts, and take any answer for a manifest.
"""

import json
import logging
import os
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode, urljoin, urlsplit

import oras.auth
import oras.auth.utils
import oras.container

from registry import console
from registry.errors import one_line, refuse
from registry.github import access, answers, client
from registry.github.answers import GitHubError
from registry.github.retries import retrying
from registry.github.transfers import Upload
from registry.images.composing import INDEX, MANIFEST, digest
from registry.images.layers import Layer
from registry.images.naming import Repository

GHCR = "ghcr.io"
SPOKEN_TO = {"docker.io": "registry-1.docker.io"}  # where those are asked that images are not named after
DOCKER = "application/vnd.docker.distribution.manifest"  # what older images call the same
ACCEPTED = MANIFEST, INDEX, f"{DOCKER}.v2+json", f"{DOCKER}.list.v2+json", "*/*"
CHUNK = 64 * 1024  # bytes
LOGINS = "~/.docker/config.json"
LONGEST = 300  # characters of the registry's own words
PATIENCE = (60, 600)  # seconds: for a piece to go out, and for a registry to count and move a layer that has arrived
LARGEST = 4 * 1024 * 1024  # bytes of a manifest, by the specification
ADVICE = {
    401: "the login is wrong or missing; run `docker login {host}`, or let GITHUB_TOKEN write packages for ghcr.io",
    403: "the login may not do this; in a workflow the job needs packages: write, and the package's settings must "
    "give this repository access",
    404: "there is no such place; check images in the environment, and make the project there if it must be made by hand",
    413: "the registry takes no layer as large as that; ask for a higher limit",
    429: "too many calls; run the same command again in an hour",
}


class Distribution:
    """One repository of a registry, which is asked as who is logged in."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self._base = f"{'http' if repository.is_local else 'https'}://{SPOKEN_TO.get(repository.host, repository.host)}"
        self._session = _Session()
        self._authorization: dict[str, str] = {}

    def manifest(self, reference: str) -> tuple[bytes, dict] | None:
        """Return the manifest of a tag or digest, as bytes and what they say, or None where there is none."""
        headers = {"Accept": ", ".join(ACCEPTED)}
        call, answer = self._ask("GET", f"manifests/{reference}", headers=headers)
        if answer is None:
            return None
        content = answer.content
        named = answer.headers.get("Docker-Content-Digest") or digest(content)
        try:
            found = json.loads(content)
        except ValueError:
            found = None
        if not isinstance(found, dict) or len(content) > LARGEST:
            raise _strange(call, "it is no manifest")
        if digest(content) != named or (reference.startswith("sha256:") and named != reference):
            raise _strange(call, f"it has the digest {digest(content)}, and is called {one_line(named)}")
        return content, found

    def blob(self, name: str, most: int) -> bytes:
        """Return a blob of a digest, of so many bytes at most."""
        call, answer = self._ask("GET", f"blobs/{name}", stream=True)
        content = b""
        for chunk in answer.iter_content(CHUNK) if answer is not None else ():
            content += chunk
            if len(content) > most:
                raise _strange(call, f"it has more than {most:,} bytes")
        if digest(content) != name:
            raise _strange(call, f"it has the digest {digest(content)}")
        return content

    def upload(self, name: str, content: bytes | Layer) -> None:
        """Make the repository hold a blob of a digest, in one piece; one that is there already is left alone."""
        size = len(content) if isinstance(content, bytes) else content.size
        retrying(answers.is_passing)(lambda: self.holds(name, size) or self._send(name, content))
        if not self.holds(name, size):
            raise _strange(f"PUT {self._address('blobs')}/{name}", "the blob is not there, or not all of it")

    def put(self, tag: str, manifest: bytes) -> None:
        """Let a tag name a manifest, whose blobs must be there; raise RegistryError where it is another one then."""
        call, _ = self._ask("PUT", f"manifests/{tag}", data=manifest, headers={"Content-Type": _kind(manifest)})
        if (self.manifest(tag) or (b"",))[0] != manifest:
            raise _strange(call, "the manifest is another one than was sent")

    def holds(self, name: str, size: int) -> bool:
        """Say whether the repository has a blob of a digest and size."""
        _, answer = self._ask("HEAD", f"blobs/{name}")
        return answer is not None and answer.headers.get("Content-Length", str(size)) == str(size)

    def _send(self, name: str, content: bytes | Layer) -> None:
        call, answer = self._ask("POST", "blobs/uploads/", is_harmless=False)
        place = urljoin(f"{self._base}/", answer.headers.get("Location", "")) if answer is not None else ""
        if not urlsplit(place).query and not urlsplit(place).path.strip("/"):
            raise _strange(call, "it names no place to send the blob to")
        if urlsplit(place).scheme != "https" and not self.repository.is_local:
            raise _strange(call, "it wants the blob without encryption")
        place += ("&" if urlsplit(place).query else "?") + urlencode({"digest": name})
        headers = {"Content-Type": "application/octet-stream"}
        with console.progress(f"sending {name[:19]}") as show:
            body = content if isinstance(content, bytes) else Upload(content, show)
            self._once("PUT", place, data=body, headers=headers, timeout=PATIENCE)

    def _address(self, path: str) -> str:
        return f"{self._base}/v2/{self.repository.path}/{path}"

    def _ask(self, method: str, path: str, is_harmless: bool = True, **options: object) -> tuple[str, object | None]:
        """Return how a call is named, and its answer that is a success, None where there is nothing."""
        attempt: Callable = lambda: self._once(method, self._address(path), **options)  # noqa: E731
        answer = retrying(answers.is_passing)(attempt) if is_harmless else attempt()
        return f"{method} {self._address(path)}", answer

    def _once(self, method: str, address: str, **options: object):
        call = f"{method} {address.partition('?')[0]}"
        with client.told(call):
            answer = self._request(method, address, **options)
            if answer.status_code == HTTPStatus.UNAUTHORIZED and self._log_in(call, answer):
                answer = self._request(method, address, **options)
        if method in ("GET", "HEAD") and answer.status_code == HTTPStatus.NOT_FOUND and _is_absence(method, answer):
            return None
        if not HTTPStatus.OK <= answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
            raise self._refused(call, answer)
        return answer

    def _request(self, method: str, address: str, headers: dict[str, str] | None = None, **options: object):
        is_ours = urlsplit(address)[:2] == urlsplit(self._base)[:2]
        headers = (headers or {}) | (self._authorization if is_ours else {})
        return self._session.request(
            method, address, headers=headers, allow_redirects=method in ("GET", "HEAD"), **options
        )

    def _log_in(self, call: str, answer) -> bool:
        """Say whether there is something else to ask with, as the registry wants it: a login, or a token for that."""
        challenge = answer.headers.get("WWW-Authenticate", "")
        is_basic = challenge.lower().startswith("basic")
        backend = oras.auth.get_auth_backend("basic" if is_basic else "token", self._session, self.repository.is_local)
        self._load(backend)
        if is_basic and not hasattr(backend, "_basic_auth"):
            return False
        realm = oras.auth.utils.parse_auth_header(challenge).realm or ""
        if not is_basic and not realm.startswith("https://") and not self.repository.is_local:
            raise _strange(call, f"it wants the login at {one_line(realm) or 'no place'}, without encryption")
        try:
            found, changed = backend.authenticate_request(answer, {}, refresh=True)
        except (ValueError, AttributeError):
            raise _strange(call, "what it says of logins can't be read") from None
        is_new = changed and found != self._authorization
        self._authorization = found if changed else {}
        return is_new

    def _load(self, backend) -> None:
        """Give oras the login: of Docker's settings, else a workflow's own for ghcr.io."""
        try:
            backend.load_configs(oras.container.Container(str(self.repository)))
        except (ValueError, AttributeError, TypeError, KeyError):
            raise refuse(LOGINS, f"can't be read; run `docker login {self.repository.host}` anew") from None
        token = access.token("GITHUB_TOKEN")
        if not hasattr(backend, "_basic_auth") and self.repository.host == GHCR and token:
            backend.set_basic_auth(os.environ.get("GITHUB_ACTOR") or "token", token)

    def _refused(self, call: str, answer) -> GitHubError:
        status, said = answer.status_code, _words(answer.content)
        name = HTTPStatus(status).phrase.lower() if status in HTTPStatus._value2member_map_ else "unknown"
        usual = (
            "the registry has trouble; run the same command again in a while" if status >= 500 else "it refuses that"
        )
        advice = ADVICE.get(status, usual).format(host=self.repository.host)
        wait = answer.headers.get("Retry-After", "") if status in (429, 503) else ""
        what = f"{status} {name}{f' ({said})' if said else ''}"
        return GitHubError(call, what, advice, status, int(wait) if wait.isdecimal() else None, said)


class _Session(client.Session):
    """No password out of ~/.netrc comes in a login's place, and no call of oras's waits for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.auth = lambda request: request
        logging.getLogger("oras.logger").disabled = True  # what is wrong is told once, and by us

    def request(self, method: str, url: str, **options: object):
        return super().request(method, url, **{"timeout": client.TIMEOUT} | options)


def _kind(manifest: bytes) -> str:
    return json.loads(manifest)["mediaType"]


def _strange(call: str, what: str) -> GitHubError:
    """Return the error for an answer that is a success, and not what a registry of images answers."""
    advice = "check images in the environment, and the proxy if there is one"
    error = GitHubError(call, f"the answer is not that of a registry of images: {what}", advice, HTTPStatus.OK)
    return error


def _is_absence(method: str, answer) -> bool:
    """Say whether a registry says that there is nothing; the page of a proxy says no such thing."""
    return method == "HEAD" or bool(_words(answer.content))


def _words(body: bytes) -> str:
    """Return what the registry said, on one line."""
    try:
        errors = json.loads(body)["errors"]
        words = "; ".join(str(one.get("message") or one.get("code") or "") for one in errors)
        return one_line(" ".join(words.split()), LONGEST)
    except (ValueError, AttributeError, TypeError, KeyError):
        return ""
