"""Check runs and commit statuses."""

from hub import shapes
from hub.commits import sha_of
from hub.messages import Answer, Request
from hub.paging import paged
from hub.routes import route
from hub.state import now


@route("GET", "/commits/{ref}/check-runs", "checks:read")
def check_runs(ask: Request, ref: str) -> Answer:
    sha, name = sha_of(ask, ref), ask.query.get("check_name")
    found = [run for run in ask.repository.checks if run["head_sha"] == sha and name in (None, run["name"])]
    return paged(ask, [_check_run(ask, run) for run in found], "check_runs")


def _check_run(ask: Request, run: dict) -> dict:
    done = run["at"] if run["conclusion"] else None
    facts = {key: run[key] for key in ("id", "name", "head_sha", "status", "conclusion")}
    return facts | {"started_at": run["at"], "completed_at": done, "url": f"{ask.here}/check-runs/{run['id']}"}


@route("GET", "/commits/{ref}/status", "statuses:read")
def combined_status(ask: Request, ref: str) -> dict:
    sha = sha_of(ask, ref)
    latest = {one["context"]: one for one in ask.repository.statuses if one["sha"] == sha}
    states = {one["state"] for one in latest.values()}
    state = "failure" if states & {"failure", "error"} else "success" if states == {"success"} else "pending"
    found = [{key: value for key, value in one.items() if key != "sha"} for one in latest.values()]
    return {"state": state, "statuses": found, "sha": sha, "total_count": len(found),
            "repository": shapes.repository(ask, ask.repository)}  # fmt: skip


@route("POST", "/statuses/{sha}", "statuses:write")
def create_status(ask: Request, sha: str) -> Answer:
    given = {"context": "default", "description": None, "target_url": None} | ask.json
    one = given | {"sha": sha_of(ask, sha), "id": next(ask.repository.ids), "created_at": now(), "updated_at": now()}
    ask.repository.statuses.append(one)
    facts = {key: value for key, value in one.items() if key != "sha"}
    return Answer(201, facts | {"creator": shapes.user(ask, ask.login)})
