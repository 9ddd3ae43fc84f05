"""Pull requests."""

from collections.abc import Iterator
from dataclasses import replace

from hub import commits, comparison, heads, rules, shapes
from hub.messages import Answer, Refusal, Request, invalid, missing
from hub.paging import paged
from hub.routes import route
from hub.state import Repository, now

BODY_LIMIT = 65_536
NOT_PERMITTED = "GitHub Actions is not permitted to create or approve pull requests."


def find(ask: Request, number: str) -> dict:
    pull = ask.repository.pulls.get(int(number))
    if pull is None:
        raise missing()
    heads.refresh(ask.hub, ask.repository, pull)
    return pull


def side(ask: Request, owner: Repository, ref: str, sha: str) -> dict:
    facts = {"label": f"{owner.owner}:{ref}", "ref": ref, "sha": sha, "user": shapes.user(ask, owner.owner)}
    return facts | {"repo": shapes.repository(ask, owner) | {"default_branch": owner.default_branch}}


def shown(ask: Request, pull: dict) -> dict:
    """Return a pull request as lists show it."""
    number, here = pull["number"], f"{ask.here}/pulls/{pull['number']}"
    kept = ("id", "number", "title", "body", "state", "draft", "created_at", "updated_at", "closed_at", "merged_at")
    head = ask.hub.repositories[pull["head"]["repository"]]
    return {key: pull[key] for key in kept} | {
        "url": here, "html_url": f"{ask.web}/pull/{number}", "issue_url": f"{ask.here}/issues/{number}",
        "commits_url": f"{here}/commits", "comments_url": f"{ask.here}/issues/{number}/comments",
        "diff_url": f"{ask.web}/pull/{number}.diff", "patch_url": f"{ask.web}/pull/{number}.patch",
        "user": shapes.user(ask, pull["user"]), "merge_commit_sha": pull.get("merge_commit_sha"),
        "head": side(ask, head, pull["head"]["ref"], pull["head"]["sha"]),
        "base": side(ask, ask.repository, pull["base"]["ref"], pull["base"]["sha"]),
        "labels": [ask.repository.labels[name] for name in pull["labels"]], "locked": False,
        "author_association": "CONTRIBUTOR" if head is not ask.repository else "MEMBER",
    }  # fmt: skip


def detailed(ask: Request, pull: dict) -> dict:
    """Return a pull request as GET shows it alone."""
    files, listed = changed(ask, pull), own_commits(ask, pull)
    merger = pull.get("merged_by")
    return shown(ask, pull) | {
        "merged": pull["merged_at"] is not None, "merged_by": shapes.user(ask, merger) if merger else None,
        "mergeable": _mergeable(pull), "mergeable_state": _state(ask, pull), "rebaseable": _mergeable(pull),
        "comments": sum(one["issue"] == pull["number"] for one in ask.repository.comments.values()),
        "commits": len(listed), "changed_files": len(files), "maintainer_can_modify": False,
        "additions": sum(file["additions"] for file in files), "deletions": sum(file["deletions"] for file in files),
    }  # fmt: skip


def _mergeable(pull: dict) -> bool | None:
    return None if pull["state"] != "open" or pull["unknown"] else pull["mergeable"]


def _state(ask: Request, pull: dict) -> str:
    if _mergeable(pull) is None:
        return "unknown"
    if not pull["mergeable"]:
        return "dirty"
    if pull["draft"]:
        return "draft"
    return "blocked" if rules.missing_checks(ask.repository, pull["base"]["ref"], pull["head"]["sha"]) else "clean"


def own_commits(ask: Request, pull: dict) -> list[commits.Commit]:
    return commits.log(ask.repository.git, "--reverse", f"{pull['base']['sha']}..{pull['head']['sha']}")


def changed(ask: Request, pull: dict) -> list[dict]:
    fork = ask.repository.git.text("merge-base", pull["base"]["sha"], pull["head"]["sha"])
    return comparison.changed(ask, fork, pull["head"]["sha"])


@route("GET", "/pulls", "pull_requests:read")
def list_pulls(ask: Request) -> Answer:
    heads.refresh_all(ask.hub, ask.repository)
    state, head, base = (ask.query.get(name) for name in ("state", "head", "base"))
    found = [
        pull
        for pull in ask.repository.pulls.values()
        if state == "all" or pull["state"] == (state or "open")
        if not head or ":" not in head or head == f"{pull['head']['repository'].split('/')[0]}:{pull['head']['ref']}"
        if base in (None, pull["base"]["ref"])
    ]
    found.sort(key=lambda pull: pull["updated_at" if ask.query.get("sort") == "updated" else "number"])
    if (
        ask.query.get("direction", "asc" if "sort" in ask.query and ask.query["sort"] != "created" else "desc")
        == "desc"
    ):
        found.reverse()
    return paged(ask, [shown(ask, pull) for pull in found])


@route("POST", "/pulls", "pull_requests:write")
def create(ask: Request) -> Answer:
    given = ask.json
    if ask.token.kind == "workflow" and not ask.repository.permissions["can_approve_pull_request_reviews"]:
        raise Refusal(403, NOT_PERMITTED)
    capped(given.get("body"), "PullRequest")
    other, branch = _source(ask, given)
    head, base = other.git.resolve(f"refs/heads/{branch}"), ask.repository.git.resolve(f"refs/heads/{given['base']}")
    for name, sha in (("head", head), ("base", base)):
        if sha is None:
            raise invalid("PullRequest", "invalid", name)
    for pull in ask.repository.pulls.values():
        same = (pull["head"]["repository"], pull["head"]["ref"]) == (other.full_name, branch)
        if pull["state"] == "open" and same and pull["base"]["ref"] == given["base"]:
            words = f"A pull request already exists for {other.owner}:{branch}."
            raise invalid("PullRequest", "custom", None, words)
    if other is not ask.repository:
        ask.repository.git.raw("fetch", "--quiet", str(other.git.path), head)
    if ask.repository.git.is_ancestor(head, base):
        raise invalid("PullRequest", "custom", None, f"No commits between {given['base']} and {branch}")
    pull = new_issue(ask, given) | {
        "draft": given.get("draft", False), "merged_at": None, "base": {"ref": given["base"], "sha": base},
        "head": {"repository": other.full_name, "ref": branch, "sha": head},
    }  # fmt: skip
    ask.repository.issues[pull["number"]] = pull
    heads.refresh(ask.hub, ask.repository, pull)
    ask.hub.happened(ask, heads.opened(pull, "opened"))
    return Answer(201, detailed(ask, pull), {"Location": f"{ask.here}/pulls/{pull['number']}"})


def new_issue(ask: Request, given: dict) -> dict:
    """Return what issues and pull requests begin with; they share their numbers."""
    ask.repository.numbers += 1
    return {
        "number": ask.repository.numbers, "id": next(ask.repository.ids), "title": given["title"],
        "body": given.get("body"), "state": "open", "user": ask.login, "labels": [],
        "created_at": now(), "updated_at": now(), "closed_at": None,
    }  # fmt: skip


def note(ask: Request, issue: dict, event: str) -> None:
    """Record what happened to an issue or a pull request."""
    one = {"id": next(ask.repository.ids), "issue": issue["number"], "event": event, "actor": ask.login}
    ask.repository.issue_events.append(one | {"created_at": now()})


def capped(body: str | None, resource: str, limit: int = BODY_LIMIT) -> None:
    """Refuse a text that is too long."""
    if body and len(body) > limit:
        raise invalid(resource, "custom", "body", f"body is too long (maximum is {limit} characters)")


def _source(ask: Request, given: dict) -> tuple[Repository, str]:
    owner, colon, branch = given["head"].rpartition(":")
    if not colon or owner == ask.repository.owner:
        return ask.repository, branch
    for other in ask.hub.repositories.values():
        if other.owner == owner and (other.parent is ask.repository or other is ask.repository.parent):
            return other, branch
    raise invalid("PullRequest", "invalid", "head")


@route("GET", "/pulls/{pull_number}", "pull_requests:read")
def get(ask: Request, pull_number: str) -> dict:
    pull = find(ask, pull_number)
    facts = detailed(ask, pull)
    pull["unknown"] = max(pull["unknown"] - 1, 0)
    return facts


@route("PATCH", "/pulls/{pull_number}", "pull_requests:write")
def update(ask: Request, pull_number: str) -> dict:
    pull, given = find(ask, pull_number), ask.json
    capped(given.get("body"), "PullRequest")
    if given.get("state") == "open" and pull["merged_at"]:
        raise invalid("PullRequest", "invalid", "state", "Cannot reopen a merged pull request")
    pull |= {name: given[name] for name in ("title", "body", "state") if name in given} | {"updated_at": now()}
    pull["closed_at"] = pull["closed_at"] or now() if pull["state"] == "closed" else None
    if "base" in given:
        if ask.repository.git.resolve(f"refs/heads/{given['base']}") is None:
            raise invalid("PullRequest", "invalid", "base")
        if given["base"] != pull["base"]["ref"]:
            note(ask, pull, "base_ref_changed")
        pull["base"]["ref"] = given["base"]
    heads.refresh(ask.hub, ask.repository, pull)
    action = {"closed": "closed", "open": "reopened"}.get(given.get("state"), "edited")
    ask.hub.happened(ask, heads.opened(pull, action))
    return detailed(ask, pull)


@route("GET", "/pulls/{pull_number}/commits", "pull_requests:read")
def list_commits(ask: Request, pull_number: str) -> Answer:
    listed = own_commits(ask, find(ask, pull_number))[:250]
    return paged(ask, [commits.shown(ask, one) for one in listed])


@route("GET", "/pulls/{pull_number}/files", "pull_requests:read")
def list_files(ask: Request, pull_number: str) -> Answer:
    return paged(ask, changed(ask, find(ask, pull_number))[:3000])


@route("GET", "/commits/{commit_sha}/pulls", "pull_requests:read")
def of_commit(ask: Request, commit_sha: str) -> Answer:
    """List merged pull requests that brought a commit, and open ones if it isn't in the default branch.

    GitHub knows an open one by the commit in the repository its branch is in: a fork's is found in the fork only.
    """
    sha = ask.repository.git.resolve(commit_sha)
    if sha is None:
        raise Refusal(422, f"No commit found for SHA: {commit_sha}")
    return paged(ask, [shown(seen, pull) for seen, pull in bringing(ask, sha)])


def bringing(ask: Request, sha: str) -> Iterator[tuple[Request, dict]]:
    """Yield the pull requests that brought a commit, each with a request to the repository that it is into."""
    for base in ask.hub.repositories.values():
        seen = replace(ask, repository=base)
        heads.refresh_all(ask.hub, base)
        for pull in base.pulls.values():
            near = pull["head"]["repository"] == ask.repository.full_name
            far = pull["merged_at"] and base is ask.repository
            if (near or far) and _brings(seen, pull, sha):
                yield seen, pull


def _brings(ask: Request, pull: dict, sha: str) -> bool:
    git = ask.repository.git
    if pull["merged_at"] and sha == pull["merge_commit_sha"]:
        return True
    inside = git.has(sha) and git.is_ancestor(sha, f"refs/heads/{ask.repository.default_branch}")
    if inside and not pull["merged_at"]:
        return False
    return any(one.sha == sha for one in own_commits(ask, pull))
