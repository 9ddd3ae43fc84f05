"""A team's repository on a hub, at the points of its life where the verbs are called."""

import json
import shutil
from pathlib import Path

import redone
from hub import Hub
from hub.caller import Caller
from registries import candidate, commit, git
from talking import succeeds

import publish
from registry.github import runs

TAG = "digits@v1.0.0"


def pull(root: Path, hub: Hub, branch: str = "topic") -> dict:
    """Open a pull request with what the working tree holds, on a branch of that name."""
    git(root, "checkout", "--quiet", "-B", branch)
    commit(root)
    hub.take(root, branch)
    return Caller(hub, hub.token).post("/pulls", title=f"a {branch}", head=branch, base="main", body="")


def checked(root: Path, hub: Hub, pull: dict, **facts: object) -> dict:
    """Let the checks of a pull request build a candidate of digits; return the run."""
    candidate(root)
    run = hub.add_run(runs.CHECK, "pull_request", pull["head"]["sha"], pull["head"]["ref"], **facts)
    hand_in(root, hub, run)
    return run


def hand_in(root: Path, hub: Hub, run: dict) -> None:
    """Put the candidate of digits into the artifacts of a run, and the last word of its gate on them."""
    made = {f"digits/{path.name}": path.read_bytes() for path in (root / "candidates/digits").iterdir()}
    accept(hub, run, candidates=made, reports={"digits/report.json": made["digits/report.json"]})


def accept(hub: Hub, run: dict, **handed_in: dict[str, bytes] | bytes) -> None:
    """Put artifacts of a run there, and the one in which its gate accepts them."""
    run["jobs"] = {"gate": "success"} | run.get("jobs", {})
    found = {kind: hub.add_artifact(run, kind, files) for kind, files in handed_in.items()}
    told = {kind: {"id": one["id"], "sha256": one["digest"].partition(":")[2]} for kind, one in found.items()}
    word = hub.add_artifact(run, "accepted", {"accepted.json": json.dumps(told).encode()})
    word["created_at"] = max(word["created_at"], run["created_at"])  # of some runs tests say that they are yet to come


def merge(root: Path, hub: Hub, pull: dict, method: str = "squash") -> None:
    """Merge a pull request, and check out main as it is then; the candidate stays on the machine that built it."""
    Caller(hub, hub.token).put(f"/pulls/{pull['number']}/merge", merge_method=method)
    update(root, hub)
    shutil.rmtree(root / "candidates", ignore_errors=True)


def update(root: Path, hub: Hub) -> None:
    """Check out what the hub has."""
    git(root, "fetch", "--quiet", "--tags", "--force", str(hub.repository.git.path), hub.repository.default_branch)
    git(root, "checkout", "--quiet", "-B", hub.repository.default_branch, "FETCH_HEAD")


def release(root: Path, hub: Hub, version: str = "1.0.0", **facts: object) -> None:
    """Release a version of digits from main."""
    redone.once(root, hub, lambda: _release(root, hub, version, facts), "release", version, sorted(facts.items()))


def _release(root: Path, hub: Hub, version: str, facts: dict) -> None:
    spec = root / "models/digits/model.yaml"
    text = spec.read_text("utf-8").splitlines()
    spec.write_text(
        "\n".join(f"version: {version}" if line.startswith("version:") else line for line in text) + "\n", "utf-8"
    )
    commit(root)
    hub.take(root, hub.repository.default_branch)
    candidate(root, **facts)
    succeeds(root, hub, publish, "digits")
    update(root, hub)


def pin(root: Path, hub: Hub, environment: str, version: str = "1.0.0") -> None:
    """Pin a released version in an environment, past all pull requests."""
    (said,) = [one for one in git(root, "tag", "--list", "--format=%(contents)", f"digits@v{version}").splitlines()
               if one.startswith("Artifact-SHA256: ")]  # fmt: skip
    place = root / f"environments/{environment}/digits.yaml"
    place.parent.mkdir(exist_ok=True)
    place.write_text(f"version: {version}\nsha256: {said.split()[1]}\n")
    commit(root)
    hub.take(root, hub.repository.default_branch)
