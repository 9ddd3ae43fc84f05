"""Artifacts of workflow runs. Tests put them there; they are fetched from another host."""

import hashlib
import io
import time
import zipfile
from pathlib import Path

from hub import runs
from hub.messages import Answer, Refusal, Request, missing
from hub.paging import paged
from hub.routes import route
from hub.state import Repository, now

EXPIRY = 90 * 24 * 3600
FORM = "%Y-%m-%dT%H:%M:%SZ"


def add(
    repository: Repository, run: dict, name: str, files: dict[str, bytes] | bytes, folder: Path, number: int | None
) -> dict:
    """Put an artifact there: files, which are zipped, or a zip as it is."""
    content = files if isinstance(files, bytes) else zipped(files)
    number = number or next(repository.ids)
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


def shown(ask: Request, one: dict) -> dict:
    run, here = ask.repository.runs[one["run"]], f"{ask.here}/actions/artifacts/{one['id']}"
    head = ask.hub.repositories[run["head_repository"]]
    origin = {"id": run["id"], "repository_id": ask.repository.id, "head_repository_id": head.id}
    origin |= {"head_branch": run["head_branch"], "head_sha": run["head_sha"]}
    facts = {key: value for key, value in one.items() if key not in ("run", "path")}
    return facts | {"url": here, "archive_download_url": f"{here}/zip", "workflow_run": origin}


def _listed(ask: Request, those: list[dict]) -> Answer:
    name = ask.query.get("name")
    found = [shown(ask, one) for one in reversed(those) if name in (None, one["name"])]
    return paged(ask, found, "artifacts")


@route("GET", "/actions/artifacts", "actions:read")
def list_artifacts(ask: Request) -> Answer:
    return _listed(ask, list(ask.repository.artifacts.values()))


@route("GET", "/actions/runs/{run_id}/artifacts", "actions:read")
def list_of_run(ask: Request, run_id: str) -> Answer:
    run = runs.find(ask, run_id)
    return _listed(ask, [one for one in ask.repository.artifacts.values() if one["run"] == run["id"]])


def find(ask: Request, artifact_id: str) -> dict:
    if int(artifact_id) not in ask.repository.artifacts:
        raise missing()
    return ask.repository.artifacts[int(artifact_id)]


@route("GET", "/actions/artifacts/{artifact_id}", "actions:read")
def get(ask: Request, artifact_id: str) -> dict:
    return shown(ask, find(ask, artifact_id))


@route("DELETE", "/actions/artifacts/{artifact_id}", "actions:write")
def delete(ask: Request, artifact_id: str) -> None:
    del ask.repository.artifacts[find(ask, artifact_id)["id"]]


@route("GET", "/actions/artifacts/{artifact_id}/{archive_format}", "actions:read", closed=True)
def download(ask: Request, artifact_id: str, archive_format: str) -> Answer:
    """Send to the other host. Even a public artifact needs a token."""
    one = find(ask, artifact_id)
    if archive_format != "zip":
        raise missing()
    if one["expired"]:
        raise Refusal(410, "Artifact has expired")
    return Answer(
        302, None, {"Location": ask.hub.storage.address(one["path"], "application/zip", f"{one['name']}.zip")}
    )
