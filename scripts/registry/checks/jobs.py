"""Did everything that had to run succeed, and what did it judge? A skipped job counts as success for GitHub. Pure."""

import json
import re
from collections.abc import Mapping

from registry.environments.approving import Asked
from registry.errors import Problem, refuse

PLAN, ASSESS = "plan", "assess"
HANDED_IN = ("candidates", "reports")
NUMBER, SHA256 = re.compile(r"[0-9]{1,15}"), re.compile(r"[0-9a-f]{64}")
# job -> the output of `plan` that says whether it had to run, and what that output is when it had not
EXPECTED = {
    "build": ("models", "[]"),
    ASSESS: ("models", "[]"),
    "judge": ("judge", "[]"),
    "deploys": ("environments", "[]"),
    "tests": ("code", "false"),
}


def problems(needs: Mapping[str, Mapping]) -> list[Problem]:
    """Return what keeps a pull request from being merged; `needs` is the context of that name in a workflow."""
    outputs = needs.get(PLAN, {}).get("outputs") or {}
    found = [_problem(job, needs.get(job, {}).get("result", "missing"), outputs) for job in (PLAN, *EXPECTED)]
    found += [
        Problem(_place(job), 0, "", "is not known to the gate; name it in EXPECTED")
        for job in set(needs) - {PLAN, *EXPECTED}
    ]
    return [problem for problem in found if problem]


def accepted(needs: Mapping[str, Mapping]) -> dict[str, dict]:
    """Return which artifacts of the run hold what was judged: of each kind its number and the SHA-256 of its zip.

    Every job of the run can hand in artifacts, under any name; the outputs of a job are that job's own.
    """
    told = needs.get(ASSESS, {}).get("outputs") or {}
    return {
        kind: {"id": int(told[kind]), "sha256": told[f"{kind}_sha256"]}
        for kind in HANDED_IN
        if NUMBER.fullmatch(told.get(kind, "")) and SHA256.fullmatch(told.get(f"{kind}_sha256", ""))
    }


def approvals(needs: Mapping[str, Mapping]) -> list[Asked]:
    """Return whose leave is asked for, as `plan` found it; raise RegistryError where it does not say so, and must."""
    outputs = needs.get(PLAN, {}).get("outputs") or {}
    if "approvals" not in outputs and outputs.get("environments", "[]") == "[]":
        return []
    try:
        found = json.loads(outputs.get("approvals", ""))
        return [Asked(str(one["environment"]), int(one["count"]), [*map(str, one["people"])]) for one in found]
    except (ValueError, LookupError, TypeError) as error:
        text = "does not say whose approvals are asked for; see its log, mend it, and push again"
        raise refuse(_place(PLAN), text) from error


def _problem(job: str, result: str, outputs: Mapping[str, str]) -> Problem | None:
    if result == "success":
        return None
    if result == "skipped" and job != PLAN:
        output, nothing = EXPECTED[job]
        if outputs.get(output) == nothing:
            return None
        return Problem(_place(job), 0, "", "was skipped although it had to run; see why in the log of this run")
    return Problem(_place(job), 0, "", f"ended with {result}; see its log, mend it, and push again")


def _place(job: str) -> str:
    """Name a job so that it is not taken for a file: there is a folder `tests`."""
    return f"job {job}"
