"""Branches and tags as lists, protection, and rulesets."""

from hub import commits, rules
from hub.messages import Answer, Refusal, Request, missing
from hub.paging import paged
from hub.routes import route
from hub.state import now

CLOSED = {"need": "administration:write", "closed": True}


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
    if branch not in ask.repository.protections:
        raise Refusal(404, "Branch not protected")
    return _protection(ask, branch)


def _protection(ask: Request, branch: str) -> dict:
    kept = ask.repository.protections[branch]
    facts = {"enforce_admins": {"enabled": bool(kept["enforce_admins"]), "url": f"{ask.here}/branches/{branch}/protection"}}
    if checks := kept.get("required_status_checks"):
        names = checks.get("contexts", [])
        listed = [{"context": name, "app_id": None} for name in names]
        facts["required_status_checks"] = {"strict": checks["strict"], "contexts": names, "checks": listed}
    return facts


@route("PUT", "/branches/{branch}/protection", **CLOSED)
def protect(ask: Request, branch: str) -> dict:
    ask.repository.protections[branch] = ask.json
    return _protection(ask, branch)


@route("GET", "/rules/branches/{branch}", "metadata:read")
def rules_of(ask: Request, branch: str) -> Answer:
    source = {"ruleset_source_type": "Repository", "ruleset_source": ask.repository.full_name}
    return paged(ask, [rule | source for rule in rules.applying(ask.repository, f"refs/heads/{branch}")])


@route("GET", "/rulesets", "metadata:read")
def list_rulesets(ask: Request) -> Answer:
    return paged(ask, [_short(one) for one in ask.repository.rulesets.values()])


def _short(one: dict) -> dict:
    return {key: value for key, value in one.items() if key not in ("rules", "conditions", "bypass_actors")}


@route("POST", "/rulesets", **CLOSED)
def create(ask: Request) -> Answer:
    return Answer(201, add(ask, next(ask.repository.ids), ask.json))


def add(ask: Request, number: int, given: dict) -> dict:
    one = {"target": "branch", "conditions": {"ref_name": {"include": [], "exclude": []}}, "bypass_actors": [], "rules": []}
    one |= {"id": number, "source_type": "Repository", "source": ask.repository.full_name, "created_at": now()}
    ask.repository.rulesets[number] = one | given | {"updated_at": now()}
    return ask.repository.rulesets[number]


def find(ask: Request, ruleset_id: str) -> dict:
    if int(ruleset_id) not in ask.repository.rulesets:
        raise missing()
    return ask.repository.rulesets[int(ruleset_id)]


@route("GET", "/rulesets/{ruleset_id}", "metadata:read")
def get_ruleset(ask: Request, ruleset_id: str) -> dict:
    one = find(ask, ruleset_id)
    admin = ask.token and ask.token.may("administration:write")
    return one if admin else {key: value for key, value in one.items() if key != "bypass_actors"}


@route("PUT", "/rulesets/{ruleset_id}", **CLOSED)
def update(ask: Request, ruleset_id: str) -> dict:
    return add(ask, int(ruleset_id), _kept(find(ask, ruleset_id)) | ask.json)


def _kept(one: dict) -> dict:
    return {key: one[key] for key in ("name", "target", "enforcement", "conditions", "bypass_actors", "rules")}


@route("DELETE", "/rulesets/{ruleset_id}", **CLOSED)
def delete(ask: Request, ruleset_id: str) -> None:
    del ask.repository.rulesets[find(ask, ruleset_id)["id"]]
