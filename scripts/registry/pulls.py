"""Pull requests that the registry opens, and its one comment on a person's: made through the API, so commits are verified."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from registry.answers import GitHubError
from registry.errors import refuse
from registry.github import GitHub

SEAL = "<!-- written by the registry; sha256:{digest} -->"
MAY_NOT = "not permitted to create or approve pull requests"


@dataclass(frozen=True)
class Proposal:
    """A change of files (path -> text) on a branch of its own, and the words that a person reads before merging it."""

    branch: str
    title: str
    body: str
    files: Mapping[str, str]

    @property
    def text(self) -> str:
        """The body with its seal: a body whose seal does not fit was edited by a person."""
        return f"{self.body}\n{_seal(self.body)}"


@dataclass(frozen=True)
class Opened:
    """What became of a proposal: the pull request's address and number, what was done, and whether it waits for a merge."""

    address: str
    number: int
    done: str
    is_open: bool

    @property
    def told(self) -> str:
        """What was done, in a few words, and where."""
        return f"{self.done}: {self.address}"


def propose(github: GitHub, proposal: Proposal) -> Opened:
    """Open a pull request, or bring the open one up to date; leave one that a person edited, or closed, as it is."""
    base = github.default_branch
    pulls = _pulls(github, proposal.branch)
    pull = next((one for one in pulls if one["state"] == "open"), None)
    if pull is None:
        return _open(github, proposal, base, pulls)
    if not _is_ours(github, proposal, base, pull):
        return _told(pull, "left alone, since somebody edited it (close it to get a new one)", is_open=False)
    if pull["title"] == proposal.title and _body(pull) == proposal.text:
        return _told(pull, "open already")
    _push(github, proposal, base)
    pull = github.patch(f"pulls/{pull['number']}", {"title": proposal.title, "body": proposal.text})
    return _told(pull, "brought up to date")


def _open(github: GitHub, proposal: Proposal, base: str, pulls: list[dict]) -> Opened:
    declined = next((one for one in pulls if one["title"] == proposal.title and one["merged_at"] is None), None)
    if declined:
        return _told(declined, "not opened again, since somebody closed it (reopen it, or promote by hand)", is_open=False)
    _push(github, proposal, base)
    body = {"title": proposal.title, "body": proposal.text, "head": proposal.branch, "base": base}
    try:
        pull = github.create("pulls", body, lambda: _open_pull(github, proposal.branch))
    except GitHubError as error:
        if error.status == 403 and MAY_NOT in str(error):
            text = "may not open pull requests; tick Settings → Actions → General → Allow GitHub Actions to create and approve"
            by_hand = f"open one by hand: {github.site.address}/compare/{base}...{proposal.branch}"
            raise refuse("GitHub Actions", f"{text} pull requests, or {by_hand}") from error
        raise
    return _told(pull, "opened")


def _push(github: GitHub, proposal: Proposal, base: str) -> None:
    """Make the branch one commit on top of the base."""
    parent = github.get(f"git/ref/heads/{base}")["object"]["sha"]
    files = [{"path": path, "mode": "100644", "type": "blob", "content": text} for path, text in proposal.files.items()]
    tree = _repeatable(github, "git/trees", {"base_tree": parent, "tree": files})
    commit = _repeatable(github, "git/commits", {"message": proposal.title, "tree": tree, "parents": [parent]})
    ref = f"git/ref/heads/{proposal.branch}"
    if github.find(ref) is None:
        github.create("git/refs", {"ref": f"refs/heads/{proposal.branch}", "sha": commit}, lambda: github.find(ref))
    else:
        github.patch(f"git/refs/heads/{proposal.branch}", {"sha": commit, "force": True})


def _repeatable(github: GitHub, path: str, body: dict) -> str:
    """Make a Git object: one that was made twice is there once, and one that nothing points to is nowhere."""
    return github.create(path, body, lambda: None)["sha"]


def _is_ours(github: GitHub, proposal: Proposal, base: str, pull: dict) -> bool:
    """Say whether a pull request is as we left it: its words, and one commit that touches our files only."""
    body, _, _ = _body(pull).rpartition("\n")
    if _body(pull) != f"{body}\n{_seal(body)}":
        return False
    compared = github.get(f"compare/{base}...{proposal.branch}")
    touched = {one["filename"] for one in compared["files"]}
    messages = [one["commit"]["message"] for one in compared["commits"]]
    return touched <= set(proposal.files) and messages == [pull["title"]]


def _pulls(github: GitHub, branch: str) -> list[dict]:
    owner = github.repository.partition("/")[0]
    return list(github.pages("pulls", head=f"{owner}:{branch}", state="all"))


def _open_pull(github: GitHub, branch: str) -> dict | None:
    return next((one for one in _pulls(github, branch) if one["state"] == "open"), None)


def _body(pull: dict) -> str:
    return (pull["body"] or "").replace("\r\n", "\n")


def _seal(body: str) -> str:
    return SEAL.format(digest=hashlib.sha256(body.encode()).hexdigest())


def _told(pull: dict, done: str, *, is_open: bool = True) -> Opened:
    return Opened(pull["html_url"], pull["number"], done, is_open)


def merge(github: GitHub, pull: Opened) -> str | None:
    """Merge a pull request where the repository's rules allow it; return None, or why they don't."""
    try:
        github.put(f"pulls/{pull.number}/merge", {"merge_method": "squash"})
    except GitHubError as error:
        if error.status not in (403, 405, 409):
            raise
        return error.brief
    return None


def comment(github: GitHub, number: int, marker: str, body: str) -> str:
    """Put the registry's one comment on a pull request: made once, then edited; return its address."""

    def find() -> dict | None:
        found = github.pages(f"issues/{number}/comments")
        return next((one for one in found if one["user"]["type"] == "Bot" and (one["body"] or "").startswith(marker)), None)

    body = f"{marker}\n{body}"
    there = find()
    if there is None:
        there = github.create(f"issues/{number}/comments", {"body": body}, find)
    if there["body"] != body:
        there = github.patch(f"issues/comments/{there['id']}", {"body": body})
    return there["html_url"]
