"""What is set once for a repository."""

from hub import shapes
from hub.messages import Answer, Refusal, Request
from hub.paging import paged
from hub.routes import route
from hub.state import now

DEFAULTS = {
    "description": None, "homepage": None, "has_issues": True, "allow_merge_commit": True, "allow_squash_merge": True,
    "allow_rebase_merge": True, "allow_auto_merge": False, "delete_branch_on_merge": False, "archived": False,
    "allow_update_branch": False, "is_template": False, "web_commit_signoff_required": False,
}  # fmt: skip
READ = {"need": "administration:read", "closed": True}
WRITE = {"need": "administration:write", "closed": True}


@route("GET", "", "metadata:read")
def get(ask: Request) -> dict:
    one, token = ask.repository, ask.token
    facts = DEFAULTS | one.settings | shapes.repository(ask, one) | {
        "default_branch": one.default_branch, "visibility": "private" if one.private else "public",
        "clone_url": f"{ask.web}.git", "git_url": f"{ask.web}.git", "disabled": False,
    }  # fmt: skip
    if token:
        facts["permissions"] = {
            "admin": token.may("administration:write"), "maintain": token.may("administration:write"),
            "push": token.may("contents:write"), "triage": token.may("issues:write"), "pull": True,
        }  # fmt: skip
    if one.parent:
        parent = shapes.repository(ask, one.parent) | {"default_branch": one.parent.default_branch}
        facts |= {"parent": parent, "source": parent}
    if not (token and token.may("contents:write")):
        for name in [name for name in facts if name.startswith("allow_") or name == "delete_branch_on_merge"]:
            del facts[name]  # only those who may merge see them
    return facts


@route("PATCH", "", **WRITE)
def update(ask: Request) -> dict:
    given = ask.json
    if "private" in given:
        ask.repository.private = given.pop("private")
    if "default_branch" in given:
        ask.repository.default_branch = given.pop("default_branch")
    ask.repository.settings |= given
    return get(ask)


@route("GET", "/actions/permissions", **READ)
def actions(ask: Request) -> dict:
    return ask.repository.actions


@route("PUT", "/actions/permissions", **WRITE)
def set_actions(ask: Request) -> None:
    ask.repository.actions |= ask.json


@route("GET", "/actions/permissions/selected-actions", **READ)
def selected_actions(ask: Request) -> dict:
    """Which actions are allowed beside its own, where only some are."""
    if ask.repository.actions.get("allowed_actions") != "selected":
        raise Refusal(409, "Conflict")
    return ask.repository.selected_actions


@route("GET", "/actions/permissions/workflow", **READ)
def workflow_permissions(ask: Request) -> dict:
    return ask.repository.permissions


@route("PUT", "/actions/permissions/workflow", **WRITE)
def set_workflow_permissions(ask: Request) -> None:
    ask.repository.permissions |= ask.json


@route("GET", "/immutable-releases", **READ)
def immutable(ask: Request) -> dict:
    """GitHub answers 404 while it is off."""
    if not ask.repository.immutable_releases:
        raise Refusal(404, "Not Found")
    return {"enabled": True, "enforced_by_owner": False}


@route("PUT", "/immutable-releases", **WRITE)
def make_immutable(ask: Request) -> None:
    ask.repository.immutable_releases = True


@route("DELETE", "/immutable-releases", **WRITE)
def make_mutable(ask: Request) -> None:
    ask.repository.immutable_releases = False


@route("GET", "/actions/secrets", "secrets:read", closed=True)
def list_secrets(ask: Request) -> Answer:
    """List the names of secrets that every workflow of the repository may read."""
    return paged(ask, _secrets(ask.repository.secrets), "secrets")


@route("GET", "/actions/organization-secrets", "secrets:read", closed=True)
def list_organization_secrets(ask: Request) -> Answer:
    """List those that its organization shares with the repository."""
    return paged(ask, _secrets(ask.repository.organization_secrets), "secrets")


def _secrets(names: list[str]) -> list[dict]:
    return [{"name": name, "created_at": now(), "updated_at": now()} for name in names]
