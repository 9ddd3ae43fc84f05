"""What GitHub's answers mean: for each refusal which call it was, what it usually means and what to do."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from registry.errors import Problem, RegistryError

LONGEST = 300  # characters of the server's own words
ADVICE = {
    401: "the token is expired, revoked or for another server; set GITHUB_TOKEN to one that is valid",
    404: (
        "it does not exist, or the token may not see it, as with a private repository; "
        "check --repository and GITHUB_TOKEN"
    ),
    409: "somebody changed it at the same moment; run the same command again",
    410: "it has expired; make it again",
    422: "the server refuses what was asked",
}


class GitHubError(RegistryError):
    """A call that was no success.

    `status` is None when no whole answer came: the call may have been carried out. `wait` is how many seconds the server
    wants to be left alone, None when it said nothing of the kind. `codes` are a 422's reasons, such as already_exists.
    """

    def __init__(
        self, call: str, what: str, to_do: str, status: int | None, wait: float | None = None, codes: Iterable[str] = ()
    ) -> None:
        super().__init__(Problem(call, 0, "", f"{what}; {to_do}"))
        self.brief = f"{call}: {what}"
        self.status = status
        self.wait = wait
        self.codes = frozenset(codes)


def is_limited(error: BaseException) -> bool:
    """Say whether the server refused because it was asked too often: it has done nothing."""
    return isinstance(error, GitHubError) and error.wait is not None


def is_unsure(error: BaseException) -> bool:
    """Say whether the server may have done what was asked although it did not say so."""
    return isinstance(error, GitHubError) and (error.status is None or error.status >= 500)


def is_passing(error: BaseException) -> bool:
    """Say whether the same call may well succeed a little later."""
    return is_limited(error) or is_unsure(error)


def silence(call: str, reason: str) -> GitHubError:
    """Return the error for a call to which no whole answer came."""
    return GitHubError(call, f"no answer: {reason}", "check the network and run the same command again", None)


def refusal(call: str, status: int, headers: Mapping[str, str], body: bytes, now: float) -> GitHubError:
    """Return the error for an answer that is no success; `now` is the time in seconds, to tell how long to wait."""
    said, codes = _words(body)
    wait = _wait(status, headers, said, now)
    advice = _advice(status, headers, wait, now)
    name = HTTPStatus(status).phrase.lower() if status in HTTPStatus._value2member_map_ else "unknown"
    return GitHubError(call, f"{status} {name}{f' ({said})' if said else ''}", advice, status, wait, codes)


def items(call: str, page: object, key: str | None) -> list[dict]:
    """Return the items of a page of a list; raise GitHubError when it is no such page."""
    found = page.get(key) if key and isinstance(page, dict) else page
    if not isinstance(found, list):
        raise silence(call, "the answer is no list")
    return found


def _words(body: bytes) -> tuple[str, list[str]]:
    """Return what the server said, on one line, and the codes of its reasons."""
    try:
        content = json.loads(body)
        errors = [one if isinstance(one, dict) else {"message": str(one)} for one in content.get("errors", [])]
        reasons = [one.get("message") or f"{one.get('field', '')} {one.get('code', '')}".strip() for one in errors]
        words = " ".join(": ".join([str(content.get("message", "")), *reasons]).split())
        return words[:LONGEST], [str(one.get("code", "")) for one in errors]
    except (ValueError, AttributeError, TypeError):
        return "", []


def _wait(status: int, headers: Mapping[str, str], said: str, now: float) -> float | None:
    """Return for how long a limit holds: the server's own Retry-After, or until the count of calls starts anew."""
    if status not in (403, 429):
        return None
    if headers.get("Retry-After", "").isdecimal():
        return float(headers["Retry-After"])
    if headers.get("X-RateLimit-Remaining") == "0" and headers.get("X-RateLimit-Reset", "").isdecimal():
        return max(0.0, int(headers["X-RateLimit-Reset"]) - now) + 1
    return 60.0 if status == 429 or "secondary rate limit" in said else None


def _advice(status: int, headers: Mapping[str, str], wait: float | None, now: float) -> str:
    if wait is not None:
        until = datetime.fromtimestamp(now + wait, UTC).strftime("%H:%M:%S UTC")
        return f"too many calls; the server wants none before {until}; run the same command again then"
    if status == 403:
        needed = headers.get("X-Accepted-GitHub-Permissions", "").replace("=", ": ")
        right = f"the permission {needed}" if needed else "that permission"
        return f"the token may not do this; give the job, or the token, {right}"
    if status >= 500:
        return "the server has trouble; run the same command again in a while"
    return ADVICE.get(status, "the server refuses it")
