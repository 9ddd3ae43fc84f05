"""What GitHub's answers mean: for each refusal which call it was, what it usually means and what to do."""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus

from registry.errors import Problem, RegistryError, one_line
from registry.github import limits

LONGEST = 300  # characters of the server's own words
MOST_COUNTED = 1000  # items; of a longer list GitHub gives no more, whatever its total_count says
ADVICE = {
    401: "the token is expired, revoked or for another server; set GITHUB_TOKEN to one that is valid",
    404: (
        "it does not exist, or the token may not see it, as with a private repository; "
        "check --repository and GITHUB_TOKEN"
    ),
    409: "somebody changed it at the same moment; run the same command again",
    410: "it has expired; make it again",
    422: "the server refuses what was asked",
    429: "too many calls; run the same command again in an hour",
}
STATUS = {  # the statuses of REST that say what queries call so
    "FORBIDDEN": HTTPStatus.FORBIDDEN,
    "INSUFFICIENT_SCOPES": HTTPStatus.FORBIDDEN,
    "NOT_FOUND": HTTPStatus.NOT_FOUND,
    "RATE_LIMITED": HTTPStatus.TOO_MANY_REQUESTS,
}
CHECK = "check GITHUB_API_URL, and the proxy if there is one"


class GitHubError(RegistryError):
    """A call that was no success.

    `status` is None when no whole answer came: the call may have been carried out. `wait` is how many seconds the
    server wants to be left alone, None when it said nothing of the kind. `said` are GitHub's own words, none where it
    was not GitHub that answered.
    """

    def __init__(
        self, call: str, what: str, to_do: str, status: int | None, wait: float | None = None, said: str = ""
    ) -> None:
        super().__init__(Problem(call, 0, "", f"{what}; {to_do}"))
        self.brief = f"{call}: {what}"
        self.status = status
        self.wait = wait
        self.said = said


class Facts(dict):
    """A JSON object out of an answer. What it should hold and does not is an error that names the call."""

    def __init__(self, call: str, found: dict) -> None:
        super().__init__(found)
        self._call = call

    def __missing__(self, name: str) -> object:
        raise strange(self._call, f"has no {name}")


def is_limited(error: BaseException) -> bool:
    """Say whether the server refused because it was asked too often: it has done nothing."""
    return isinstance(error, GitHubError) and error.wait is not None and not is_unsure(error)


def is_unsure(error: BaseException) -> bool:
    """Say whether the server may have done what was asked although it did not say so."""
    return isinstance(error, GitHubError) and (error.status is None or error.status >= 500)


def is_passing(error: BaseException) -> bool:
    """Say whether the same call may well succeed a little later."""
    return is_limited(error) or is_unsure(error)


def is_absence(error: GitHubError) -> bool:
    """Say whether GitHub says that there is nothing; the 404 of a proxy says no such thing."""
    return error.status == HTTPStatus.NOT_FOUND and bool(error.said)


def is_hidden(error: GitHubError) -> bool:
    """Say whether GitHub refuses to tell, to this token or on this plan; what is asked too often is another matter."""
    return not is_limited(error) and (error.status == HTTPStatus.FORBIDDEN or is_absence(error))


def silence(call: str, reason: str) -> GitHubError:
    """Return the error for a call to which no whole answer came."""
    return GitHubError(call, f"no answer: {reason}", "check the network and run the same command again", None)


def strange(call: str, what: str) -> GitHubError:
    """Return the error for an answer that is a success, and not what GitHub answers."""
    return GitHubError(call, f"the answer is not GitHub's: it {what}", CHECK, None)


def moved(call: str, status: int, address: str) -> GitHubError:
    """Return the error for a write that was redirected and would not arrive as one."""
    place = re.sub(r"//[^/@]*@", "//", address.partition("?")[0])
    name = re.search(r"/repos/([\w.-]+/[\w.-]+)", place, re.ASCII)
    if name and f"/repos/{name[1]}" not in call:
        return GitHubError(call, f"the repository moved to {name[1]}", f"write --repository {name[1]}", status)
    what = f"{status}: nothing was written, since it was redirected to {one_line(place)}"
    return GitHubError(call, what, "check --repository and GITHUB_API_URL", status)


def refusal(call: str, status: int, headers: Mapping[str, str], body: bytes, now: float) -> GitHubError:
    """Return the error for an answer that is no success; `now` is the time in seconds, to tell how long to wait."""
    said, now = _words(body), limits.clock(headers, now)
    wait = limits.wait(status, headers, said, now)
    advice = _advice(status, headers, said, None if wait is None else limits.until(wait, now))
    return GitHubError(call, named(status, said), advice, status, wait, said)


def named(status: int, said: str) -> str:
    """Return a status with its name, and the server's own words where it had some: 403 forbidden (no)."""
    name = HTTPStatus(status).phrase.lower() if status in HTTPStatus._value2member_map_ else "unknown"
    return f"{status} {name}{f' ({said})' if said else ''}"


def fact(call: str, content: object) -> Facts:
    """Return the object that an answer is; raise GitHubError when it is none."""
    if not isinstance(content, Facts):
        raise strange(call, "is no object")
    return content


def found(call: str, content: object) -> Facts:
    """Return what a query found; raise GitHubError when GitHub could not tell all of it, which it says with a 200."""
    errors = items(call, content, "errors") if isinstance(content, Facts) and content.get("errors") else []
    if errors:
        said = one_line(str(errors[0].get("message", "")), LONGEST)
        status = STATUS.get(errors[0].get("type"), HTTPStatus.UNPROCESSABLE_ENTITY)
        advice = _advice(status, {}, said, None)
        raise GitHubError(call, f"{status.value} {status.phrase.lower()} ({said})", advice, status, None, said)
    return fact(call, fact(call, content)["data"])


def items(call: str, page: object, key: str | None) -> list[Facts]:
    """Return the items of a page of a list; raise GitHubError when it is no such page."""
    found = page.get(key) if key and isinstance(page, Facts) else page
    if not isinstance(found, list) or not all(isinstance(one, Facts) for one in found):
        raise strange(call, "is no list of objects")
    return found


def check_count(call: str, page: object, count: int) -> None:
    """Raise GitHubError when a list ends after fewer items than its last page says that there are."""
    total = page.get("total_count", 0) if isinstance(page, Facts) else 0
    if isinstance(total, int) and count < min(total, MOST_COUNTED):
        raise GitHubError(call, f"the list ends after {count} of {total} items", "run the same command again", None)


def _words(body: bytes) -> str:
    """Return what the server said, on one line."""
    try:
        content = json.loads(body)
        errors = content.get("errors", [])
        reasons = [_reason(one) for one in ([errors] if isinstance(errors, str) else errors)]
        words = ": ".join([str(content.get("message") or ""), *reasons])
        return one_line(" ".join(words.split()), LONGEST)
    except (ValueError, AttributeError, TypeError):
        return ""


def _reason(error: object) -> str:
    if not isinstance(error, dict):
        return str(error)
    return str(error.get("message") or f"{error.get('field', '')} {error.get('code', '')}".strip())


def _advice(status: int, headers: Mapping[str, str], said: str, until: str | None) -> str:
    if until and status < 500:
        return f"too many calls; the server wants none before {until}; run the same command again then"
    if status >= 500:
        when = f", and wants no call before {until}; run the same command again then"
        return f"the server has trouble{when if until else '; run the same command again in a while'}"
    if status == 403:
        needed = headers.get("X-Accepted-GitHub-Permissions", "").replace("=", ": ")
        right = f"the permission {needed}" if needed else "that permission"
        return f"the token may not do this; give the job, or the token, {right}"
    if status == 404 and not said:
        return f"it is not GitHub that says so; {CHECK}"
    return ADVICE.get(status, "the server refuses it")
