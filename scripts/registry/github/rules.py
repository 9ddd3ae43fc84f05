"""Rules for branches and tags on GitHub: what they ask, and how to make one."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from http import HTTPStatus

from registry.github.answers import GitHubError
from registry.github.client import GitHub

TAGS = "refs/tags/*@v*"
EACH_TAG = "refs/tags/\0@v\0.\0.\0"  # \0 is any text, which only a star of a pattern stands for
EVERYTHING = "~ALL"
NOT_PROTECTED = "Branch not protected"


def required(github: GitHub, branch: str) -> Iterator[tuple[str, int | None]]:
    """Yield the checks that a branch requires, by rulesets and by classic protection, each with the App it must be of."""
    for rule in github.pages(f"rules/branches/{branch}"):
        if rule["type"] == "required_status_checks":
            for check in rule["parameters"]["required_status_checks"]:
                yield check["context"], check.get("integration_id")
    required = _protection(github, branch).get("required_status_checks") or {}
    yield from ((name, None) for name in required.get("contexts", []))
    yield from ((check["context"], check.get("app_id")) for check in required.get("checks", []))


def asks_owners(github: GitHub, branch: str) -> bool:
    """Say whether nothing comes into a branch without an approval, and without one of the code owners."""
    found = [one["parameters"] for one in github.pages(f"rules/branches/{branch}") if one["type"] == "pull_request"]
    found += [_protection(github, branch).get("required_pull_request_reviews") or {}]
    count = max(one.get("required_approving_review_count", 0) for one in found)
    owners = any(one.get("require_code_owner_review") or one.get("require_code_owner_reviews") for one in found)
    return count > 0 and owners


def _protection(github: GitHub, branch: str) -> dict:
    """Return a branch's classic protection. Who may not look is told 404 as well, but in other words."""
    try:
        return github.get(f"branches/{branch}/protection")
    except GitHubError as error:
        if NOT_PROTECTED in error.said:
            return {}
        raise


def are_kept(github: GitHub) -> bool:
    """Say whether rulesets, each for itself or together, forbid to move and to delete any tag of a release."""
    listed = github.pages("rulesets", targets="tag")
    active = [one["id"] for one in listed if one.get("target") == "tag" and one["enforcement"] == "active"]
    rulesets = [github.get(f"rulesets/{number}") for number in active]
    forbidden = {rule["type"] for one in rulesets if _covers(one) for rule in one.get("rules", [])}
    return {"deletion", "update"} <= forbidden


def _covers(ruleset: dict) -> bool:
    names = (ruleset.get("conditions") or {}).get("ref_name") or {}
    return any(map(_takes_all, names.get("include", []))) and not any(map(_takes_some, names.get("exclude", [])))


def _takes_all(pattern: str) -> bool:
    """Say whether a pattern matches every release's tag."""
    plain = _plain(pattern)
    return pattern == EVERYTHING or (not set("?[") & set(plain) and _is_flat(plain) and fnmatchcase(EACH_TAG, plain))


def _takes_some(pattern: str) -> bool:
    """Say whether a pattern may match a release's tag; whatever has a wildcard may."""
    plain = _plain(pattern)
    return pattern == EVERYTHING or (_is_flat(plain) and (bool(set("*?[") & set(plain)) or fnmatchcase(plain, TAGS)))


def _plain(pattern: str) -> str:
    """GitHub's star doesn't match a slash, and `**/` matches none as well: our tags have none."""
    return pattern.replace("**/", "")


def _is_flat(pattern: str) -> bool:
    return pattern.count("/") == TAGS.count("/")


def ruleset(name: str, target: str, include: str, rules: list[dict]) -> dict:
    """Return a ruleset that is in force for what a pattern matches and that nobody is exempt from."""
    conditions = {"ref_name": {"include": [include], "exclude": []}}
    return {"name": name, "target": target, "enforcement": "active", "conditions": conditions, "rules": rules}


def make(github: GitHub, ruleset: dict) -> None:
    """Make a ruleset. One that has its name already, and is not in force or not complete, becomes it."""
    try:
        github.create("rulesets", ruleset, lambda: _named(github, ruleset["name"]))
    except GitHubError as error:
        there = _named(github, ruleset["name"]) if error.status == HTTPStatus.UNPROCESSABLE_ENTITY else None
        if there is None:
            raise
        github.put(f"rulesets/{there['id']}", ruleset)


def _named(github: GitHub, name: str) -> dict | None:
    return next((one for one in github.pages("rulesets", includes_parents="false") if one["name"] == name), None)
