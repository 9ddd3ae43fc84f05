"""Rulesets, branch protection and burned tags: what may not be done to a reference."""

from fnmatch import fnmatchcase

from hub.messages import Refusal
from hub.state import Repository

RESTRICTED = {
    "creation": "Cannot create ref due to creations being restricted.",
    "update": "Cannot update this protected ref.",
    "deletion": "Cannot delete this protected ref.",
    "non_fast_forward": "Cannot force-push to this branch",
}
LOCKED = "Cannot {} this tag. The tag is permanently locked."
THROUGH_PULL_REQUEST = "Changes must be made through a pull request."


def applying(repository: Repository, ref: str) -> list[dict]:
    """Return the rules of the active rulesets that apply to refs/heads/… or refs/tags/…, with their ruleset's id."""
    return [
        rule | {"ruleset_id": one["id"]}
        for one in repository.rulesets.values()
        if one["enforcement"] == "active" and _covers(repository, one, ref)
        for rule in one["rules"]
    ]


def _covers(repository: Repository, ruleset: dict, ref: str) -> bool:
    if not ref.startswith({"branch": "refs/heads/", "tag": "refs/tags/"}[ruleset["target"]]):
        return False
    names = (ruleset.get("conditions") or {}).get("ref_name", {})
    default = f"refs/heads/{repository.default_branch}"
    tests = {"~ALL": True, "~DEFAULT_BRANCH": ref == default}

    def hit(patterns: list[str]) -> bool:
        return any(tests.get(one, fnmatchcase(ref, one)) for one in patterns)

    return hit(names.get("include", [])) and not hit(names.get("exclude", []))


def broken(repository: Repository, ref: str, change: str) -> str | None:
    """Return the rule that a change (creation, update, deletion, non_fast_forward) of a reference would break."""
    types = {rule["type"] for rule in applying(repository, ref)}
    tag = ref.removeprefix("refs/tags/")
    if ref.startswith("refs/tags/") and tag in repository.burned:
        if change == "creation":
            return RESTRICTED["creation"]
        if any(one.immutable and one.tag_name == tag for one in repository.releases.values()):
            return LOCKED.format("delete" if change == "deletion" else "update")
    wanted = {change, "update"} if change == "non_fast_forward" else {change}
    for name in sorted(wanted & types):
        return RESTRICTED[name]
    if ref.startswith("refs/heads/") and "pull_request" in types and change != "creation":
        return THROUGH_PULL_REQUEST
    return None


def hold(repository: Repository, ref: str, change: str, status: int = 422) -> None:
    """Refuse a change of a reference that a rule forbids."""
    if reason := broken(repository, ref, change):
        raise violations(reason, status)


def violations(reason: str, status: int) -> Refusal:
    return Refusal(status, f"Repository rule violations found\n\n{reason}\n\n")


def required_checks(repository: Repository, branch: str) -> list[str]:
    """Return the names of the checks that a pull request into a branch needs."""
    rules = applying(repository, f"refs/heads/{branch}")
    needed = [one for rule in rules if rule["type"] == "required_status_checks" for one in _names(rule["parameters"])]
    protection = (repository.protections.get(branch) or {}).get("required_status_checks") or {}
    return needed + [one for one in protection.get("contexts", []) if one not in needed]


def _names(parameters: dict) -> list[str]:
    return [one["context"] for one in parameters["required_status_checks"]]


def missing_checks(repository: Repository, branch: str, sha: str) -> list[str]:
    """Return the required checks that a commit has not passed. A dispatched run's check doesn't count."""
    passed = {
        one["name"]
        for one in repository.checks
        if one["head_sha"] == sha
        and one["conclusion"] in ("success", "skipped", "neutral")
        and one["event"] in ("pull_request", "merge_group")
    }
    passed |= {one["context"] for one in repository.statuses if one["sha"] == sha and one["state"] == "success"}
    return [name for name in required_checks(repository, branch) if name not in passed]
