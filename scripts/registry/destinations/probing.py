"""An endpoint asked: which versions it serves, and whether they answer as when they were judged. A door to requests.

It follows no redirect and sends no password, and each answer comes whole within its deadline or is none.
"""

import json
import time
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

import requests
import urllib3

from registry.environments.terms import MODEL
from registry.errors import Problem, RegistryError, one_line, refuse

if TYPE_CHECKING:  # `status` asks for states, and has no NumPy
    from registry.artifacts.golden import Golden

AVAILABLE = "AVAILABLE"
LARGEST = 64 * 1024 * 1024  # bytes of an answer
PIECE = 64 * 1024
DEADLINE = 30  # seconds
LONGEST = 300  # characters of the server's own words
# from those that do not serve what is asked for, such as pods that are on their way out
ELSEWHERE = {404, 502, 503, 504}
CHECK = "check target.endpoint"
ENDS = {"v1": ":predict", "v2": "/infer"}  # of the path where a protocol takes predictions


class Silence(RegistryError):
    """No server of what was asked for answered: nobody did, or somebody else. That may pass, and is no version's fault."""


class Endpoint:
    """A model server's address, or with {model} those of several. What goes wrong with a call is one RegistryError."""

    def __init__(self, address: str, deadline: float = DEADLINE) -> None:
        """`deadline` is how many seconds an answer may take, from the call to its last byte."""
        self.address = address.rstrip("/")
        self._deadline = deadline
        self._session = requests.Session()
        self._session.auth = lambda request: request  # nor a password out of ~/.netrc

    def states(self, model: str) -> dict[int, str]:
        """Return the state of each version of a model that TensorFlow Serving knows: AVAILABLE, LOADING, END, … and why."""
        url = self._url(model, f"/v1/models/{model}")
        status, answer = self._ask(url)
        if status == HTTPStatus.NOT_FOUND and "error" in answer:
            return {}
        self._accept(url, status, answer)
        try:
            return {int(one["version"]): _state(one) for one in answer["model_version_status"]}
        except (LookupError, TypeError, ValueError, AttributeError):
            raise refuse(url, f"answers with JSON that is not TensorFlow Serving's; {CHECK}") from None

    def labelled(self, model: str, label: str) -> int | None:
        """Return which version a label of TensorFlow Serving's leads to, None where it leads to none that answers."""
        url = self._url(model, f"/v1/models/{model}/labels/{label}/metadata")
        status, answer = self._ask(url)
        if status != HTTPStatus.OK and "error" in answer:
            return None
        self._accept(url, status, answer)
        try:
            return int(answer["model_spec"]["version"])
        except (LookupError, TypeError, ValueError):
            raise refuse(url, f"answers with JSON that is not TensorFlow Serving's; {CHECK}") from None

    def is_ready(self, model: str, number: int | None = None) -> bool:
        """Say whether a model, or one version of it, is ready by the Open Inference Protocol; its body may be empty."""
        url = self._url(model, f"/v2/models/{model}{_version(number)}/ready")
        status, content, kind = self._fetch(url)
        if status == HTTPStatus.OK and not content.strip():
            return True
        answer = self._parsed(url, status, content, kind)
        return status == HTTPStatus.OK and answer.get("ready", True) is True

    def prove(
        self, known: "Golden", model: str, number: int | None = None, label: str = "", protocol: str = "v1"
    ) -> None:
        """Raise RegistryError unless golden predictions come back: of a version by its number or label, or of the usual one.

        Labels are TensorFlow Serving's, and v1's only.
        """
        from registry.artifacts import golden

        which = f"/labels/{label}" if label else _version(number)
        url = self._url(model, f"/{protocol}/models/{model}{which}{ENDS[protocol]}")
        golden.compare(known, partial(self._answer, url, protocol, known.outputs), url)

    def text(self, path: str, model: str = "") -> str:
        """Return what is at a path as text, such as the metrics there, of a model where each has its own address."""
        url = self._url(model, path)
        status, content, _ = self._fetch(url)
        if status != HTTPStatus.OK:
            raise refuse(url, f"refuses ({status}); {CHECK}")
        return content.decode("utf-8", "replace")

    def _url(self, model: str, path: str) -> str:
        return self.address.replace(MODEL, model) + path

    def _answer(self, url: str, protocol: str, outputs: Mapping, inputs: Mapping) -> Mapping:
        from registry.protocols import enquiries

        protocols = {"v1": (enquiries.predict, enquiries.predicted), "v2": (enquiries.infer, enquiries.inferred)}
        request, answered = protocols[protocol]
        status, answer = self._ask(url, *request(inputs))
        self._accept(url, status, answer)
        try:
            return answered(answer, outputs)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            text = f"answers golden inputs with what are no predictions ({one_line(str(error))})"
            raise refuse(url, f"{text}; {CHECK}") from None

    def _ask(self, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> tuple[int, dict]:
        return (found := self._fetch(url, body, headers))[0], self._parsed(url, *found)

    def _accept(self, url: str, status: int, answer: dict) -> None:
        if status != HTTPStatus.OK:
            kind = Silence if status in ELSEWHERE else RegistryError
            said = one_line(str(answer.get("error", answer)), LONGEST)
            raise kind(Problem(url, 0, "", f"refuses ({status}): {said}"))

    def _parsed(self, url: str, status: int, content: bytes, kind: str) -> dict:
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            answer = None
        if isinstance(answer, dict):
            return answer
        is_page = "html" in kind or content.lstrip()[:1] == b"<"
        what = "HTML" if is_page else "what is no JSON object" if content.strip() else "nothing"
        raise _silence(url, f"answers {status} with {what}, as no model server does; {CHECK}")

    def _fetch(
        self, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, str]:
        """Return the status of an answer, its body, and what kind that is."""
        end = time.monotonic() + self._deadline
        head = {"Content-Type": "application/json"} | dict(headers or {}) if body else headers
        options = {"data": body, "headers": head, "timeout": self._deadline, "stream": True, "allow_redirects": False}
        try:
            with self._session.request("POST" if body else "GET", url, **options) as answer:
                if answer.is_redirect:
                    where = one_line(answer.headers["Location"], LONGEST)
                    raise _silence(url, f"is redirected to {where}; write the address that serves into target.endpoint")
                return answer.status_code, self._content(url, answer, end), answer.headers.get("Content-Type", "")
        except requests.exceptions.SSLError as error:
            text = f"the server can't be trusted: {_reason(error)}"
            raise _silence(url, f"{text}; {CHECK}, or name its authority in REQUESTS_CA_BUNDLE") from None
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, UnicodeError):
            raise _silence(url, f"is no address that can be asked; {CHECK}") from None
        except (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError):
            raise self._late(url) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError):
            text = "nobody answers: the connection could not be made, or broke"
            raise _silence(url, f"{text}; start the server, or {CHECK}") from None

    def _content(self, url: str, answer: requests.Response, end: float) -> bytes:
        """Return a body, read as it comes: drop by drop it could take any time."""
        content = bytearray()
        while part := answer.raw.read1(PIECE, decode_content=True):
            content += part
            if len(content) > LARGEST:
                raise _silence(url, f"answers with more than {LARGEST:,} bytes; {CHECK}")
            if time.monotonic() > end:
                raise self._late(url)
        return bytes(content)

    def _late(self, url: str) -> Silence:
        return _silence(url, f"gave no whole answer in {self._deadline:g} s; look at the server's log, or {CHECK}")


def _silence(url: str, text: str) -> Silence:
    return Silence(Problem(url, 0, "", text))


def _version(number: int | None) -> str:
    return "" if number is None else f"/versions/{number}"


def _state(one: dict) -> str:
    why = one.get("status", {}).get("error_message", "")
    return f"{one['state']}: {one_line(why, LONGEST)}" if why else one["state"]


def _reason(error: requests.exceptions.SSLError) -> str:
    inner = getattr(error.args[0], "reason", error.args[0]) if error.args else error
    return one_line(" ".join(str(inner).split()), 200)
