"""The gate of a pull request's checks, run again: it counts approvals anew, and nothing else of the checks is repeated."""

import time

from registry.errors import refuse
from registry.github import runs
from registry.github.client import GitHub

WORKFLOW = runs.CHECK.rpartition("/")[2]
DONE = "completed"
PAUSE, PATIENCE = 5, 540  # seconds
YET_TO_RUN = "its gate is yet to run, and counts then"
NOTHING = "its checks have not run"


def gate(github: GitHub, pull: dict) -> tuple[dict | None, str]:
    """Run the gate of a pull request's newest checks again, and wait for its end.

    Return the run of the checks, and what was done; None where there was nothing to do.
    """
    listed = github.get(f"actions/workflows/{WORKFLOW}/runs", head_sha=pull["head"]["sha"], event="pull_request")
    run = next(iter(listed["workflow_runs"]), None)
    if run is None or (run["status"] == DONE and not _gate(github, run)):
        return None, NOTHING
    if run["status"] != DONE:
        found = _gate(github, run)
        if not found or found["status"] not in ("in_progress", DONE):
            return None, YET_TO_RUN
        run = _ended(github, run)  # what it counted may be older than the review
    github.create(f"actions/jobs/{_gate(github, run)['id']}/rerun", {}, lambda: None)
    run = _ended(github, run, run["run_attempt"] + 1)
    return run, f"its gate counted again: {run['conclusion']}"


def _gate(github: GitHub, run: dict) -> dict | None:
    return next((one for one in runs.jobs(github, run) if one["name"] == runs.GATE), None)


def _ended(github: GitHub, run: dict, attempt: int = 1) -> dict:
    """Return a run once it has ended, for at least so often: what is begun again is told as ended for a moment."""
    ends = time.monotonic() + PATIENCE
    while (found := github.get(f"actions/runs/{run['id']}"))["status"] != DONE or found["run_attempt"] < attempt:
        if time.monotonic() > ends:
            text = f"has not ended after {PATIENCE // 60} minutes; look at {run['html_url']}"
            raise refuse(f"run {run['id']} of {WORKFLOW}", f"{text}, and run its gate again once it has")
        time.sleep(PAUSE)
    return found
