"""Who stands behind what was merged, as GitHub alone knows it: who opened it, approved it and merged it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from registry.github.client import GitHub

AT_ONCE = 50  # commits of a query
QUERY = """\
query($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) {
    nameWithOwner
    defaultBranchRef { name }
    COMMITS
  }
}
fragment brought on Commit {
  associatedPullRequests(first: 10) {
    nodes {
      number title merged baseRefName headRefOid
      baseRepository { nameWithOwner }
      author { login }
      mergedBy { login }
      reviews(last: 100, states: [APPROVED, CHANGES_REQUESTED, DISMISSED]) {
        nodes { state author { login } commit { oid } }
      }
    }
  }
}
"""


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


def merged(github: "GitHub", commits: Sequence[str]) -> dict[str, Merged | None]:
    """Return for each commit the pull request that brought it to the default branch, or None where none did."""
    found = {}
    for start in range(0, len(commits), AT_ONCE):
        some = commits[start : start + AT_ONCE]
        asked = "\n    ".join(f'c{place}: object(oid: "{one}") {{ ...brought }}' for place, one in enumerate(some))
        told = github.query(QUERY.replace("COMMITS", asked))
        found |= {one: next(_brought(github, told, told[f"c{place}"]), None) for place, one in enumerate(some)}
    return found


def _brought(github: "GitHub", told: Mapping, commit: Mapping | None) -> Iterator[Merged]:
    """Yield those pull requests of a commit that the default branch got; GitHub tells those of other branches, too."""
    into = told["nameWithOwner"], (told["defaultBranchRef"] or {}).get("name")
    for pull in commit["associatedPullRequests"]["nodes"] if commit else ():
        if pull["merged"] and ((pull["baseRepository"] or {}).get("nameWithOwner"), pull["baseRefName"]) == into:
            author, number = _login(pull["author"]), pull["number"]
            others = tuple(one for one in _approvers(pull) if one != author)
            yield Merged(number, pull["title"], author, _login(pull["mergedBy"]), others, github.site.pull(number))


def _approvers(pull: Mapping) -> list[str]:
    """Return who approved the last commit and has not taken that back, in the order of their last word."""
    last: dict[str, bool] = {}
    for one in pull["reviews"]["nodes"]:
        if login := _login(one["author"]):
            last.pop(login, None)
            is_last = (one["commit"] or {}).get("oid") == pull["headRefOid"]
            last[login] = one["state"] == "APPROVED" and is_last
    return [login for login, is_given in last.items() if is_given]


def _login(account: Mapping | None) -> str | None:
    return account and account["login"]
