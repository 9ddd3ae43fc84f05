"""Rulesets, and which rules apply to a branch."""

from hub import rules
from hub.messages import Answer, Refusal, Request, invalid, missing
from hub.paging import paged
from hub.routes import route
from hub.state import now

UPGRADE = "Upgrade to GitHub Pro or make this repository public to enable this feature."
WRITE = {"need": "administration:write", "closed": True}


@route("GET", "/rules/branches/{branch}", "metadata:read")
def rules_of(ask: Request, branch: str) -> Answer:
    paid(ask)
    source = {"ruleset_source_type": "Repository", "ruleset_source": ask.repository.full_name}
    return paged(ask, [rule | source for rule in rules.applying(ask.repository, f"refs/heads/{branch}")])


@route("GET", "/rulesets", "metadata:read")
def list_rulesets(ask: Request) -> Answer:
    paid(ask)
    found = _own(ask) if ask.query.get("includes_parents") == "false" else ask.repository.rulesets.values()
    return paged(ask, [_short(one) for one in found])


def _own(ask: Request) -> list[dict]:
    """Return those that are the repository's, and no organization's."""
    return [one for one in ask.repository.rulesets.values() if one["source_type"] == "Repository"]


def _short(one: dict) -> dict:
    return {key: value for key, value in one.items() if key not in ("rules", "conditions", "bypass_actors")}


@route("POST", "/rulesets", **WRITE)
def create(ask: Request) -> Answer:
    paid(ask)
    if ask.json["name"] in [one["name"] for one in _own(ask)]:
        raise invalid("RepositoryRuleset", "custom", "name", "Name must be unique")
    return Answer(201, add(ask, next(ask.repository.ids), ask.json))


def paid(ask: Request) -> None:
    """Refuse what a private repository on a free plan doesn't have."""
    if ask.repository.private and ask.repository.free:
        raise Refusal(403, UPGRADE)


def add(ask: Request, number: int, given: dict) -> dict:
    one = {
        "target": "branch",
        "conditions": {"ref_name": {"include": [], "exclude": []}},
        "bypass_actors": [],
        "rules": [],
    }
    one |= {"id": number, "source_type": "Repository", "source": ask.repository.full_name, "created_at": now()}
    ask.repository.rulesets[number] = one | given | {"updated_at": now()}
    return ask.repository.rulesets[number]


def find(ask: Request, ruleset_id: str) -> dict:
    if int(ruleset_id) not in ask.repository.rulesets:
        raise missing()
    return ask.repository.rulesets[int(ruleset_id)]


@route("GET", "/rulesets/{ruleset_id}", "metadata:read")
def get(ask: Request, ruleset_id: str) -> dict:
    one = find(ask, ruleset_id)
    admin = ask.token and ask.token.may("administration:write")
    return one if admin else {key: value for key, value in one.items() if key != "bypass_actors"}


@route("PUT", "/rulesets/{ruleset_id}", **WRITE)
def update(ask: Request, ruleset_id: str) -> dict:
    return add(ask, int(ruleset_id), _kept(find(ask, ruleset_id)) | ask.json)


def _kept(one: dict) -> dict:
    return {key: one[key] for key in ("name", "target", "enforcement", "conditions", "bypass_actors", "rules")}


@route("DELETE", "/rulesets/{ruleset_id}", **WRITE)
def delete(ask: Request, ruleset_id: str) -> None:
    del ask.repository.rulesets[find(ask, ruleset_id)["id"]]
