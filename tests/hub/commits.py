"""Commits: read from Git, made through the API, compared."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from hub import shapes
from hub.git import Git, GitError
from hub.messages import Answer, Refusal, Request, missing
from hub.paging import paged
from hub.routes import route
from hub.state import Repository, now

FORMAT = "%H%n%T%n%P%n%an%n%ae%n%at%n%cn%n%ce%n%ct%n%B"
STATUS = {"A": "added", "M": "modified", "D": "removed", "R": "renamed", "C": "copied", "T": "changed"}


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
    people = [
        {"name": rest[start], "email": rest[start + 1], "date": stamp(int(rest[start + 2]))} for start in (0, 3)
    ]
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


def _login(ask: Request, person: dict) -> dict | None:
    """Return the user behind an address that GitHub gives, as `1+octo@users.noreply.github.com`."""
    if not person["email"].endswith("@users.noreply.github.com"):
        return shapes.user(ask, "web-flow") if person["email"] == "noreply@github.com" else None
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


@route("GET", "/commits/{ref}", "contents:read")
def get(ask: Request, ref: str) -> dict:
    found = one(ask.repository.git, sha_of(ask, ref))
    parent = found.parents[0] if found.parents else EMPTY_TREE
    files = changed(ask, parent, found.sha)
    counts = {name: sum(file[name] for file in files) for name in ("additions", "deletions")}
    return shown(ask, found) | {"files": files, "stats": counts | {"total": sum(counts.values())}}


EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def changed(ask: Request, old: str, new: str) -> list[dict]:
    """Return what differs between two commits, as diff entries."""
    git = ask.repository.git
    raw = git.text("diff", "--raw", "--no-abbrev", "-M", old, new).splitlines()
    counts = git.text("diff", "--numstat", "-M", old, new).splitlines()
    return [_entry(ask, old, new, line, count) for line, count in zip(raw, counts, strict=True)]


def _entry(ask: Request, old: str, new: str, line: str, count: str) -> dict:
    facts, *names = line.split("\t")
    kind = STATUS[facts.split()[4][0]]
    blob = facts.split()[3 if kind != "removed" else 2]
    added, deleted = (int(one) if one != "-" else 0 for one in count.split("\t")[:2])
    entry = {
        "sha": blob, "filename": names[-1], "status": kind, "additions": added, "deletions": deleted,
        "changes": added + deleted, "contents_url": f"{ask.here}/contents/{names[-1]}?ref={new}",
    }  # fmt: skip
    if kind == "renamed":
        entry["previous_filename"] = names[0]
    if "-" not in count.split("\t")[:2]:
        patch = ask.repository.git.text("diff", "-M", old, new, "--", *names)
        entry["patch"] = patch[patch.find("@@") :] if "@@" in patch else ""
    return entry


@route("GET", "/compare/{basehead}", "contents:read")
def compare(ask: Request, basehead: str) -> dict:
    base, dots, head = basehead.partition("...")
    if not dots:
        raise missing()
    git = ask.repository.git
    try:
        old, new = (sha_of(ask, _local(ask, name)) for name in (base, head))
        fork = git.text("merge-base", old, new)
    except (Refusal, GitError) as error:
        raise missing() from error
    ahead, behind = log(git, "--reverse", f"{old}..{new}"), log(git, f"{new}..{old}")
    status = {(0, 0): "identical", (1, 0): "ahead", (0, 1): "behind"}.get((bool(ahead), bool(behind)), "diverged")
    return {
        "status": status, "ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead),
        "base_commit": shown(ask, one(git, old)), "merge_base_commit": shown(ask, one(git, fork)),
        "commits": [shown(ask, found) for found in ahead], "files": changed(ask, fork, new),
    }  # fmt: skip


def _local(ask: Request, name: str) -> str:
    """Return a revision for `branch` or, in a fork, for `owner:branch`, whose commits are fetched."""
    owner, colon, branch = name.rpartition(":")
    if not colon or owner == ask.repository.owner:
        return branch
    for other in ask.hub.repositories.values():
        if other.owner == owner and ask.repository in (other.parent, other) and (sha := other.git.resolve(f"refs/heads/{branch}")):
            ask.repository.git.raw("fetch", "--quiet", str(other.git.path), sha)
            return sha
    raise missing()


@route("GET", "/commits/{ref}/check-runs", "checks:read")
def check_runs(ask: Request, ref: str) -> Answer:
    sha, name = sha_of(ask, ref), ask.query.get("check_name")
    found = [run for run in ask.repository.checks if run["head_sha"] == sha and name in (None, run["name"])]
    return paged(ask, [_check_run(ask, run) for run in found], "check_runs")


def _check_run(ask: Request, run: dict) -> dict:
    done = run["at"] if run["conclusion"] else None
    facts = {key: run[key] for key in ("id", "name", "head_sha", "status", "conclusion")}
    return facts | {"started_at": run["at"], "completed_at": done, "url": f"{ask.here}/check-runs/{run['id']}"}


@route("GET", "/commits/{ref}/status", "statuses:read")
def combined_status(ask: Request, ref: str) -> dict:
    sha = sha_of(ask, ref)
    latest = {one["context"]: one for one in ask.repository.statuses if one["sha"] == sha}
    states = {one["state"] for one in latest.values()}
    state = "failure" if states & {"failure", "error"} else "success" if states == {"success"} else "pending"
    found = [{key: value for key, value in one.items() if key != "sha"} for one in latest.values()]
    return {"state": state, "statuses": found, "sha": sha, "total_count": len(found),
            "repository": shapes.repository(ask, ask.repository)}  # fmt: skip


@route("POST", "/statuses/{sha}", "statuses:write")
def create_status(ask: Request, sha: str) -> Answer:
    given = {"context": "default", "description": None, "target_url": None} | ask.json
    one = given | {"sha": sha_of(ask, sha), "id": next(ask.repository.ids), "created_at": now(), "updated_at": now()}
    ask.repository.statuses.append(one)
    facts = {key: value for key, value in one.items() if key != "sha"}
    return Answer(201, facts | {"creator": shapes.user(ask, ask.login)})
