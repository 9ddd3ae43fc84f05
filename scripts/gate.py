"""The last word of the checks: what was judged, and that every job that had to run has succeeded. Reads NEEDS."""

import json
import os

from registry import console, files, git
from registry.checks import jobs
from registry.environments.approving import Asked
from registry.errors import Problem, raise_all, refuse
from registry.formats import documents
from registry.github import access, runs
from registry.judging import candidates

ADVICE = "give it the workflow's needs, as check.yml does"


def main() -> None:
    console.parser(__doc__, """NEEDS='{"plan": {"result": "success", "outputs": {}}}' tox run -e gate""").parse_args()
    try:
        needs = json.loads(os.environ.get("NEEDS", ""))
    except ValueError as error:
        raise refuse("NEEDS", f"is not JSON: {error}; {ADVICE}") from error
    if not isinstance(needs, dict) or not all(map(_is_job, needs.values())):
        raise refuse("NEEDS", f"does not hold an object for each job; {ADVICE}")
    accepted = jobs.accepted(needs)
    files.write(git.root() / candidates.FOLDER / runs.ACCEPTED, documents.dump_json(accepted))
    if accepted:
        console.say(f"accepted what was judged: {', '.join(accepted)}")
    raise_all([*jobs.problems(needs), *unapproved(jobs.approvals(needs))])
    succeeded = [job for job, one in needs.items() if one["result"] == "success"]
    console.conclude(f"{', '.join(succeeded)}: success; nothing is missing")


def unapproved(asked: list[Asked]) -> list[Problem]:
    """Return which approvals are missing of those that environments ask for."""
    if not asked:
        return []
    from registry.checks import consent
    from registry.github.client import GitHub

    counted = consent.tallies(GitHub.from_environment(), *consent.subject(access.event()), asked)
    for one in counted:
        console.say(f"{one.asked.environment}: {one.told}")
    return consent.problems(counted)


def _is_job(told: object) -> bool:
    outputs = told.get("outputs") or {} if isinstance(told, dict) else None
    return isinstance(outputs, dict) and all(isinstance(value, str) for value in outputs.values())


if __name__ == "__main__":
    console.run(main)
