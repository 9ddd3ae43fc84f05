"""Commits: read from Git, made through the API, compared."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from hub import shapes
from hub.git import Git
from hub.messages import Answer, Refusal, Request, missing
from hub.paging import paged
from hub.routes import route
from hub.state import Repository, now

FORMAT = "%H%n%T%n%P%n%an%n%ae%n%at%n%cn%n%ce%n%ct%n%B"


@dataclass(frozen=True)
class Commit:
    """A commit as Git has it."""

    sha: str
    tree: str
    parents: list[str]
    author: dict
    committer: dict
    message: str


def log(git: Git, *words: str) -> list[Commit]:
    """Return the commits that `git log` lists."""
    listed = git.text("log", "-z", f"--format={FORMAT}", *words)
    return [_parsed(entry) for entry in listed.split("\0") if entry]


def one(git: Git, sha: str) -> Commit:
    return log(git, "--no-walk", sha)[0]


def _parsed(entry: str) -> Commit:
    sha, tree, parents, *rest = entry.split("\n", 9)
    people = [{"name": rest[start], "email": rest[start + 1], "date": stamp(int(rest[start + 2]))} for start in (0, 3)]
    return Commit(sha, tree, parents.split(), *people, rest[6].rstrip("\n"))


def stamp(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def shown(ask: Request, found: Commit) -> dict:
    """Return a commit as lists show it."""
    tree = {"sha": found.tree, "url": f"{ask.here}/git/trees/{found.tree}"}
    url = f"{ask.here}/commits/{found.sha}"
    parents = [
        {"sha": sha, "url": f"{ask.here}/commits/{sha}", "html_url": f"{ask.web}/commit/{sha}"} for sha in found.parents
    ]
    return {
        "sha": found.sha, "url": url, "html_url": f"{ask.web}/commit/{found.sha}", "parents": parents,
        "author": _login(ask, found.author), "committer": _login(ask, found.committer),
        "commit": {
            "message": found.message, "tree": tree, "author": found.author, "committer": found.committer,
            "url": f"{ask.here}/git/commits/{found.sha}", "comment_count": 0,
            "verification": shapes.verification(ask.repository, found.sha),
        },
    }  # fmt: skip


def _login(ask: Request, person: dict) -> dict:
    """Return the user behind an address that GitHub gives, as `1+octo@users.noreply.github.com`, else nobody."""
    if not person["email"].endswith("@users.noreply.github.com"):
        return shapes.user(ask, "web-flow") if person["email"] == "noreply@github.com" else {}
    return shapes.user(ask, person["email"].split("@")[0].split("+")[-1])


def create(
    repository: Repository, login: str, tree: str, parents: Iterable[str], message: str, given: dict, bot: bool
) -> str:
    """Make a commit as GitHub does: a bot's is signed when it names nobody."""
    author = given.get("author") or {"name": login, "email": shapes.email(login)}
    committer = given.get("committer") or ({"name": "GitHub", "email": "noreply@github.com"} if bot else author)
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {person(author)}", f"committer {person(committer)}", "", message]
    sha = repository.git.write("commit", "\n".join(lines).encode())
    if bot and not given.get("author") and not given.get("committer"):
        repository.verified.add(sha)
    return sha


def person(who: dict) -> str:
    """Return someone as Git writes them into an object."""
    date = who.get("date") or now()
    seconds = int(time.mktime(time.strptime(date[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone)
    return f"{who['name']} <{who['email']}> {seconds} +0000"


def sha_of(ask: Request, ref: str) -> str:
    """Return the commit that a branch, a tag or a SHA names."""
    git = ask.repository.git
    for candidate in (f"refs/heads/{ref}", f"refs/tags/{ref}", ref):
        if sha := git.resolve(candidate):
            return sha
    raise Refusal(422, f"No commit found for SHA: {ref}")


@route("GET", "/commits", "contents:read")
def list_commits(ask: Request) -> Answer:
    ref = ask.query.get("sha", ask.repository.default_branch)
    if not ask.repository.git.refs():
        raise Refusal(409, "Git Repository is empty.")
    try:
        sha = sha_of(ask, ref)
    except Refusal as error:
        raise missing() from error
    limits = [f"--{name}={ask.query[name]}" for name in ("since", "until") if name in ask.query]
    paths = ["--", ask.query["path"]] if "path" in ask.query else []
    return paged(ask, [shown(ask, found) for found in log(ask.repository.git, *limits, sha, *paths)])
