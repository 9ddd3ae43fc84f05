"""Who stands behind what was merged, as GitHub alone knows it: who opened it, approved it and merged it."""

from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from registry.github.answers import GitHubError

if TYPE_CHECKING:
    from registry.github.client import GitHub

APPROVED = "APPROVED"
VERDICTS = (APPROVED, "CHANGES_REQUESTED", "DISMISSED")  # one takes the place of that before; a comment does not


class Merged(NamedTuple):
    """A merged pull request: who opened it, who merged it, and who approved its last commit beside them that opened it.

    None is an account that is gone.
    """

    number: int
    title: str
    author: str | None
    merger: str | None
    approvers: tuple[str, ...]
    address: str


def merged(github: "GitHub", commit: str) -> Merged | None:
    """Return the pull request that brought a commit to the default branch, or None."""
    try:
        found = next(github.brought(commit), None)
    except GitHubError as error:
        if error.status == HTTPStatus.UNPROCESSABLE_ENTITY:  # GitHub has no such commit
            return None
        raise
    if found is None:
        return None
    number = found["number"]
    pull = github.get(f"pulls/{number}")
    author, approvers = _login(pull["user"]), approved(github, number, pull["head"]["sha"])
    others = tuple(one for one in approvers if one != author)
    return Merged(number, pull["title"], author, _login(pull["merged_by"]), others, github.site.pull(number))


def approved(github: "GitHub", number: int, commit: str) -> list[str]:
    """Return who approved a commit of a pull request and has not taken that back, in the order of their last word."""
    last: dict[str, bool] = {}
    for one in github.pages(f"pulls/{number}/reviews"):
        login = _login(one["user"])
        if login and one["state"] in VERDICTS:
            last.pop(login, None)
            last[login] = one["state"] == APPROVED and one["commit_id"] == commit
    return [login for login, is_given in last.items() if is_given]


def _login(account: dict | None) -> str | None:
    return account and account["login"]
