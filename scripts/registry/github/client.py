"""GitHub's API, and files from the web. The one door to requests."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from http import HTTPStatus
from typing import BinaryIO
from urllib.parse import urlsplit

import requests

from registry import console
from registry.errors import refuse
from registry.github import access, answers
from registry.github.answers import Facts, GitHubError
from registry.github.parts import Part
from registry.github.retries import once, retrying
from registry.github.sites import Site
from registry.github.transfers import Download, Upload

TIMEOUT = (10, 60)  # seconds: to connect, and between two bytes
UPLOAD_TIMEOUT = (60, 60)  # the time to connect is also that for a chunk to go out
WHOLE = (HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT)  # those that keep method and body
IDEMPOTENT = {"GET", "PUT", "PATCH", "DELETE"}


class GitHub:
    """A repository on GitHub or on a GitHub Enterprise Server.

    Paths are relative to the repository (`releases`), or to the API when they start with a slash (`/rate_limit`). Calls
    raise GitHubError; those that can be repeated without harm are.
    """

    def __init__(self, api: str, repository: str, token: str | None, web: str = "https://github.com") -> None:
        self.repository = repository
        self.site = Site(web, api, repository)
        self.is_workflow = False
        self.is_patient = True
        self._api = api.rstrip("/")
        self._is_seen = False  # whether this token may see the repository
        self._auth = _Bearer(token)
        self._session = Session()
        self._session.headers.update({"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"})

    @classmethod
    def from_environment(cls, repository: str | None = None, *, is_patient: bool = True) -> "GitHub":
        """Return the repository that is named, or that GITHUB_REPOSITORY names.

        The token is REGISTRY_TOKEN, a person's or an App's, where there is one, else GITHUB_TOKEN. `is_workflow` says
        that it is a workflow's own: what it makes starts no workflows, and those of its pull requests wait for people.
        Where it `is_patient`, a call that may well succeed a little later is made again.
        """
        site = access.site(repository)
        github = cls(site.api, site.repository, access.first_token(), site.server)
        github.is_patient = is_patient
        github.is_workflow = os.environ.get("GITHUB_ACTIONS") == "true" and not access.token("REGISTRY_TOKEN")
        return github

    @cached_property
    def _own(self) -> Facts:
        return self.get("")

    @property
    def default_branch(self) -> str:
        """The branch that pull requests go into."""
        return self._own["default_branch"]

    @cached_property
    def login(self) -> str | None:
        """Whose token it is, None for a bot's: those are told who they are nowhere."""
        if self.is_workflow:
            return None
        try:
            return self.get("/user")["login"]
        except GitHubError as error:
            if error.status == HTTPStatus.FORBIDDEN or answers.is_absence(error):
                return None
            raise

    def get(self, path: str, **query: object) -> Facts:
        """Return what is at a path."""
        return self._fact("GET", path, params=query)

    def find(self, path: str, **query: object) -> Facts | None:
        """Return what is at a path, or None when the server says that there is nothing.

        To whom may not see the repository it says so of all that is in it, so it is asked for that first.
        """
        try:
            return self.get(path, **query)
        except GitHubError as error:
            if not answers.is_absence(error):
                raise
        if not self._is_seen:
            self.get("")
        return None

    def pages(self, path: str, key: str | None = None, **query: object) -> Iterator[Facts]:
        """Yield the items of all pages of a list (below `key`, where a page is an object); no page may fail."""
        address, params, count = self._address(path), {"per_page": 100} | query, 0
        while address:
            call = self._call("GET", address)
            page, following = self._send("GET", address, params=params)
            found = answers.items(call, page, key)
            yield from found
            count += len(found)
            address, params = following and self._checked(following), None
        answers.check_count(call, page, count)

    def query(self, text: str) -> Facts:
        """Return what a GraphQL query finds of the repository, which it knows as $owner and $name; it changes nothing."""
        owner, _, name = self.repository.partition("/")
        address, call = self.site.graphql, self._call("POST", self.site.graphql)
        body = {"query": text, "variables": {"owner": owner, "name": name}}
        found, _ = self._send("POST", address, is_harmless=True, json=body)
        return answers.found(call, found)["repository"]

    def brought(self, commit: str) -> Iterator[Facts]:
        """Yield the pull requests that brought a commit to the default branch.

        GitHub lists those that other branches got, too, and may list those into forks, whose head is a branch of ours.
        """
        for pull in self.pages(f"commits/{commit}/pulls"):
            into = pull["base"]["repo"]["full_name"], pull["base"]["ref"]
            if pull["merged_at"] and into == (self._own["full_name"], self.default_branch):
                yield pull

    def post(self, path: str, body: dict) -> Facts:
        """Send what may be sent once only: it is not repeated when no answer comes."""
        return self._fact("POST", path, json=body)

    def create(self, path: str, body: dict, find: Callable[[], dict | None]) -> dict:
        """Make something that must exist once; `find` tells, after a call without an answer, whether it was made."""
        return once(lambda: self.post(path, body), find)

    def patch(self, path: str, body: dict) -> Facts:
        """Change some fields."""
        return self._fact("PATCH", path, json=body)

    def put(self, path: str, body: dict) -> Facts:
        """Set something."""
        return self._fact("PUT", path, json=body)

    def delete(self, path: str) -> None:
        """Take something away; that it is gone already is fine."""
        try:
            self._send("DELETE", self._address(path))
        except GitHubError as error:
            if not answers.is_absence(error):
                raise

    def upload(self, template: str, part: Part, find: Callable[[], dict | None]) -> dict:
        """Send a file, or a part of one, to a release's `upload_url`; `find` looks for it as for `create`."""
        return once(lambda: self._upload(template.partition("{")[0], part), find)

    def download(self, path: str, file: BinaryIO, label: str, size: int | None = None) -> None:
        """Write the bytes at a path into an open file, going on where a broken connection stopped.

        Where their `size` is known, fewer are a broken connection too.
        """
        accept = {"Accept": "application/octet-stream"}
        again = self._retrying(answers.is_passing)
        _stream(self._session, self._address(path), Download(file, label, size), self._auth, accept, again)

    def _upload(self, address: str, part: Part) -> Facts:
        headers = {"Content-Type": "application/octet-stream"}
        with console.progress(f"sending {part.name}") as show:
            body = Upload(part, show) if part.size else b""
            options = {"params": {"name": part.name}, "data": body, "headers": headers, "timeout": UPLOAD_TIMEOUT}
            return answers.fact(self._call("POST", address), self._send("POST", address, **options)[0])

    def _fact(self, method: str, path: str, **options: object) -> Facts:
        address = self._address(path)
        return answers.fact(self._call(method, address), self._send(method, address, **options)[0])

    def _send(
        self, method: str, address: str, *, is_harmless: bool = False, **options: object
    ) -> tuple[object, str | None]:
        """Return what a whole answer that is a success holds, and the address of the page after it.

        What is harmless may be sent again whatever its method.
        """
        worth = answers.is_passing if is_harmless or method in IDEMPOTENT else answers.is_limited
        call = self._call(method, address)
        options = {"timeout": TIMEOUT, "auth": self._auth} | options

        def attempt() -> tuple[object, str | None]:
            with told(call):
                answer = self._session.request(method, address, **options)
                _accept(call, answer)
                return _content(call, answer), answer.links.get("next", {}).get("url")

        found = self._retrying(worth)(attempt)
        self._is_seen = self._is_seen or address.startswith(self._address(""))
        return found

    def _retrying(self, worth: Callable[[BaseException], bool]):
        return retrying(worth if self.is_patient else lambda error: False)

    def _checked(self, address: str) -> str:
        if not address.startswith(f"{self._api}/"):
            raise refuse(self._short(address), "is no page of this server's; check GITHUB_API_URL")
        return address

    def _address(self, path: str) -> str:
        below = path if path.startswith("/") else f"/repos/{self.repository}/{path}".rstrip("/")
        return f"{self._api}{below}"

    def _call(self, method: str, address: str) -> str:
        return f"{method} {self._short(address)}"

    def _short(self, address: str) -> str:
        return address.partition("?")[0].removeprefix(self._api)


def download(address: str, file: BinaryIO) -> None:
    """Write what a public https address holds into an open file; raise RegistryError when it can't."""
    with Session() as session:
        del session.adapters["http://"]  # a redirect must not leave https
        label = address.partition("?")[0].rsplit("/", 1)[-1]
        _stream(session, address, Download(file, label), _Bearer(None), {}, retrying(answers.is_passing))


def _stream(session, address: str, download: Download, auth: "_Bearer", headers: dict[str, str], again) -> None:
    """Write what an address holds; each new attempt, of which `again` makes some, goes on where the last one stopped."""
    call = f"GET {address.partition('?')[0]}"

    def attempt() -> bool:
        """Say whether all is there; an attempt that broke, but brought something new, has not failed."""
        reached = download.reached
        asked = {"headers": headers | download.headers(), "stream": True, "timeout": TIMEOUT, "auth": auth}
        try:
            with told(call), session.get(address, **asked) as answer:
                if not download.is_all_there(answer.status_code):
                    _accept(call, answer)
                    download.take(call, answer)
        except GitHubError as error:
            if download.reached == reached:
                raise
            console.warn(f"{error.brief}; going on after {download.reached:,} bytes")
            return False
        return True

    while not again(attempt):
        pass


@contextmanager
def told(call: str) -> Iterator[None]:
    """Tell what went wrong with a call in plain words."""
    try:
        yield
    except _Moved as error:
        raise answers.moved(call, error.response.status_code, error.request.url) from None
    except requests.exceptions.InvalidSchema:
        raise refuse(call, "leads to an address without https; write one that does not") from None
    except (requests.exceptions.InvalidURL, requests.exceptions.TooManyRedirects):
        raise refuse(call, "leads nowhere; check the address that it starts from") from None
    except requests.exceptions.SSLError as error:
        text = f"the server can't be trusted: {' '.join(str(error.args[0].reason).split())[:200]}"
        raise refuse(call, f"{text}; check the address, or name its authority in REQUESTS_CA_BUNDLE") from None
    except requests.RequestException as error:
        raise answers.silence(call, _reason(error)) from None


def _accept(call: str, answer: requests.Response) -> None:
    if not HTTPStatus.OK <= answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
        raise answers.refusal(call, answer.status_code, answer.headers, answer.content, time.time())


def _content(call: str, answer: requests.Response) -> object:
    """Return the JSON of an answer; one that was cut short, perhaps to nothing, is none."""
    hook = partial(Facts, call)
    return hook({}) if answer.status_code == HTTPStatus.NO_CONTENT else answer.json(object_hook=hook)


def _reason(error: requests.RequestException) -> str:
    """Why, in one line; without addresses, which may be signed."""
    words = {
        requests.exceptions.ConnectTimeout: "nobody answered in time",
        requests.exceptions.ReadTimeout: f"nothing came for {TIMEOUT[1]} s",
        requests.exceptions.ConnectionError: "the connection could not be made, or broke",
        requests.exceptions.ChunkedEncodingError: "the answer was cut short",
        requests.exceptions.JSONDecodeError: "the answer is no JSON, or was cut short",
    }
    return next((text for kind, text in words.items() if isinstance(error, kind)), type(error).__name__)


class _Moved(requests.RequestException):
    """A write was redirected in a way that would make it a read, or take its body away."""


class Session(requests.Session):
    """Its redirects take no token to another host and no password out of ~/.netrc, and leave writes whole."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        try:
            target = super().get_redirect_target(resp)
            _ = urlsplit(target or "").port
        except ValueError:
            raise requests.exceptions.InvalidURL(response=resp) from None
        return target

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        if self.should_strip_auth(response.request.url, prepared_request.url):
            prepared_request.headers.pop("Authorization", None)

    def rebuild_method(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        if prepared_request.method != "GET" and response.status_code not in WHOLE:
            raise _Moved(request=prepared_request, response=response)


class _Bearer(requests.auth.AuthBase):
    """Puts the token, if there is one, on a request of ours: no password out of ~/.netrc comes in its place."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request
