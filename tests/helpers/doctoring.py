"""What doctor says of the settings of a hub's repository, and settings as people leave them."""

import re
from pathlib import Path

import doctor
import talking
from hub import Hub
from hub.state import now

from registry.github import settings

ACTIONS, PULLS, CHECK, TAGS, IMMUTABLE, BRANCHES, PLACE = NAMES = [
    "Actions", "Actions may open pull requests", "Required check `gate`",
    "Tag rule for `refs/tags/*@v*`", "Immutable releases", "Automatically delete head branches",
    "Environment `registry` for main only",
]  # fmt: skip
PERMISSIONS = "/repos/octo/models/actions/permissions"
NEXT = "next: `tox run -e doctor -- --repository octo/models --fix` sets what the token may set\n"
PLAN = "not offered: GitHub's plan has no rules for private repositories; make it public, or upgrade the plan\n"


def succeeds(root: Path, hub: Hub, *words: str, **environment: str) -> str:
    return flush(talking.succeeds(root, hub, doctor, *words, **environment))


def fails(root: Path, hub: Hub, *words: str, **environment: str) -> str:
    return flush(talking.fails(root, hub, doctor, *words, **environment))


def flush(said: str) -> str:
    """Take away what tables are padded with."""
    return re.sub(" +$", "", said, flags=re.MULTILINE)


def states(said: str) -> dict[str, str]:
    """Return the state of each setting in the last table that was printed."""
    lines = said[said.rindex("setting  ") :].splitlines()
    return {name: re.split(" {2,}", line)[1] for name in NAMES for line in lines if line.startswith(f"{name}  ")}


def rule(hub: Hub, *types: str, target: str = "tag", include: str | list = "refs/tags/*@v*", exclude: str | list = (),
         enforcement: str = "active", checks: tuple = ()) -> None:  # fmt: skip
    """Put a ruleset there."""
    number = len(hub.repository.rulesets) + 1
    names = {key: [value] if isinstance(value, str) else list(value)
             for key, value in (("include", include), ("exclude", exclude))}  # fmt: skip
    rules = [{"type": one} for one in types]
    if checks:
        listed = [{"context": one, "integration_id": settings.ACTIONS} for one in checks]
        parameters = {"strict_required_status_checks_policy": False, "required_status_checks": listed}
        rules.append({"type": "required_status_checks", "parameters": parameters})
    hub.repository.rulesets[number] = {
        "id": number, "name": f"mine {number}", "target": target, "enforcement": enforcement, "source": "octo/models",
        "source_type": "Repository", "conditions": {"ref_name": names}, "rules": rules, "bypass_actors": [],
    }  # fmt: skip


def check(hub: Hub, *checks: str, include: str | list = "~DEFAULT_BRANCH", **more: object) -> None:
    rule(hub, target="branch", include=include, checks=checks, **more)


def protect(hub: Hub, *checks: str) -> None:
    """Protect main the classic way."""
    listed = [{"context": one, "app_id": settings.ACTIONS} for one in checks]
    needed = {"required_status_checks": {"strict": False, "contexts": list(checks), "checks": listed}} if checks else {}
    hub.repository.protections["main"] = {"enforce_admins": None} | needed


def allow(hub: Hub, which: str, **selected: object) -> None:
    hub.repository.actions["allowed_actions"] = which
    hub.repository.selected_actions |= selected


def environment(hub: Hub, *branches: str, name: str = "registry", **rules: object) -> None:
    """Put an environment there that is limited to branches."""
    policy = {"protected_branches": False, "custom_branch_policies": True}
    one = {"id": 1, "name": name, "created_at": now(), "updated_at": now()}
    there = {branch: {"id": number, "name": branch, "type": "branch"} for number, branch in enumerate(branches)}
    rules = {"deployment_branch_policy": policy} | rules
    hub.repository.environments[name] = one | {"rules": rules, "branches": there}


def all_on(hub: Hub) -> None:
    check(hub, "gate")
    rule(hub, "deletion", "update")
    hub.repository.permissions["can_approve_pull_request_reviews"] = True
    environment(hub, "main")
    hub.repository.immutable_releases = hub.repository.settings["delete_branch_on_merge"] = True


def found(hub: Hub, root: Path, **environment: str) -> dict[str, str]:
    return states(succeeds(root, hub, **environment))
