"""Workflow files, and dispatches, which are recorded and start nothing here."""

from hub import runs
from hub.messages import Answer, Refusal, Request, missing
from hub.paging import paged
from hub.routes import route
from hub.state import Event, now


def shown(ask: Request, path: str, number: int) -> dict:
    return {
        "id": number, "path": path, "name": path.rsplit("/", 1)[-1], "state": "active", "created_at": now(),
        "updated_at": now(), "url": f"{ask.here}/actions/workflows/{number}", "html_url": f"{ask.web}/blob/main/{path}",
        "badge_url": f"{ask.web}/actions/workflows/{path.rsplit('/', 1)[-1]}/badge.svg",
    }  # fmt: skip


def known(ask: Request) -> dict[str, int]:
    """Return the workflow files of the default branch, and those that had runs."""
    git, branch = ask.repository.git, f"refs/heads/{ask.repository.default_branch}"
    if git.resolve(branch):
        for path in git.lines("ls-tree", "-r", "--name-only", branch, ".github/workflows"):
            if path.endswith((".yml", ".yaml")):
                runs.workflow(ask.repository, path)
    return ask.repository.workflows


def find(ask: Request, workflow_id: str) -> tuple[str, int]:
    for path, number in known(ask).items():
        if workflow_id in (str(number), path.rsplit("/", 1)[-1]):
            return path, number
    raise missing()


@route("GET", "/actions/workflows", "actions:read")
def list_workflows(ask: Request) -> Answer:
    return paged(ask, [shown(ask, path, number) for path, number in known(ask).items()], "workflows")


@route("GET", "/actions/workflows/{workflow_id}", "actions:read")
def get(ask: Request, workflow_id: str) -> dict:
    return shown(ask, *find(ask, workflow_id))


@route("GET", "/actions/workflows/{workflow_id}/runs", "actions:read")
def runs_of(ask: Request, workflow_id: str) -> Answer:
    _, number = find(ask, workflow_id)
    return runs.filtered(ask, [run for run in ask.repository.runs.values() if run["workflow_id"] == number])


@route("POST", "/actions/workflows/{workflow_id}/dispatches", "actions:write")
def dispatch(ask: Request, workflow_id: str) -> Answer | None:
    path, number = find(ask, workflow_id)
    given, git = ask.json, ask.repository.git
    sha = (
        git.resolve(f"refs/heads/{given['ref']}")
        or git.resolve(f"refs/tags/{given['ref']}")
        or git.resolve(given["ref"])
    )
    if sha is None:
        raise Refusal(422, f"No ref found for: {given['ref']}")
    text = git.text("show", f"{sha}:{path}") if git.resolve(f"{sha}:{path}", "") else ""
    if text and "workflow_dispatch" not in text:
        raise Refusal(422, "Workflow does not have 'workflow_dispatch' trigger")
    payload = {"workflow": path, "inputs": given.get("inputs", {})}
    ask.hub.happened(ask, Event("workflow_dispatch", ref=given["ref"], sha=sha, payload=payload))
    if not given.get("return_run_details"):
        return None
    run = runs.add(
        ask.repository, path, "workflow_dispatch", sha, given["ref"], None, {"status": "queued", "conclusion": None}
    )
    urls = {"run_url": f"{ask.here}/actions/runs/{run['id']}", "html_url": f"{ask.web}/actions/runs/{run['id']}"}
    return Answer(200, {"workflow_run_id": run["id"]} | urls)


@route("POST", "/dispatches", "contents:write")
def repository_dispatch(ask: Request) -> None:
    given = ask.json
    ask.hub.happened(ask, Event("repository_dispatch", given["event_type"], payload=given.get("client_payload", {})))
