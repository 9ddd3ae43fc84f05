"""Workflow runs. Tests put them there; nothing runs here."""

from hub import commits, shapes
from hub.messages import Answer, Refusal, Request, missing
from hub.paging import paged
from hub.routes import route
from hub.state import Repository, now


def workflow(repository: Repository, path: str) -> int:
    """Return the number of a workflow file."""
    return repository.workflows.setdefault(path, next(repository.ids))


def add(
    repository: Repository, path: str, event: str, sha: str, branch: str, head: Repository | None, given: dict
) -> dict:
    """Put a run there; `head` is the repository its commit comes from."""
    run = {
        "id": next(repository.ids), "path": path, "event": event, "head_sha": sha, "head_branch": branch,
        "head_repository": (head or repository).full_name, "status": "completed", "conclusion": "success",
        "run_attempt": 1, "run_number": len(repository.runs) + 1, "workflow_id": workflow(repository, path),
        "actor": repository.owner, "created_at": now(), "updated_at": now(), "name": path, "display_title": path,
    }  # fmt: skip
    repository.runs[run["id"]] = run | given
    return repository.runs[run["id"]]


def shown(ask: Request, run: dict) -> dict:
    """Return a run; `pull_requests` is empty for forks, as at GitHub."""
    here, repository = f"{ask.here}/actions/runs/{run['id']}", ask.repository
    head = ask.hub.repositories[run["head_repository"]]
    hidden = ("head_repository", "actor", "jobs", "rerun")
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
    return filtered(ask, list(ask.repository.runs.values()))


def filtered(ask: Request, runs: list[dict]) -> Answer:
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
    facts = {"run_id": run["id"], "head_sha": run["head_sha"], "status": run["status"]}
    facts |= {"run_url": f"{ask.here}/actions/runs/{run['id']}", "started_at": run["created_at"]}
    facts["completed_at"] = max(now(), run["created_at"]) if run["status"] == "completed" else None
    jobs = [facts | _job(ask, run, place, *job) for place, job in enumerate(run.get("jobs", {}).items())]
    return paged(ask, jobs, "jobs")


@route("POST", "/actions/jobs/{job_id}/rerun", "actions:write")
def rerun(ask: Request, job_id: str) -> Answer:
    """Begin a job again. Tests say by `rerun` of a run what becomes of it."""
    run, place = find(ask, job_id[:-2]), int(job_id[-2:])
    if run["status"] != "completed":
        raise Refusal(403, "The workflow run containing this job is already running")
    name = [*run["jobs"]][place]
    run |= {"status": "in_progress", "conclusion": None, "run_attempt": run["run_attempt"] + 1, "updated_at": now()}
    run["jobs"] |= {name: None}
    run.get("rerun", int)()
    return Answer(201, {})


def _job(ask: Request, run: dict, place: int, name: str, conclusion: str | None) -> dict:
    number = run["id"] * 100 + place
    page = f"{ask.web}/actions/runs/{run['id']}/job/{number}"
    status = {"status": "in_progress", "completed_at": None} if conclusion is None else {}
    return {"id": number, "name": name, "conclusion": conclusion, "html_url": page} | status
