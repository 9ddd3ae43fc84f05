"""Deployments, their statuses, and environments."""

from hub import commits, shapes
from hub.messages import Answer, Refusal, Request, missing
from hub.paging import paged
from hub.routes import route
from hub.state import Event, now


def find(ask: Request, deployment_id: str) -> dict:
    if int(deployment_id) not in ask.repository.deployments:
        raise missing()
    return ask.repository.deployments[int(deployment_id)]


def shown(ask: Request, one: dict) -> dict:
    here = f"{ask.here}/deployments/{one['id']}"
    facts = {key: value for key, value in one.items() if key != "states"} | {
        "creator": shapes.user(ask, one["creator"])
    }
    return facts | {"url": here, "statuses_url": f"{here}/statuses", "repository_url": ask.here}


@route("GET", "/deployments", "deployments:read")
def list_deployments(ask: Request) -> Answer:
    found = list(reversed(ask.repository.deployments.values()))
    for name in ("sha", "ref", "task", "environment"):
        found = [one for one in found if ask.query.get(name, "none") in ("none", one[name])]
    return paged(ask, [shown(ask, one) for one in found])


@route("POST", "/deployments", "deployments:write")
def create(ask: Request) -> Answer:
    given = {"task": "deploy", "environment": "production", "description": None, "payload": ""} | ask.json
    try:
        sha = commits.sha_of(ask, given["ref"])
    except Refusal as error:
        raise Refusal(422, f"No ref found for: {given['ref']}") from error
    if given.get("required_contexts"):
        raise Refusal(409, "Conflict: Commit status checks failed for " + given["ref"])
    kept = ("ref", "task", "environment", "description", "payload", "transient_environment", "production_environment")
    one = {key: given[key] for key in kept if key in given}
    one |= {"id": next(ask.repository.ids), "sha": sha, "creator": ask.login, "states": []}
    one |= {"created_at": now(), "updated_at": now(), "original_environment": given["environment"]}
    ask.repository.deployments[one["id"]] = one
    environment(ask, given["environment"])
    ask.hub.happened(ask, Event("deployment", "created", given["ref"], sha))
    return Answer(201, shown(ask, one))


@route("GET", "/deployments/{deployment_id}", "deployments:read")
def get(ask: Request, deployment_id: str) -> dict:
    return shown(ask, find(ask, deployment_id))


def status(ask: Request, one: dict, state: dict) -> dict:
    here = f"{ask.here}/deployments/{one['id']}"
    links = {"url": f"{here}/statuses/{state['id']}", "deployment_url": here, "repository_url": ask.here}
    return state | links | {"creator": shapes.user(ask, state["creator"])}


@route("GET", "/deployments/{deployment_id}/statuses", "deployments:read")
def list_statuses(ask: Request, deployment_id: str) -> Answer:
    one = find(ask, deployment_id)
    return paged(ask, [status(ask, one, state) for state in reversed(one["states"])])


@route("POST", "/deployments/{deployment_id}/statuses", "deployments:write")
def create_status(ask: Request, deployment_id: str) -> Answer:
    one, given = find(ask, deployment_id), ask.json
    state = {"description": "", "target_url": "", "environment": one["environment"]} | given
    inactive = state.pop("auto_inactive", True)
    if given["state"] == "success" and inactive:
        _deactivate(ask, one)
    state |= {"id": next(ask.repository.ids), "creator": ask.login, "created_at": now(), "updated_at": now()}
    one["states"].append(state)
    return Answer(201, status(ask, one, state))


def _deactivate(ask: Request, new: dict) -> None:
    """Make what was deployed to the same environment before inactive."""
    for one in ask.repository.deployments.values():
        last = one["states"][-1] if one["states"] else {"state": ""}
        if one is not new and one["environment"] == new["environment"] and last["state"] == "success":
            one["states"].append(last | {"state": "inactive", "id": next(ask.repository.ids)})


def environment(ask: Request, name: str) -> dict:
    """Return an environment, which comes into being when it is first named."""
    new = {"id": next(ask.repository.ids), "name": name, "created_at": now(), "updated_at": now(), "rules": {}}
    new["branches"] = {}
    return ask.repository.environments.setdefault(name, new)


def shown_environment(ask: Request, one: dict) -> dict:
    facts = {key: one[key] for key in ("id", "name", "created_at", "updated_at")}
    links = {"url": f"{ask.here}/environments/{one['name']}", "html_url": f"{ask.web}/deployments/{one['name']}"}
    wait, reviewers = one["rules"].get("wait_timer"), one["rules"].get("reviewers")
    rules = [{"id": one["id"], "type": "wait_timer", "wait_timer": wait}] if wait else []
    if reviewers:
        people = [{"type": "User", "reviewer": shapes.user(ask, ask.repository.owner)} for _ in reviewers]
        rules.append({"id": one["id"] + 1, "type": "required_reviewers", "reviewers": people})
    policy = one["rules"].get("deployment_branch_policy")
    return facts | links | {"protection_rules": rules, "deployment_branch_policy": policy}


@route("GET", "/environments", "actions:read")
def list_environments(ask: Request) -> Answer:
    found = [shown_environment(ask, one) for one in ask.repository.environments.values()]
    return paged(ask, found, "environments")


@route("GET", "/environments/{environment_name}", "actions:read")
def get_environment(ask: Request, environment_name: str) -> dict:
    if environment_name not in ask.repository.environments:
        raise missing()
    return shown_environment(ask, ask.repository.environments[environment_name])


@route("PUT", "/environments/{environment_name}", "administration:write", closed=True)
def put_environment(ask: Request, environment_name: str) -> dict:
    one = environment(ask, environment_name)
    one |= {"rules": ask.json or {}, "updated_at": now()}
    return shown_environment(ask, one)


@route("DELETE", "/environments/{environment_name}", "administration:write", closed=True)
def delete_environment(ask: Request, environment_name: str) -> None:
    if ask.repository.environments.pop(environment_name, None) is None:
        raise missing()


@route("GET", "/environments/{environment_name}/deployment-branch-policies", "actions:read")
def list_branch_policies(ask: Request, environment_name: str) -> Answer:
    get_environment(ask, environment_name)
    return paged(ask, list(ask.repository.environments[environment_name]["branches"].values()), "branch_policies")


@route("POST", "/environments/{environment_name}/deployment-branch-policies", "administration:write", closed=True)
def create_branch_policy(ask: Request, environment_name: str) -> Answer:
    """Let branches deploy; one whose name is there already is no news."""
    policy = get_environment(ask, environment_name)["deployment_branch_policy"] or {}
    there = ask.repository.environments[environment_name]["branches"]
    if not policy.get("custom_branch_policies"):
        raise missing()
    new = {"id": next(ask.repository.ids), "node_id": "", "type": "branch"} | ask.json
    if new["name"] in there:
        raise Refusal(303, "See Other")
    there[new["name"]] = new
    return Answer(200, new)
