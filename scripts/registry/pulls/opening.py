"""Pull requests that the registry opens through the API, so that commits are verified, and its comment on others."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from registry.errors import refuse
from registry.github import access
from registry.github.answers import GitHubError
from registry.github.client import GitHub

SEAL = "<!-- written by the registry; sha256:{digest} -->"
ASKED = "<!-- written by the registry for somebody who asked; sha256:{digest} -->"
METHODS = ("squash", "merge", "rebase")
FORBIDDEN = "are not allowed on this repository"
CONFLICTS = (409, 422)
MAY_NOT = "not permitted to create or approve pull requests"
TO_ALLOW = (
    "may not open pull requests; tick Settings → Actions → General → Allow GitHub Actions to create and approve pull"
    " requests"
)


@dataclass(frozen=True)
class Proposal:
    """A change of files (path -> text) on a branch of its own, and the words that a person reads before merging it.

    `before` has the Git blob that each file was when this was thought of, None for a new one. `is_asked_for` says that
    a person wants it now, so that one that was closed before is opened again; `askers` who that is, as far as it is
    known: the commit tells, so that nobody approves what they asked for.
    """

    branch: str
    title: str
    body: str
    files: Mapping[str, str]
    before: Mapping[str, str | None]
    is_asked_for: bool = False
    askers: Sequence[str] = ()

    @property
    def message(self) -> str:
        """The commit's message: the title, and who asked for it."""
        return "\n\n".join([self.title, *filter(None, ["\n".join(f"{access.ASKER}: {name}" for name in self.askers)])])

    @property
    def text(self) -> str:
        """The body with its seal: when a person edited body or files, the seal does not fit any more."""
        blobs = {path: _blob(text) for path, text in self.files.items()}
        return f"{self.body}\n{(ASKED if self.is_asked_for else SEAL).format(digest=_digest(self.body, blobs))}"


@dataclass(frozen=True)
class Opened:
    """What became of a proposal: its pull request and commit, what was done, and whether it may be, or was, merged.

    One that a person has to open has no number yet, and the address where that is done.
    """

    address: str
    number: int | None
    commit: str
    done: str
    is_open: bool
    is_merged: bool = False

    @property
    def told(self) -> str:
        """What was done, in a few words, and where."""
        return f"{self.done}: {self.address}"


def propose(github: GitHub, proposal: Proposal) -> Opened:
    """Open a pull request, or bring the open one up to date; leave one that a person edited, or closed, as it is.

    Where GitHub Actions may not open any, as in a new repository, one that nobody asked for is left to a person.
    """
    base = github.default_branch
    pulls = _pulls(github, proposal.branch)
    pull = next((one for one in pulls if one["state"] == "open"), None)
    if pull is None:
        return _open(github, proposal, base, pulls)
    if not _is_ours(github, proposal.branch, base, pull):
        return _told(pull, "left alone, since somebody edited it (close it to get a new one)", is_open=False)
    if _was_asked_for(pull) and not proposal.is_asked_for:
        if pull["title"] != proposal.title:
            return _told(pull, f"left alone, since somebody asked for it (close it to {proposal.title})", is_open=False)
        proposal = replace(proposal, is_asked_for=True)
    if pull["title"] == proposal.title and _body(pull) == proposal.text:
        return _told(pull, "open already")
    commit = _push(github, proposal, base)
    pull = github.patch(f"pulls/{pull['number']}", {"title": proposal.title, "body": proposal.text})
    return _told(pull, "brought up to date", commit=commit)


def _open(github: GitHub, proposal: Proposal, base: str, pulls: list[dict]) -> Opened:
    declined = next((one for one in pulls if one["title"] == proposal.title and one["merged_at"] is None), None)
    if declined and not proposal.is_asked_for:
        advice = "reopen it, or run the workflow `promote` for this model and environment"
        return _told(declined, f"not opened again, since somebody closed it ({advice})", is_open=False)
    return _ask(github, proposal, base, _push(github, proposal, base))


def offer(github: GitHub, proposal: Proposal, commit: str) -> Opened:
    """Open a pull request for a branch that was pushed already; one that is open stays as it is."""
    pull = _open_pull(github, proposal.branch)
    return _told(pull, "open already") if pull else _ask(github, proposal, github.default_branch, commit)


def _ask(github: GitHub, proposal: Proposal, base: str, commit: str) -> Opened:
    body = {"title": proposal.title, "body": proposal.text, "head": proposal.branch, "base": base}
    try:
        pull = github.create("pulls", body, lambda: _open_pull(github, proposal.branch))
    except GitHubError as error:
        if error.status != 403 or MAY_NOT not in error.said:
            raise
        address = f"{github.site.address}/compare/{base}...{proposal.branch}?expand=1"
        if proposal.is_asked_for:
            raise refuse("GitHub Actions", f"{TO_ALLOW}, or open it by hand: {address}") from error
        return Opened(address, None, commit, "its branch is ready, open the pull request yourself", is_open=False)
    return _told(pull, "opened", commit=commit)


def _push(github: GitHub, proposal: Proposal, base: str) -> str:
    """Make the branch one commit on top of the base; return it."""
    parent = github.get(f"git/ref/heads/{base}")["object"]["sha"]
    for path, blob in proposal.before.items():
        found = github.find(f"contents/{path}", ref=parent)
        if (found and found["sha"]) != blob:
            raise refuse(path, f"changed on {base} meanwhile; run `git pull` and the same command again")
    files = [{"path": path, "mode": "100644", "type": "blob", "content": text} for path, text in proposal.files.items()]
    tree = _repeatable(github, "git/trees", {"base_tree": parent, "tree": files})
    commit = _repeatable(github, "git/commits", {"message": proposal.message, "tree": tree, "parents": [parent]})
    ref = f"git/ref/heads/{proposal.branch}"
    if github.find(ref) is None:
        _make_branch(github, proposal.branch, commit)
    else:
        github.patch(f"git/refs/heads/{proposal.branch}", {"sha": commit, "force": True})
    return commit


def _make_branch(github: GitHub, branch: str, commit: str) -> None:
    ref = f"git/ref/heads/{branch}"
    try:
        github.create("git/refs", {"ref": f"refs/heads/{branch}", "sha": commit}, lambda: github.find(ref))
    except GitHubError as error:
        if error.status not in CONFLICTS or not (there := _in_the_way(github, branch)):
            raise
        text = f"can't be made while there is a branch {there}, since Git takes one for a folder of the other"
        advice = f"rename or delete that one: {github.site.address}/branches"
        raise refuse(branch, f"{text}; {advice}") from error


def _in_the_way(github: GitHub, branch: str) -> str | None:
    """Return a branch that is a folder of another one's name, or lies in it."""
    parts = branch.split("/")
    above = ("/".join(parts[:count]) for count in range(1, len(parts)))
    if found := next((one for one in above if github.find(f"git/ref/heads/{one}")), None):
        return found
    below = github.pages(f"git/matching-refs/heads/{branch}/", per_page=None)  # it takes none
    return next((one["ref"].removeprefix("refs/heads/") for one in below), None)


def _repeatable(github: GitHub, path: str, body: dict) -> str:
    """Make a Git object: one that was made twice is there once, and one that nothing points to is nowhere."""
    return github.create(path, body, lambda: None)["sha"]


def _is_ours(github: GitHub, branch: str, base: str, pull: dict) -> bool:
    """Say whether a pull request is as we left it: its words, and one commit with our files as we wrote them."""
    compared = github.get(f"compare/{base}...{branch}")
    body, _, seal = _body(pull).rpartition("\n")
    messages = [one["commit"]["message"].partition(f"\n\n{access.ASKER}: ")[0] for one in compared["commits"]]
    digest = _digest(body, {one["filename"]: one["sha"] for one in compared["files"]})
    return seal in (SEAL.format(digest=digest), ASKED.format(digest=digest)) and messages == [pull["title"]]


def _was_asked_for(pull: dict) -> bool:
    return _body(pull).rpartition("\n")[2].startswith(ASKED.partition("{")[0])


def _pulls(github: GitHub, branch: str) -> list[dict]:
    owner = github.repository.partition("/")[0]
    return list(github.pages("pulls", head=f"{owner}:{branch}", state="all"))


def _open_pull(github: GitHub, branch: str) -> dict | None:
    return next((one for one in _pulls(github, branch) if one["state"] == "open"), None)


def _body(pull: dict) -> str:
    return (pull["body"] or "").replace("\r\n", "\n")


def _digest(body: str, blobs: Mapping[str, str]) -> str:
    told = "\n".join([body, *(f"{blobs[path]} {path}" for path in sorted(blobs))])
    return hashlib.sha256(told.encode()).hexdigest()


def _blob(text: str) -> str:
    """Return the name that Git gives a file's content."""
    raw = text.encode()
    return hashlib.sha1(b"blob %d\0%b" % (len(raw), raw), usedforsecurity=False).hexdigest()


def _told(pull: dict, done: str, *, commit: str | None = None, is_open: bool = True) -> Opened:
    return Opened(pull["html_url"], pull["number"], commit or pull["head"]["sha"], done, is_open)


def merge(github: GitHub, pull: Opened) -> str | None:
    """Merge a pull request, as it was left, where the repository's rules allow it; return None, or why they don't."""
    for method in METHODS:
        try:
            github.put(f"pulls/{pull.number}/merge", {"merge_method": method, "sha": pull.commit})
            return None
        except GitHubError as error:
            if error.status not in (403, 405, 409):
                raise
            refused = error.brief
        if FORBIDDEN not in refused:
            break
    merged = github.get(f"pulls/{pull.number}")["merged"]  # by an attempt whose answer was lost
    return None if merged else refused


def comment(github: GitHub, number: int, marker: str, body: str) -> str:
    """Put the registry's one comment on a pull request: made once, then edited; return its address."""

    me = github.login

    def is_ours(one: dict) -> bool:
        """A person can write the marker too."""
        user = one["user"] or {}
        return (one["body"] or "").startswith(marker) and (user.get("type") == "Bot" or user.get("login") == me)

    def find() -> dict | None:
        return next(filter(is_ours, github.pages(f"issues/{number}/comments")), None)

    body = f"{marker}\n{body}"
    there = find()
    if there is None:
        there = github.create(f"issues/{number}/comments", {"body": body}, find)
    if there["body"] != body:
        there = github.patch(f"issues/comments/{there['id']}", {"body": body})
    return there["html_url"]
