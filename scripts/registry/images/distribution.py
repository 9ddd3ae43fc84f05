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
from typing import TypeVar
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
LOGGED_IN_AS = {"docker.io": ("https://index.docker.io/v1/",)}  # what `docker login` calls those
SPOKEN_TO = {"docker.io": "registry-1.docker.io"}  # where those are asked that images are not named after
DOCKER = "application/vnd.docker.distribution.manifest"  # what older images call the same
ACCEPTED = MANIFEST, INDEX, f"{DOCKER}.v2+json", f"{DOCKER}.list.v2+json", "*/*"
CHUNK = 64 * 1024  # bytes
LOGINS = "~/.docker/config.json"
LONGEST = 300  # characters of the registry's own words
PATIENCE = (60, 600)  # seconds: for a piece to go out, and for a registry to count and move a layer that has arrived
LARGEST = 4 * 1024 * 1024  # bytes of a manifest, by the specification
Made = TypeVar("Made")
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
        self._session, self._logins = _Session(repository.is_local), _Session(repository.is_local)
        self._logins.hooks["response"].append(self._check_login)
        self._authorization: dict[str, str] = {}

    def manifest(self, reference: str) -> tuple[bytes, dict] | None:
        """Return the manifest of a tag or digest, as bytes and what they say, or None where there is none."""
        call, content, named = self._fetch(f"manifests/{reference}", LARGEST, Accept=", ".join(ACCEPTED))
        if content is None:
            return None
        found = _parsed(content)
        if not isinstance(found, dict):
            raise _strange(call, "it is no manifest")
        named = named or digest(content)
        if digest(content) != named or (reference.startswith("sha256:") and named != reference):
            raise _strange(call, f"it has the digest {digest(content)}, and is called {one_line(named)}")
        return content, found

    def blob(self, name: str, most: int) -> bytes:
        """Return a blob of a digest, of so many bytes at most."""
        call, content, _ = self._fetch(f"blobs/{name}", most)
        if content is None or digest(content) != name:
            raise _strange(call, "it is not there" if content is None else f"it has the digest {digest(content)}")
        return content

    def upload(self, name: str, content: bytes | Layer) -> None:
        """Make the repository hold a blob of a digest, in one piece; one that is there already is left alone."""
        size = len(content) if isinstance(content, bytes) else content.size
        _patiently(lambda: self._has(name, size) or self._send(name, content))
        if not self.holds(name, size):
            raise _strange(f"PUT {self._address('blobs')}/{name}", "the blob is not there, or not all of it")

    def put(self, tag: str, manifest: bytes) -> None:
        """Let a tag name a manifest, whose blobs must be there; raise RegistryError where it is another one then."""
        address, headers = self._address(f"manifests/{tag}"), {"Content-Type": json.loads(manifest)["mediaType"]}
        _patiently(lambda: self._once("PUT", address, data=manifest, headers=headers))
        if (self.manifest(tag) or (b"",))[0] != manifest:
            raise _strange(f"PUT {address}", "the manifest is another one than was sent")

    def holds(self, name: str, size: int) -> bool:
        """Say whether the repository has a blob of a digest and size."""
        return _patiently(lambda: self._has(name, size))

    def _has(self, name: str, size: int) -> bool:
        answer = self._once("HEAD", self._address(f"blobs/{name}"))
        return answer is not None and answer.headers.get("Content-Length", str(size)) == str(size)

    def _send(self, name: str, content: bytes | Layer) -> None:
        address = self._address("blobs/uploads/")
        place = self._place(f"POST {address}", self._once("POST", address))
        place += ("&" if urlsplit(place).query else "?") + urlencode({"digest": name})
        headers = {"Content-Type": "application/octet-stream"}
        with console.progress(f"sending {name[:19]}") as show:
            body = content if isinstance(content, bytes) else Upload(content, show)
            self._once("PUT", place, data=body, headers=headers, timeout=PATIENCE)

    def _place(self, call: str, answer) -> str:
        """Return where a registry wants a blob to be sent."""
        try:
            place = urljoin(f"{self._base}/", answer.headers.get("Location", ""))
            found = urlsplit(place)
        except ValueError:
            raise _strange(call, "it names no place to send the blob to") from None
        if not found.query and not found.path.strip("/"):
            raise _strange(call, "it names no place to send the blob to")
        if found.scheme != "https" and not self.repository.is_local:
            raise _strange(call, "it wants the blob without encryption")
        return place

    def _address(self, path: str) -> str:
        return f"{self._base}/v2/{self.repository.path}/{path}"

    def _fetch(self, path: str, most: int, **headers: str) -> tuple[str, bytes | None, str]:
        """Return how a call is named, what there is, or None, and which digest the registry says that it has."""
        address = self._address(path)
        call = f"GET {address}"

        def attempt() -> tuple[bytes | None, str]:
            answer = self._once("GET", address, headers=headers)
            if answer is None:
                return None, ""
            return _content(call, answer, most), answer.headers.get("Docker-Content-Digest", "")

        return call, *_patiently(attempt)

    def _once(self, method: str, address: str, **options: object):
        """Return the answer to a call that is a success, of what is read without its body yet; None where there is nothing."""
        call = f"{method} {address.partition('?')[0]}"
        with client.told(call):
            answer = self._request(method, address, **options)
            if answer.status_code == HTTPStatus.UNAUTHORIZED and self._log_in(call, answer):
                answer = self._request(method, address, **options)
            if HTTPStatus.OK <= answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
                return answer
            said = _words(answer)
        # the page of a proxy says of nothing that it is not there
        if answer.status_code == HTTPStatus.NOT_FOUND and (method == "HEAD" or (method == "GET" and said)):
            return None
        raise self._refused(call, answer, said)

    def _request(self, method: str, address: str, headers: dict[str, str] | None = None, **options: object):
        is_ours = urlsplit(address)[:2] == urlsplit(self._base)[:2]
        headers = (headers or {}) | (self._authorization if is_ours else {})
        reads = method in ("GET", "HEAD")
        return self._session.request(method, address, headers=headers, allow_redirects=reads, stream=reads, **options)

    def _log_in(self, call: str, answer) -> bool:
        """Say whether there is something else to ask with, as the registry wants it: a login, or a token for that."""
        if not (challenge := answer.headers.get("WWW-Authenticate", "")):
            return False
        is_basic = challenge.lower().startswith("basic")
        backend = oras.auth.get_auth_backend("basic" if is_basic else "token", self._logins, self.repository.is_local)
        self._load(backend)
        if is_basic and not hasattr(backend, "_basic_auth"):
            return False
        realm = oras.auth.utils.parse_auth_header(challenge).realm or ""
        if not is_basic and not self._is_safe(realm):
            raise _strange(call, f"it wants the login at {one_line(realm) or 'no place'}, without encryption")
        try:
            found, changed = backend.authenticate_request(answer, {}, refresh=True)
        except (ValueError, AttributeError):
            raise _strange(call, "what it says of logins can't be read") from None
        is_new = changed and found != self._authorization
        self._authorization = found if changed else {}
        return is_new

    def _is_safe(self, realm: str) -> bool:
        """Say whether a login may be sent to where a registry wants it: by https, or from here to here."""
        try:
            scheme, host, *_ = urlsplit(realm)
        except ValueError:
            return False
        return scheme == "https" or (scheme == "http" and self.repository.is_local and Repository(host, "").is_local)

    def _load(self, backend) -> None:
        """Give oras the login: of Docker's settings, else a workflow's own for ghcr.io."""
        place = oras.container.Container(str(self.repository))
        try:
            for place.registry in (self.repository.host, *LOGGED_IN_AS.get(self.repository.host, ())):
                backend.load_configs(place)
                if hasattr(backend, "_basic_auth"):
                    return
        except (OSError, ValueError, AttributeError, TypeError, KeyError):
            text = "can't be read, or the program that it names gives no login; run"
            raise refuse(LOGINS, f"{text} `docker login {self.repository.host}` anew") from None
        token = access.token("GITHUB_TOKEN")
        if self.repository.host == GHCR and token:
            backend.set_basic_auth(os.environ.get("GITHUB_ACTOR") or "token", token)

    def _check_login(self, answer, **_: object) -> None:
        """Raise RegistryError where who gives out tokens has trouble: oras takes that for a wrong login."""
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS or answer.status_code >= 500:
            raise self._refused(f"GET {answer.url.partition('?')[0]}", answer, _words(answer))

    def _refused(self, call: str, answer, said: str) -> GitHubError:
        status = answer.status_code
        usual = (
            "the registry has trouble; run the same command again in a while" if status >= 500 else "it refuses that"
        )
        advice = ADVICE.get(status, usual).format(host=self.repository.host)
        wait = answer.headers.get("Retry-After", "") if status in (429, 503) else ""
        what = answers.named(status, said)
        return GitHubError(call, what, advice, status, int(wait) if wait.isdecimal() else None, said)


class _Session(client.Session):
    """No password out of ~/.netrc comes in a login's place, no call of oras's waits for ever, and none leaves https."""

    def __init__(self, is_local: bool) -> None:
        super().__init__()
        self.auth = lambda request: request
        if not is_local:
            del self.adapters["http://"]
        logging.getLogger("oras.logger").disabled = True  # what is wrong is told once, and by us

    def request(self, method: str, url: str, **options: object):
        return super().request(method, url, **{"timeout": client.TIMEOUT} | options)


def _patiently(attempt: Callable[[], Made]) -> Made:
    return retrying(answers.is_passing)(attempt)


def _content(call: str, answer, most: int) -> bytes:
    """Return the body of an answer, of so many bytes at most."""
    content = bytearray()
    with client.told(call), answer:
        for chunk in answer.iter_content(CHUNK):
            content += chunk
            if len(content) > most:
                raise _strange(call, f"it has more than {most:,} bytes")
    return bytes(content)


def _strange(call: str, what: str) -> GitHubError:
    """Return the error for an answer that is a success, and not what a registry of images answers."""
    advice = "check images in the environment, and the proxy if there is one"
    return GitHubError(call, f"the answer is not that of a registry of images: {what}", advice, HTTPStatus.OK)


def _words(answer) -> str:
    """Return what the registry said in a refusal, on one line."""
    with answer:
        found = _parsed(next(answer.iter_content(CHUNK), b""))
    errors = found.get("errors") if isinstance(found, dict) else None
    told = [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    words = "; ".join(str(one.get("message") or one.get("code") or "") for one in told)
    return one_line(" ".join(words.split()), LONGEST)


def _parsed(content: bytes) -> object:
    """Return what JSON says, or None where it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
