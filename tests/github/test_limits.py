"""When a server wants to be left alone, or is in trouble: for how long it is, and what is said aloud."""

from collections.abc import Callable
from email.utils import formatdate
from types import SimpleNamespace

import pytest
from loopback import Call, answering

from registry.github import answers, retries
from registry.github.answers import GitHubError
from registry.github.client import GitHub

NOON = 1_792_584_000.0  # 2026-10-21 12:00:00 UTC
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
ABUSE = "You have triggered an abuse detection mechanism. Please wait a few minutes before you try again."
PRIMARY = "API rate limit exceeded for installation ID 1."


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited each time; nobody does."""
    found: list[float] = []
    monkeypatch.setattr(retries, "time", SimpleNamespace(sleep=found.append))
    return found


def refusal(status: int, headers: dict[str, str], said: str = "no") -> GitHubError:
    """Return the error for an answer that came at noon."""
    return answers.refusal("GET /x", status, headers, f'{{"message": "{said}"}}'.encode(), NOON)


def refusing(status: int, times: int = 99, said: str = "no", **headers: object) -> Callable[[Call], None]:
    """Refuse some times, then answer."""

    def answer(call: Call) -> None:
        if len(call.server.asked) <= times:
            call.reply(status, {"message": said}, **headers)
        else:
            call.reply(200, {"id": 1})

    return answer


TIMES = {
    "12:05:00 UTC": {"Retry-After": "300"},
    "12:00:01 UTC": {"Retry-After": "1.5"},
    "12:10:00 UTC": {"Retry-After": "Wed, 21 Oct 2026 12:10:00 GMT"},
    "12:00:00 UTC": {"Retry-After": "Wed, 21 Oct 2026 11:00:00 GMT"},
    "12:20:01 UTC": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1792585200"},
    "2026-10-22 12:00:00 UTC": {"Retry-After": "86400"},
    "2027-10-21 12:00:00 UTC": {"Retry-After": "99999999999999"},
    "2027-10-21 12:00:00 UTC ": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1792585200000"},
    "12:01:00 UTC": {"Retry-After": "soon"},
}


@pytest.mark.parametrize("until", TIMES)
@pytest.mark.parametrize("status", [403, 429])
def test_the_end_of_a_limit_is_told_however_the_server_names_it(until: str, status: int) -> None:
    name = {403: "403 forbidden", 429: "429 too many requests"}[status]
    assert str(refusal(status, TIMES[until], SECONDARY)) == (
        f"GET /x: {name} ({SECONDARY}); too many calls; the server wants none before {until.strip()}; "
        "run the same command again then"
    )


@pytest.mark.parametrize("said", [SECONDARY, ABUSE, PRIMARY, "API Rate Limit Exceeded"])
def test_a_limit_that_names_no_time_holds_for_a_minute(said: str) -> None:
    assert refusal(403, {}, said).wait == 60


def test_a_missing_permission_is_no_limit() -> None:
    assert refusal(403, {"X-RateLimit-Remaining": "12", "X-RateLimit-Reset": "1792585200"}, "Forbidden").wait is None


@pytest.mark.parametrize("ahead", [-3000, 3000])
def test_a_clock_that_is_wrong_makes_no_wait_shorter_or_longer(ahead: int) -> None:
    theirs = NOON + ahead
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(theirs) + 90)}
    assert refusal(403, headers | {"Date": formatdate(theirs, usegmt=True)}).wait == 91
    after = {"Retry-After": formatdate(theirs + 40, usegmt=True), "Date": formatdate(theirs, usegmt=True)}
    assert refusal(403, after).wait == 40


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_date_that_can_not_be_is_not_believed(date: str) -> None:
    assert refusal(429, {"Retry-After": "Wed, 21 Oct 2026 12:10:00 GMT", "Date": date}).wait == 600


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_the_server_asks_for_is_waited_for_and_said_aloud(
    status: int, waits: list[float], capsys: pytest.CaptureFixture
) -> None:
    with answering(refusing(status, times=1, Retry_After="1.5")) as server:
        assert GitHub(server.url(), "octo/models", None).get("") == {"id": 1}
    name = {429: "429 too many requests", 503: "503 service unavailable"}[status]
    assert waits == [1.5]
    assert capsys.readouterr().err == f"GET /repos/octo/models: {name} (no); again in 1.5 s\n"


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_wait_that_is_too_long_is_not_waited_for(status: int, waits: list[float]) -> None:
    with answering(refusing(status, Retry_After=str(retries.LONGEST_WAIT + 1))) as server:
        with pytest.raises(GitHubError, match=r" none before | no call before .* UTC; run the same command again then"):
            GitHub(server.url(), "octo/models", None).get("")
        assert (waits, len(server.asked)) == ([], 1)


def test_trouble_tells_until_when() -> None:
    assert str(refusal(503, {"Retry-After": "300"})) == (
        "GET /x: 503 service unavailable (no); the server has trouble, and wants no call before 12:05:00 UTC; "
        "run the same command again then"
    )


def test_trouble_is_no_limit_although_the_count_of_calls_is_used_up() -> None:
    assert refusal(502, TIMES["12:20:01 UTC"], PRIMARY).wait is None


def test_trouble_with_what_must_happen_once_is_no_limit_after_which_it_is_repeated(waits: list[float]) -> None:
    with answering(refusing(503, Retry_After="1")) as server:
        with pytest.raises(GitHubError):
            GitHub(server.url(), "octo/models", None).post("releases", {})
        assert (waits, len(server.asked)) == ([], 1)


def test_a_server_in_trouble_is_given_a_minute(waits: list[float]) -> None:
    with answering(refusing(502)) as server:
        with pytest.raises(GitHubError):
            GitHub(server.url(), "octo/models", None).get("")
        assert len(server.asked) == retries.ATTEMPTS
    assert waits == [1, 2, 4, 8, 16, 32]
