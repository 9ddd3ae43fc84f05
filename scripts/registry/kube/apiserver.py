"""A Kubernetes API server, asked as the kubeconfig or the pod's service account says. The one door to kubernetes."""

import json
import logging
import math
import os
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import urllib3
from kubernetes import client, config
from kubernetes.client.exceptions import OpenApiException
from kubernetes.config import kube_config

from registry.errors import Problem, RegistryError, one_line, refuse
from registry.kube.objects import MANAGER, Object

TIMEOUT = (10, 30)  # seconds: to connect, and between two bytes
PAGE = 500
LONGEST = 300  # characters of the server's own words
APPLY, MERGE, JSON = "application/apply-patch+yaml", "application/merge-patch+json", "application/json"
LOGIN = "the login is missing, wrong or expired; look at it with `kubectl auth whoami`"
ROLE = "let the role of who deploys allow that: environments/TARGETS.md has one"
MEND = "mend that, in target.overrides where it comes from there"
ADVICE = {
    400: MEND,
    401: LOGIN,
    403: "that is no matter of roles: look at the cluster's policies, quotas and webhooks, and at target.overrides",
    404: "check target.context and target.namespace, and what is installed there",
    409: "run the same again",
    422: MEND,
}
BUSY = "run the same again in a while"
FORBIDDEN = re.compile(r'User "(?P<who>[^"]*)" cannot ')  # so says what knows roles; webhooks and quotas say otherwise
UNKNOWN = b"404 page not found"  # what Kubernetes says of a group that it does not have
USER = re.compile("//[^/@]*@")
CONFLICT = re.compile(r'conflict with "([^"]*)"')


class Refusal(RegistryError):
    """A call that failed: the status of the answer, 0 without one, and the fields that others hold, each with whose it is."""

    def __init__(self, problem: Problem, status: int, holders: Mapping[str, str]) -> None:
        super().__init__(problem)
        self.status = status
        self.holders = holders


class ApiServer:
    """A cluster. Calls raise Refusal, in one line, and are not repeated: what deploys comes back and goes on."""

    def __init__(self, context: str | None, patience: float = math.inf) -> None:
        """`context` is one of the kubeconfig; None for the current one or, where there is none, that of the pod.

        Who has `patience` for so many seconds waits no longer for a call than that, and than the usual.
        """
        self._client = client.ApiClient(_settings(context))
        self._timeout = tuple(min(one, patience / 2) for one in TIMEOUT)

    def get(self, path: str) -> Object:
        """Return what is at a path."""
        return self._send("GET", path)

    def find(self, path: str) -> Object | None:
        """Return what is at a path, or None where there is nothing."""
        try:
            return self.get(path)
        except Refusal as refusal:
            if refusal.status != HTTPStatus.NOT_FOUND:
                raise
            return None

    def listed(self, path: str, selector: str) -> Iterator[Object]:
        """Yield the objects below a path that have some labels, whole, page by page."""
        following = ""
        while True:
            query = [("labelSelector", selector), ("limit", PAGE), *([("continue", following)] if following else [])]
            page = self._send("GET", path, query)
            if "items" not in page:
                raise _strange(f"GET {path}", "a list without items")
            kind, version = page["kind"].removesuffix("List"), page["apiVersion"]
            yield from ({"apiVersion": version, "kind": kind} | one for one in page["items"] or [])
            if not (following := page["metadata"].get("continue", "")):
                return

    def apply(self, path: str, body: Object, *, force: bool = False, rehearse: bool = False) -> Object:
        """Make an object have the fields of `body`, as ours, and return it; of fields that others hold it is refused.

        Forced, they become ours. What we held and is not in `body` any more goes. A rehearsal changes nothing.
        """
        query = [("fieldManager", MANAGER), ("force", str(force).lower()), *([("dryRun", "All")] if rehearse else [])]
        return self._send("PATCH", path, query, body, APPLY)

    def create(self, path: str, body: Object) -> Object:
        """Make an object below a path; refused with 409 where there is one of its name."""
        return self._send("POST", path, [("fieldManager", MANAGER)], body, JSON)

    def replace(self, path: str, body: Object) -> Object:
        """Put an object in place of what is there; refused with 409 where that changed since it was read."""
        return self._send("PUT", path, [("fieldManager", MANAGER)], body, JSON)

    def merge(self, path: str, body: Object) -> Object:
        """Set some fields of an object, whoever holds them."""
        return self._send("PATCH", path, [("fieldManager", MANAGER)], body, MERGE)

    def delete(self, path: str, found: Object) -> None:
        """Take an object away, if it still is the one that was found; that it is gone already is fine."""
        try:
            self._send("DELETE", path, [], {"preconditions": {"uid": found["metadata"]["uid"]}}, JSON)
        except Refusal as refusal:
            if refusal.status != HTTPStatus.NOT_FOUND:
                raise

    def _send(
        self, method: str, path: str, query: list[tuple] = (), body: Object | None = None, content: str = ""
    ) -> Any:
        call = f"{method} {path}"
        headers = {"Accept": JSON, **({"Content-Type": content} if content else {})}
        text = json.dumps(body) if body else None
        with _told(call, self._client.configuration.host, self._timeout[1]), _logged() as failures:
            # the library prepares a call's login, and sends texts of this kind as they are
            words = self._client.param_serialize(
                method, path, query_params=[*query], header_params=headers, auth_settings=["BearerToken"]
            )
            if failures:  # what it was told before has expired
                raise refuse(kube_config.KUBE_CONFIG_DEFAULT_LOCATION, _no_login(failures[0]))
            answer = self._client.call_api(
                words[0], words[1], words[2], text if content == APPLY else body, _request_timeout=self._timeout
            )
            status, found = answer.status, answer.read()
        return _accepted(call, status, found)


def _settings(context: str | None) -> client.Configuration:
    settings = client.Configuration()
    settings.retries = False  # each of which would be a warning
    place = kube_config.KUBE_CONFIG_DEFAULT_LOCATION
    try:
        with _logged() as failures:
            if context is None and not _is_there(place):
                config.load_incluster_config(settings)
            else:
                config.load_kube_config(context=context, client_configuration=settings, persist_config=False)
    except config.ConfigException as error:
        raise refuse(place, f"{_plain(error)}; {_advice(place, context)}") from None
    except (OSError, kube_config.yaml.YAMLError, ValueError, TypeError, AttributeError, LookupError) as error:
        raise refuse(place, f"can't be read: {_plain(error)}; look at it with `kubectl config view`") from None
    if failures:
        raise refuse(place, _no_login(failures[0]))
    return settings


@contextmanager
def _logged() -> Iterator[list[str]]:
    """Keep what the library only logs: it goes on without a login where the program for that failed."""
    found: list[str] = []
    keeper = logging.Handler(logging.ERROR)
    keeper.addFilter(lambda record: record.module == kube_config.__name__.rpartition(".")[2])
    keeper.emit = lambda record: found.append(record.getMessage())
    logging.getLogger().addHandler(keeper)
    try:
        yield found
    finally:
        logging.getLogger().removeHandler(keeper)


def _no_login(why: str) -> str:
    return f"the program that it names gives no login: {_plain(why)}; run that by hand, and mend it"


def _is_there(place: str) -> bool:
    return any(os.path.exists(os.path.expanduser(one)) for one in place.split(os.pathsep))


def _advice(place: str, context: str | None) -> str:
    if not _is_there(place):
        return "write a kubeconfig, name one in KUBECONFIG, or run this in the cluster"
    return "`kubectl config get-contexts` lists what target.context may be"


def _accepted(call: str, status: int, content: bytes) -> Any:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if content.strip() == UNKNOWN:
        text = f"is nothing that this cluster knows; {ADVICE[HTTPStatus.NOT_FOUND]}"
        raise Refusal(Problem(call, 0, "", text), HTTPStatus.NOT_FOUND, {})
    if not isinstance(found, dict) or "kind" not in found:
        raise _strange(call, str(status))
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return found
    said = _plain(found.get("message") or f"refused with {status}")
    raise Refusal(Problem(call, 0, "", f"{said}; {_usual(status, said)}"), status, _holders(found))


def _strange(call: str, what: str) -> Refusal:
    text = f"answers {what} with what is no answer of Kubernetes; check the address of the cluster in the kubeconfig"
    return Refusal(Problem(call, 0, "", text), 0, {})


def _usual(status: int, said: str) -> str:
    """Return what to do about a refusal, by its status and the server's own words."""
    if status == HTTPStatus.FORBIDDEN and (told := FORBIDDEN.search(said)):
        return LOGIN if told["who"] == "system:anonymous" else ROLE
    return ADVICE.get(status, BUSY)


def _holders(found: Mapping) -> dict[str, str]:
    """Return the fields of a conflict, each with whose it is."""
    causes = (found.get("details") or {}).get("causes") or []
    named = {one.get("field", ""): CONFLICT.search(str(one.get("message", ""))) for one in causes}
    return {field: match[1] for field, match in named.items() if match}


@contextmanager
def _told(call: str, host: str, seconds: float) -> Iterator[None]:
    """Tell what kept a call from an answer in plain words: without the login, in the address or in an error's text."""
    try:
        yield
    except (OpenApiException, urllib3.exceptions.HTTPError, OSError) as error:
        raise Refusal(Problem(call, 0, "", _reason(error, USER.sub("//", host), seconds)), 0, {}) from None
    except config.ConfigException as error:  # that login is read anew now and then
        text = f"the login can't be read any more: {_plain(error)}; look at it with `kubectl config view`"
        raise Refusal(Problem(call, 0, "", text), 0, {}) from None
    except ValueError:
        text = "the login or the address can't be sent: it has a line feed or another character that none has"
        raise Refusal(Problem(call, 0, "", f"{text}; mend the kubeconfig"), 0, {}) from None


def _reason(error: Exception, host: str, seconds: float) -> str:
    inner = getattr(error, "reason", None) or error
    if isinstance(inner, (urllib3.exceptions.SSLError, ssl.SSLError)) or "SSLError" in str(inner):
        advice = "check the cluster's address and certificate-authority in the kubeconfig"
        return f"{host} can't be trusted: {_plain(inner)}; {advice}"
    if isinstance(inner, urllib3.exceptions.TimeoutError) and not isinstance(
        inner, urllib3.exceptions.ConnectTimeoutError
    ):
        return f"nothing came from {host} in {seconds:g} s; run the same again"
    return f"{host} does not answer: the connection could not be made, or broke; run the same again when it does"


def _plain(error: object) -> str:
    return one_line(" ".join(str(error).split()), LONGEST)
