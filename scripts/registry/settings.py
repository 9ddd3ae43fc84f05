"""What must be set once on GitHub: what it is now, what happens without it, and how to set it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from registry import answers
from registry.answers import GitHubError
from registry.github import GitHub

ON, OFF, UNKNOWN = "on", "off", "can't tell"
GATE = "gate"
TAGS = "refs/tags/*@v*"
ANY = ["~ALL"]
REVIEWS = {
    "required_approving_review_count": 0, "dismiss_stale_reviews_on_push": False, "require_code_owner_review": False,
    "require_last_push_approval": False, "required_review_thread_resolution": False,
}  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """One setting: its name on the settings pages, its state, what stands in while it is off, and what sets it."""

    name: str
    state: str
    told: str
    fix: Callable[[], object]


def read(github: GitHub) -> list[Setting]:
    """Return the settings of a repository, as far as the token may see them."""
    repository = github.get("")
    return [
        found for look in (_actions, _pulls, _gate, _tags, _immutable, _branches) for found in look(github, repository)
    ]


def _actions(github: GitHub, _: dict) -> Iterator[Setting]:
    found = _seen(lambda: github.get("actions/permissions"))
    state = _state(found, lambda: found["enabled"] and found.get("allowed_actions") != "local_only")
    body = {"enabled": True, "allowed_actions": "all"}
    yield Setting("Actions", state, "without them nothing is checked, released or deployed",
                  lambda: github.put("actions/permissions", body))  # fmt: skip


def _pulls(github: GitHub, _: dict) -> Iterator[Setting]:
    name, place = "Actions may open pull requests", "actions/permissions/workflow"
    found = _seen(lambda: github.get(place))
    state = _state(found, lambda: found["can_approve_pull_request_reviews"])
    told = "without it a person opens each promotion's pull request"
    kept = (found or {}).get("default_workflow_permissions", "read")
    body = {"default_workflow_permissions": kept, "can_approve_pull_request_reviews": True}
    yield Setting(name, state, told, lambda: github.put(place, body))


def _gate(github: GitHub, repository: dict) -> Iterator[Setting]:
    branch = repository["default_branch"]
    rules = _seen(lambda: list(github.pages(f"rules/branches/{branch}"))) or []
    checks = [check["context"] for rule in rules if rule["type"] == "required_status_checks"
              for check in rule["parameters"]["required_status_checks"]]  # fmt: skip
    protection = _seen(lambda: github.get(f"branches/{branch}/protection")) or {}
    checks += protection.get("required_status_checks", {}).get("contexts", [])
    told = "without it what the checks refuse can be merged"
    rule = {"strict_required_status_checks_policy": False, "required_status_checks": [{"context": GATE}]}
    rules = [{"type": "pull_request", "parameters": REVIEWS}, {"type": "required_status_checks", "parameters": rule}]
    ruleset = _ruleset("registry: gate", "branch", ["~DEFAULT_BRANCH"], rules)
    state = ON if GATE in checks else OFF
    yield Setting(f"Required check `{GATE}`", state, told, lambda: github.post("rulesets", ruleset))


def _tags(github: GitHub, _: dict) -> Iterator[Setting]:
    listed = _seen(lambda: list(github.pages("rulesets", targets="tag"))) or []
    active = [
        github.get(f"rulesets/{one['id']}")
        for one in listed
        if one["target"] == "tag" and one["enforcement"] == "active"
    ]
    kept = any({"deletion", "update"} <= {rule["type"] for rule in one["rules"]} and _covers(one) for one in active)
    told = "without it a tag may be moved; deploy notices by the digest"
    rules = [{"type": "deletion"}, {"type": "update"}]
    yield Setting(f"Tag rule for `{TAGS}`", ON if kept else OFF, told,
                  lambda: github.post("rulesets", _ruleset("registry: releases", "tag", [TAGS], rules)))  # fmt: skip


def _immutable(github: GitHub, _: dict) -> Iterator[Setting]:
    found = _seen(lambda: github.find("immutable-releases") or {"enabled": False})
    state = _state(found, lambda: found["enabled"])
    told = "without it an asset may be replaced; deploy notices"
    yield Setting("Immutable releases", state, told, lambda: github.put("immutable-releases", {}))


def _branches(github: GitHub, repository: dict) -> Iterator[Setting]:
    found = repository.get("delete_branch_on_merge")
    state = _state(found, lambda: found)
    told = "without it merged promotion branches stay"
    yield Setting(
        "Automatically delete head branches", state, told, lambda: github.patch("", {"delete_branch_on_merge": True})
    )


def _state(found: object, is_on: Callable[[], bool]) -> str:
    return UNKNOWN if found is None else ON if is_on() else OFF


def _ruleset(name: str, target: str, include: list[str], rules: list[dict]) -> dict:
    conditions = {"ref_name": {"include": include, "exclude": []}}
    return {"name": name, "target": target, "enforcement": "active", "conditions": conditions, "rules": rules}


def _covers(ruleset: dict) -> bool:
    included = ruleset.get("conditions", {}).get("ref_name", {}).get("include", [])
    return TAGS in included or included == ANY


def _seen(look: Callable[[], object]):
    """Return what a call answers, or None where the token may not see it or there is nothing."""
    try:
        return look()
    except GitHubError as error:
        if error.status == 403 or answers.is_absence(error):
            return None
        raise
