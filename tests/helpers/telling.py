"""Runs of the checks of a pull request on a hub, and the comment that `report` makes of one."""

import json
from pathlib import Path

import rendering
import report
import teams
from hub import Hub
from registries import TEMPLATE, commit, git
from talking import succeeds

from registry.github import runs
from registry.pulls import comments


def run_of(hub: Hub, pull: dict, *reports: dict, **facts: object) -> dict:
    """Put a run of the checks of a pull request there, with reports."""
    run = hub.add_run(runs.CHECK, "pull_request", pull["head"]["sha"], pull["head"]["ref"], **facts)
    if reports:
        handed_in = {f"{one['model']}/report.json": json.dumps(one).encode() for one in reports}
        teams.accept(hub, run, reports=handed_in)
    return run


def specified(root: Path, hub: Hub, *reports: dict) -> None:
    """Put the specs that reports are of on main."""
    described(root, *reports)
    hub.take(root)


def described(root: Path, *reports: dict) -> None:
    """Commit the specs that reports are of."""
    whole = (TEMPLATE / "models/digits/model.yaml").read_text("utf-8")
    for one in reports:
        spec = root / f"models/{one['model']}/model.yaml"
        spec.parent.mkdir(exist_ok=True)
        rest = whole.partition("thresholds:")[0].replace("version: 1.0.0", f"version: {one['version']}")
        spec.write_text(f"{rest}thresholds: {json.dumps(one['thresholds'])}\n", "utf-8")
    commit(root)


def reports(root: Path, hub: Hub, run: dict) -> str:
    """Report as the workflow does; main is checked out."""
    git(root, "checkout", "--quiet", "main")
    token = hub.workflow({"actions": "read", "contents": "read", "pull_requests": "write"})
    return succeeds(root, hub, report, "--run", str(run["id"]), GITHUB_TOKEN=token, GITHUB_ACTIONS="true")


def comment(hub: Hub) -> str:
    """Return the one comment, which is safe to show."""
    (one,) = hub.repository.comments.values()
    marker, _, page = one["body"].partition("\n")
    assert marker == comments.MARKER
    rendering.check(page, f"{hub.server_url}/octo/models/")
    return page
