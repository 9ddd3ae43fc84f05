"""Branches and tags as lists, protection, and rulesets."""

from hub import commits, rules
from hub.messages import Answer, Refusal, Request
from hub.paging import paged
from hub.routes import route
from hub.rulesets import paid


def _protected(ask: Request, name: str) -> bool:
    return name in ask.repository.protections or bool(rules.applying(ask.repository, f"refs/heads/{name}"))


@route("GET", "/branches", "contents:read")
def list_branches(ask: Request) -> Answer:
    found = []
    for ref, (sha, _) in ask.repository.git.refs("refs/heads/").items():
        name = ref.removeprefix("refs/heads/")
        if ask.query.get("protected", "").lower() in ("", str(_protected(ask, name)).lower()):
            commit = {"sha": sha, "url": f"{ask.here}/commits/{sha}"}
            found.append({"name": name, "commit": commit, "protected": _protected(ask, name)})
    return paged(ask, found)


@route("GET", "/branches/{branch}", "contents:read")
def get(ask: Request, branch: str) -> dict:
    sha = ask.repository.git.resolve(f"refs/heads/{branch}")
    if sha is None:
        raise Refusal(404, "Branch not found")
    here = f"{ask.here}/branches/{branch}"
    return {
        "name": branch, "commit": commits.shown(ask, commits.one(ask.repository.git, sha)),
        "protected": _protected(ask, branch), "protection_url": f"{here}/protection",
        "_links": {"self": here, "html": f"{ask.web}/tree/{branch}"},
    }  # fmt: skip


@route("GET", "/tags", "contents:read")
def list_tags(ask: Request) -> Answer:
    git, found = ask.repository.git, []
    for ref in reversed(git.refs("refs/tags/")):
        sha = git.resolve(ref)
        commit = {"sha": sha, "url": f"{ask.here}/commits/{sha}"}
        found.append({"name": ref.removeprefix("refs/tags/"), "commit": commit})
    return paged(ask, found)


@route("GET", "/branches/{branch}/protection", "administration:read", closed=True)
def protection(ask: Request, branch: str) -> dict:
    if ask.repository.git.resolve(f"refs/heads/{branch}") is None:
        raise Refusal(404, "Branch not found")
    paid(ask)
    if branch not in ask.repository.protections:
        raise Refusal(404, "Branch not protected")
    return _protection(ask, branch)


def _protection(ask: Request, branch: str) -> dict:
    kept = ask.repository.protections[branch]
    facts = {
        "enforce_admins": {"enabled": bool(kept["enforce_admins"]), "url": f"{ask.here}/branches/{branch}/protection"}
    }
    if checks := kept.get("required_status_checks"):
        names = checks.get("contexts", [])
        sources = {one["context"]: one.get("app_id") for one in checks.get("checks", [])}
        listed = [{"context": name, "app_id": sources.get(name)} for name in names]
        facts["required_status_checks"] = {"strict": checks["strict"], "contexts": names, "checks": listed}
    if reviews := kept.get("required_pull_request_reviews"):
        usual = {"dismiss_stale_reviews": False, "require_code_owner_reviews": False}
        facts["required_pull_request_reviews"] = usual | reviews
    return facts


@route("PUT", "/branches/{branch}/protection", "administration:write", closed=True)
def protect(ask: Request, branch: str) -> dict:
    paid(ask)
    ask.repository.protections[branch] = ask.json
    return _protection(ask, branch)
