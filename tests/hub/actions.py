"""Workflow runs, their artifacts, and dispatches. Tests put runs and artifacts there; nothing runs here."""

import hashlib
import io
import time
import zipfile
from pathlib import Path

from hub import commits, shapes
from hub.messages import Answer, Refusal, Request, missing
from hub.paging import paged
from hub.routes import route
from hub.state import Event, Repository, now

EXPIRY = 90 * 24 * 3600
FORM = "%Y-%m-%dT%H:%M:%SZ"


def workflow(repository: Repository, path: str) -> int:
    """Return the number of a workflow file."""
    return repository.workflows.setdefault(path, next(repository.ids))


def add_run(repository: Repository, path: str, event: str, sha: str, branch: str, head: Repository | None, given: dict) -> dict:
    """Put a run there; `head` is the repository its commit comes from."""
    run = {
        "id": next(repository.ids), "path": path, "event": event, "head_sha": sha, "head_branch": branch,
        "head_repository": (head or repository).full_name, "status": "completed", "conclusion": "success",
        "run_attempt": 1, "run_number": len(repository.runs) + 1, "workflow_id": workflow(repository, path),
        "actor": repository.owner, "created_at": now(), "updated_at": now(), "name": path, "display_title": path,
    }  # fmt: skip
    repository.runs[run["id"]] = run | given
    return repository.runs[run["id"]]


def add_artifact(repository: Repository, run: dict, name: str, files: dict[str, bytes] | bytes, folder: Path) -> dict:
    """Put an artifact there: files, which are zipped, or a zip as it is."""
    content = files if isinstance(files, bytes) else zipped(files)
    number = next(repository.ids)
    path = folder / str(number)
    path.write_bytes(content)
    repository.artifacts[number] = {
        "id": number, "name": name, "run": run["id"], "path": path, "size_in_bytes": len(content), "expired": False,
        "digest": f"sha256:{hashlib.sha256(content).hexdigest()}", "created_at": now(), "updated_at": now(),
        "expires_at": time.strftime(FORM, time.gmtime(time.time() + EXPIRY)),
    }  # fmt: skip
    return repository.artifacts[number]


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def shown(ask: Request, run: dict) -> dict:
    """Return a run; `pull_requests` is empty for forks, as at GitHub."""
    here, repository = f"{ask.here}/actions/runs/{run['id']}", ask.repository
    head = ask.hub.repositories[run["head_repository"]]
    hidden = ("head_repository", "actor", "jobs")
    return {key: value for key, value in run.items() if key not in hidden} | {
        "url": here, "html_url": f"{ask.web}/actions/runs/{run['id']}", "jobs_url": f"{here}/jobs",
        "artifacts_url": f"{here}/artifacts", "workflow_url": f"{ask.here}/actions/workflows/{run['workflow_id']}",
        "repository": shapes.repository(ask, repository), "head_repository": shapes.repository(ask, head),
        "actor": shapes.user(ask, run["actor"]), "triggering_actor": shapes.user(ask, run["actor"]),
        "head_commit": _head_commit(ask, run["head_sha"]), "run_started_at": run["created_at"],
        "pull_requests": [_pull(ask, pull) for pull in repository.pulls.values() if _belongs(pull, run, repository)],
    }  # fmt: skip


def _belongs(pull: dict, run: dict, repository: Repository) -> bool:
    same = (pull["head"]["ref"], pull["head"]["repository"]) == (run["head_branch"], run["head_repository"])
    return same and run["head_repository"] == repository.full_name and pull["state"] == "open"


def _pull(ask: Request, pull: dict) -> dict:
    short = {"id": ask.repository.id, "name": ask.repository.name, "url": ask.here}
    sides = {side: {"ref": pull[side]["ref"], "sha": pull[side]["sha"], "repo": short} for side in ("head", "base")}
    return {"id": pull["id"], "number": pull["number"], "url": f"{ask.here}/pulls/{pull['number']}"} | sides


def _head_commit(ask: Request, sha: str) -> dict | None:
    if not ask.repository.git.has(sha, "commit"):
        return None
    found = commits.one(ask.repository.git, sha)
    people = {role: {key: getattr(found, role)[key] for key in ("name", "email")} for role in ("author", "committer")}
    return {"id": sha, "tree_id": found.tree, "message": found.message, "timestamp": found.author["date"]} | people


@route("GET", "/actions/runs", "actions:read")
def list_runs(ask: Request) -> Answer:
    return _runs(ask, list(ask.repository.runs.values()))


def _runs(ask: Request, runs: list[dict]) -> Answer:
    for query, field in (("head_sha", "head_sha"), ("event", "event"), ("branch", "head_branch"), ("actor", "actor")):
        runs = [run for run in runs if ask.query.get(query) in (None, run[field])]
    if status := ask.query.get("status"):
        runs = [run for run in runs if status in (run["status"], run["conclusion"])]
    return paged(ask, [shown(ask, run) for run in reversed(runs)], "workflow_runs")


def find(ask: Request, run_id: str) -> dict:
    if int(run_id) not in ask.repository.runs:
        raise missing()
    return ask.repository.runs[int(run_id)]


@route("GET", "/actions/runs/{run_id}", "actions:read")
def get(ask: Request, run_id: str) -> dict:
    return shown(ask, find(ask, run_id))


@route("POST", "/actions/runs/{run_id}/approve", "actions:write")
def approve(ask: Request, run_id: str) -> Answer:
    run = find(ask, run_id)
    if run["conclusion"] != "action_required":
        raise Refusal(403, "This workflow run is not waiting for approval")
    run |= {"status": "queued", "conclusion": None, "updated_at": now()}
    return Answer(201, {})


@route("GET", "/actions/runs/{run_id}/jobs", "actions:read")
def list_jobs(ask: Request, run_id: str) -> Answer:
    run = find(ask, run_id)
    facts = {"run_id": run["id"], "head_sha": run["head_sha"], "status": run["status"], "conclusion": run["conclusion"]}
    facts |= {"run_url": f"{ask.here}/actions/runs/{run['id']}", "started_at": run["created_at"]}
    jobs = [facts | {"id": run["id"] * 100 + place, "name": name} for place, name in enumerate(run.get("jobs", []))]
    return paged(ask, jobs, "jobs")


def artifact(ask: Request, one: dict) -> dict:
    run, here = ask.repository.runs[one["run"]], f"{ask.here}/actions/artifacts/{one['id']}"
    head = ask.hub.repositories[run["head_repository"]]
    origin = {"id": run["id"], "repository_id": ask.repository.id, "head_repository_id": head.id}
    origin |= {"head_branch": run["head_branch"], "head_sha": run["head_sha"]}
    facts = {key: value for key, value in one.items() if key not in ("run", "path")}
    return facts | {"url": here, "archive_download_url": f"{here}/zip", "workflow_run": origin}


def _artifacts(ask: Request, those: list[dict]) -> Answer:
    name = ask.query.get("name")
    found = [artifact(ask, one) for one in reversed(those) if name in (None, one["name"])]
    return paged(ask, found, "artifacts")


@route("GET", "/actions/artifacts", "actions:read")
def list_artifacts(ask: Request) -> Answer:
    return _artifacts(ask, list(ask.repository.artifacts.values()))


@route("GET", "/actions/runs/{run_id}/artifacts", "actions:read")
def list_run_artifacts(ask: Request, run_id: str) -> Answer:
    run = find(ask, run_id)
    return _artifacts(ask, [one for one in ask.repository.artifacts.values() if one["run"] == run["id"]])


def find_artifact(ask: Request, artifact_id: str) -> dict:
    if int(artifact_id) not in ask.repository.artifacts:
        raise missing()
    return ask.repository.artifacts[int(artifact_id)]


@route("GET", "/actions/artifacts/{artifact_id}", "actions:read")
def get_artifact(ask: Request, artifact_id: str) -> dict:
    return artifact(ask, find_artifact(ask, artifact_id))


@route("DELETE", "/actions/artifacts/{artifact_id}", "actions:write")
def delete_artifact(ask: Request, artifact_id: str) -> None:
    del ask.repository.artifacts[find_artifact(ask, artifact_id)["id"]]


@route("GET", "/actions/artifacts/{artifact_id}/{archive_format}", "actions:read", closed=True)
def download(ask: Request, artifact_id: str, archive_format: str) -> Answer:
    """Send to the other host. Even a public artifact needs a token."""
    one = find_artifact(ask, artifact_id)
    if archive_format != "zip":
        raise missing()
    if one["expired"]:
        raise Refusal(410, "Artifact has expired")
    return Answer(302, None, {"Location": ask.hub.storage.address(one["path"], "application/zip", f"{one['name']}.zip")})


def _workflow(ask: Request, path: str, number: int) -> dict:
    return {
        "id": number, "path": path, "name": path.rsplit("/", 1)[-1], "state": "active", "created_at": now(),
        "updated_at": now(), "url": f"{ask.here}/actions/workflows/{number}", "html_url": f"{ask.web}/blob/main/{path}",
        "badge_url": f"{ask.web}/actions/workflows/{path.rsplit('/', 1)[-1]}/badge.svg",
    }  # fmt: skip


def known(ask: Request) -> dict[str, int]:
    """Return the workflow files of the default branch, and those that had runs."""
    listed = ask.repository.git.refs() and ask.repository.git.lines(
        "ls-tree", "-r", "--name-only", f"refs/heads/{ask.repository.default_branch}", ".github/workflows"
    )
    for path in listed or []:
        workflow(ask.repository, path)
    return ask.repository.workflows


def find_workflow(ask: Request, workflow_id: str) -> tuple[str, int]:
    for path, number in known(ask).items():
        if workflow_id in (str(number), path.rsplit("/", 1)[-1]):
            return path, number
    raise missing()


@route("GET", "/actions/workflows", "actions:read")
def list_workflows(ask: Request) -> Answer:
    return paged(ask, [_workflow(ask, path, number) for path, number in known(ask).items()], "workflows")


@route("GET", "/actions/workflows/{workflow_id}", "actions:read")
def get_workflow(ask: Request, workflow_id: str) -> dict:
    return _workflow(ask, *find_workflow(ask, workflow_id))


@route("GET", "/actions/workflows/{workflow_id}/runs", "actions:read")
def list_workflow_runs(ask: Request, workflow_id: str) -> Answer:
    _, number = find_workflow(ask, workflow_id)
    return _runs(ask, [run for run in ask.repository.runs.values() if run["workflow_id"] == number])


@route("POST", "/actions/workflows/{workflow_id}/dispatches", "actions:write")
def dispatch(ask: Request, workflow_id: str) -> Answer | None:
    path, number = find_workflow(ask, workflow_id)
    given, git = ask.json, ask.repository.git
    sha = git.resolve(f"refs/heads/{given['ref']}") or git.resolve(f"refs/tags/{given['ref']}") or git.resolve(given["ref"])
    if sha is None:
        raise Refusal(422, f"No ref found for: {given['ref']}")
    text = git.text("show", f"{sha}:{path}") if git.resolve(f"{sha}:{path}", "") else ""
    if text and "workflow_dispatch" not in text:
        raise Refusal(422, "Workflow does not have 'workflow_dispatch' trigger")
    payload = {"workflow": path, "inputs": given.get("inputs", {})}
    ask.hub.happened(ask, Event("workflow_dispatch", ref=given["ref"], sha=sha, payload=payload))
    if not given.get("return_run_details"):
        return None
    run = add_run(ask.repository, path, "workflow_dispatch", sha, given["ref"], None, {"status": "queued", "conclusion": None})
    urls = {"run_url": f"{ask.here}/actions/runs/{run['id']}", "html_url": f"{ask.web}/actions/runs/{run['id']}"}
    return Answer(200, {"workflow_run_id": run["id"]} | urls)


@route("POST", "/dispatches", "contents:write")
def repository_dispatch(ask: Request) -> None:
    given = ask.json
    ask.hub.happened(ask, Event("repository_dispatch", given["event_type"], payload=given.get("client_payload", {})))
