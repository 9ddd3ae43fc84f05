"""What each job may do, where and how long it runs, when it is skipped, and what it waits for."""

import json
import re

import pytest
from parsed import CALLS, EVERY, JOBS, PATHS, STEPS, WORKFLOWS

MAY = {
    "check.plan": "contents:read",
    "check.build": "contents:read",
    "check.assess": "contents:read",
    "check.judge": "contents:read",
    "check.deploys": "contents:read",
    "check.tests": "contents:read",
    "check.gate": "contents:read pull-requests:read",
    "review.review": "",
    "recount.recount": "actions:write contents:read pull-requests:write",
    "report.report": "actions:read contents:read pull-requests:write",
    "release.validate": "contents:read",
    "release.collect": "actions:read contents:read pull-requests:read",
    "release.build": "contents:read",
    "release.assess": "contents:read",
    "release.publish": "contents:write packages:write pull-requests:read",
    "release.promote": "actions:write contents:write pull-requests:write",
    "promote.promote": "actions:write contents:write pull-requests:write",
    "tune.plan": "contents:read",
    "tune.search": "contents:read",
    "tune.propose": "contents:write pull-requests:write",
    "deploy.targets": "contents:read",
    "deploy.deploy": "contents:read packages:read",
    "deploy.notify": "contents:read issues:write pull-requests:write",
    "catalogue.catalogue": "contents:read deployments:read pull-requests:read",
    "catalogue.pages": "contents:read id-token:write pages:write",
}
RUNS_CODE = {"build", "search", "assess", "tests", "deploy", "deploys", "judge"}
CHOSEN = dict.fromkeys(("check.build", "release.build", "tune.search", "deploy.deploy"), "${{ matrix.runs_on }}")
CHOSEN |= {
    "check.assess": "${{ fromJSON(needs.plan.outputs.assess_on || '\"ubuntu-latest\"') }}",
    "release.assess": "${{ fromJSON(needs.collect.outputs.assess_on || '\"ubuntu-latest\"') }}",
}
MINUTES = {
    "check.plan": 10,
    "check.build": 360,  # the most that GitHub gives
    "check.assess": 360,
    "check.judge": 10,
    "check.deploys": 10,
    "check.tests": 60,
    "check.gate": 5,
    "review.review": 5,
    "recount.recount": 20,
    "report.report": 10,
    "release.validate": 10,
    "release.collect": 30,
    "release.build": 360,
    "release.assess": 360,
    "release.publish": 60,
    "release.promote": 15,
    "promote.promote": 15,
    "tune.plan": 10,
    "tune.search": 360,
    "tune.propose": 15,
    "deploy.targets": 10,
    "deploy.deploy": 60,
    "deploy.notify": 10,
    "catalogue.catalogue": 15,
    "catalogue.pages": 15,
}
ON_MAIN = "github.ref == format('refs/heads/{0}', github.event.repository.default_branch)"  # by hand a run can be started on any branch
# Without `!cancelled()` GitHub skips a job when one that it needs, as `build`, failed or was skipped.
COLLECTED = "!cancelled() && needs.validate.result == 'success' && needs.collect.result == 'success'"
ONLY_IF = {
    "check.build": "needs.plan.outputs.models != '[]'",
    "check.judge": "needs.plan.outputs.judge != '[]'",
    "check.deploys": "needs.plan.outputs.environments != '[]'",
    "check.tests": "needs.plan.outputs.code == 'true'",
    "check.gate": "always()",  # a required check that is skipped counts as passed
    # Of several models one may not have been trained.
    "check.assess": "${{ !cancelled() && needs.plan.result == 'success' && needs.plan.outputs.models != '[]' }}",
    "check.build.5": "${{ !cancelled() }}",  # of several models of a job one may not have been trained
    "release.build.5": "${{ !cancelled() }}",
    "check.build.6": "${{ always() }}",  # what GitHub cancels since it took too long is gone on with
    "release.build.6": "${{ always() }}",
    "check.assess.5": "${{ !cancelled() }}",  # the report of a candidate that failed is handed in too
    "check.gate.3": "${{ !cancelled() }}",  # what was judged is told of a run that fails, too
    "report.report": "github.event.workflow_run.event == 'pull_request'",
    "review.review": "github.event.review.state != 'commented'",  # which takes no approval back
    "recount.recount": "github.event.workflow_run.conclusion == 'success'",
    "recount.recount.3": "steps.recount.outputs.run",  # nothing to tell where nothing was counted
    "release.validate": ON_MAIN,
    "release.collect": ON_MAIN,
    "release.build": "needs.collect.outputs.train != '[]'",
    "release.assess": (
        "${{ !cancelled() && needs.collect.result == 'success' && needs.collect.outputs.train != '[]' }}"
    ),
    "release.assess.4": "${{ !cancelled() }}",  # one that could not be judged holds no other up
    "release.publish.2": "needs.collect.outputs.candidates",  # none was taken when all are trained again
    "release.publish.3": "needs.collect.outputs.train != '[]' && needs.assess.outputs.candidates",
    "release.publish.4": "needs.collect.outputs.models != '[]'",
    # Images are due as well where a version could not be published, or was before an environment asked for them.
    "release.publish.5": "${{ !cancelled() && needs.collect.outputs.images == 'true' }}",
    "release.publish": (
        f"${{{{ {COLLECTED} && (needs.collect.outputs.models != '[]' || needs.collect.outputs.images == 'true') }}}}"
    ),
    "release.promote": f"${{{{ {COLLECTED} }}}}",
    "tune.search": "needs.plan.outputs.models != '[]'",
    "deploy.deploy": "needs.targets.outputs.environments != '[]'",
    "release.catalogue": "${{ !cancelled() && needs.publish.result != 'skipped' }}",
    "deploy.deploy.3": "${{ !cancelled() }}",  # what a deploy that failed found is told, too
    "deploy.notify": "${{ !cancelled() && needs.deploy.result != 'skipped' }}",
    "deploy.catalogue": "${{ !cancelled() && needs.deploy.result != 'skipped' }}",
}
# A team turns the pages on: those of a private repository are public below Enterprise Cloud.
ASKED_FOR = "vars.PAGES == 'true'"
ONLY_IF |= {f"catalogue.catalogue.{step}": ASKED_FOR for step in (4, 5)}
ONLY_IF["catalogue.pages"] = f"${{{{ !cancelled() && {ASKED_FOR} && needs.catalogue.result == 'success' }}}}"
WAITS_FOR = {
    "check.build": "plan",
    "check.judge": "plan",
    "check.deploys": "plan",
    "check.tests": "plan",
    "check.assess": ["plan", "build"],
    "check.gate": ["plan", "build", "assess", "judge", "deploys", "tests"],
    "release.build": "collect",
    "release.assess": ["collect", "build"],
    "release.publish": ["validate", "collect", "assess"],
    "release.promote": ["validate", "collect", "publish"],
    "tune.search": "plan",
    "tune.propose": ["plan", "search"],
    "deploy.deploy": "targets",
    "deploy.notify": "deploy",
    "release.catalogue": "publish",
    "deploy.catalogue": "deploy",
    "catalogue.pages": "catalogue",
}
MATRIX = [job for job, facts in JOBS.items() if "strategy" in facts]


def told(key: str) -> dict:
    """Return what the files say of each job under a key."""
    return {job: facts[key] for job, facts in EVERY.items() if key in facts}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_may_do_nothing_by_itself(name: str) -> None:
    assert WORKFLOWS[name]["permissions"] == {}


@pytest.mark.parametrize("job", JOBS)
def test_a_job_may_do_what_it_must(job: str) -> None:
    granted = " ".join(sorted(f"{area}:{level}" for area, level in JOBS[job]["permissions"].items()))
    assert granted == MAY[job]


def test_each_grant_has_its_reason_beside_it() -> None:
    lines = [line for path in PATHS for line in path.read_text("utf-8").splitlines()]
    grants = [line for line in lines if re.fullmatch(r"\s+[a-z-]+: (read|write)\b.*", line)]
    assert len(grants) == sum(len(facts["permissions"]) for facts in EVERY.values())
    assert [line for line in grants if not re.search(r" # to \w+", line)] == []


@pytest.mark.parametrize("job", [job for job in JOBS if job.split(".")[1] in RUNS_CODE])
def test_no_job_that_runs_code_of_a_model_may_write(job: str) -> None:
    assert set(JOBS[job]["permissions"].values()) == {"read"}


def test_the_token_that_may_start_checks_is_only_where_pull_requests_are_opened() -> None:
    holders = {place.rsplit(".", 1)[0] for place, step in STEPS.items() if "secrets." in json.dumps(step)}
    assert holders == {"release.promote", "promote.promote", "tune.propose"}


def test_only_models_and_environments_choose_where_they_run() -> None:
    assert told("runs-on") == dict.fromkeys(JOBS, "ubuntu-latest") | CHOSEN


def test_a_deploy_is_one_of_github_s_environment_of_the_same_name_and_the_token_lies_in_one_of_its_own() -> None:
    """There a team can ask for approvals; and only the default branch's workflows are told what lies there."""
    holders = dict.fromkeys(("release.promote", "promote.promote", "tune.propose"), "registry")
    own = {"name": "${{ matrix.environment }}", "url": "${{ matrix.url }}"}
    pages = {"catalogue.pages": "github-pages"}  # GitHub takes pages from no other
    assert told("environment") == {"deploy.deploy": own} | holders | pages


def test_a_job_that_hangs_is_ended() -> None:
    assert told("timeout-minutes") == MINUTES


def test_a_job_or_step_is_skipped_only_where_there_is_nothing_for_it_to_do() -> None:
    assert {place: facts["if"] for place, facts in (EVERY | STEPS).items() if "if" in facts} == ONLY_IF


def test_a_job_waits_for_those_whose_work_it_goes_on_with() -> None:
    assert told("needs") == WAITS_FOR


def test_the_gate_waits_for_every_other_job() -> None:
    assert {*WAITS_FOR["check.gate"], "gate"} == set(WORKFLOWS["check"]["jobs"])


@pytest.mark.parametrize("job", MATRIX)
def test_a_matrix_is_a_list_of_the_plan_and_skipped_when_that_is_empty(job: str) -> None:
    strategy = JOBS[job]["strategy"]
    ((_, values),) = strategy["matrix"].items()
    listed = re.fullmatch(r"\$\{\{ fromJSON\((needs\.\w+\.outputs\.\w+) \|\| '\[\]'\) }}", values)[1]
    assert ONLY_IF[job] == f"{listed} != '[]'"


@pytest.mark.parametrize("job", MATRIX)
def test_one_of_a_matrix_that_fails_ends_no_other(job: str) -> None:
    strategy = JOBS[job]["strategy"]
    assert strategy == {"fail-fast": False, "matrix": strategy["matrix"]}


@pytest.mark.parametrize("job", WAITS_FOR)
def test_what_a_job_reads_of_another_is_there(job: str) -> None:
    others = WORKFLOWS[job.split(".")[0]]["jobs"]
    for name, output in re.findall(r"needs\.(\w+)\.outputs\.(\w+)", json.dumps(EVERY[job])):
        assert name in (WAITS_FOR[job], *WAITS_FOR[job])
        step = re.fullmatch(r"\$\{\{ steps\.(\w+)\.outputs\.([\w-]+) }}", others[name]["outputs"][output])
        uploaded = {"artifact-id": step[1], "artifact-digest": f"{step[1]}_sha256"}
        assert uploaded.get(step[2], step[2]) == output
        assert step[1] in {one.get("id") for one in others[name]["steps"]}


def test_no_failure_is_passed_over_and_nothing_else_is_said_of_a_job_or_a_workflow() -> None:
    """As `continue-on-error` would, or a variable for all steps; what is said is looked at in these tests."""
    of_jobs = {
        "name", "needs", "if", "strategy", "runs-on", "environment", "concurrency", "timeout-minutes", "permissions",
        "outputs", "steps",
    }  # fmt: skip
    assert set().union(*JOBS.values()) == of_jobs
    assert set().union(*WORKFLOWS.values()) == {"name", "on", "permissions", "env", "concurrency", "jobs"}


@pytest.mark.parametrize("job", EVERY)
def test_a_job_is_named_as_it_is_called(job: str) -> None:
    assert EVERY[job]["name"] == job.split(".")[1]


def test_a_catalogue_is_made_by_the_same_jobs_after_a_release_and_after_a_deploy_which_may_do_what_these_must() -> None:
    """GitHub starts no run in which a job of another file may do more than the job that calls it."""
    assert {job: facts["uses"] for job, facts in CALLS.items()} == dict.fromkeys(
        ("release.catalogue", "deploy.catalogue"), "./.github/workflows/catalogue.yml"
    )
    together: dict[str, str] = {}
    for facts in WORKFLOWS["catalogue"]["jobs"].values():
        together |= facts["permissions"]
    for facts in CALLS.values():
        assert facts["permissions"] == together
        assert set(facts) == {"name", "needs", "if", "permissions", "uses"}
