"""What starts a workflow, and which runs wait for which: the engine starts each by itself, and ignores filters."""

import pytest
from parsed import EVERY, WORKFLOWS, triggers

# Of what a person is asked for by hand: whether it has to be there.
STARTED_BY = {
    # A pull request that goes to another base is edited.
    "check": {"pull_request": {"types": ["opened", "synchronize", "reopened", "edited"]}, "merge_group": None},
    "report": {"workflow_run": {"workflows": ["check"], "types": ["completed"]}},
    "release": {"push": {"branches": ["main"]}, "workflow_dispatch": None},
    "review": {"pull_request_review": {"types": ["submitted", "dismissed"]}},
    "recount": {"workflow_run": {"workflows": ["review"], "types": ["completed"]}},
    "promote": {"workflow_dispatch": {"model": True, "environment": True, "version": False, "override": False}},
    "tune": {"workflow_dispatch": {"model": True, "sets": True, "trials": True}},
    "deploy": {
        "push": {"branches": ["main"], "paths": ["environments/**.yaml"]},
        "schedule": [{"cron": "23 3 * * *"}],  # not on the hour, when most of them start
        "workflow_dispatch": {"prune": False},
    },
    "catalogue": {"workflow_call": None},
}
IN_LINE = {"cancel-in-progress": False, "queue": "max"}
WAITS = {
    "check": {
        "group": "check-${{ github.event.pull_request.number || github.run_id }}",
        "cancel-in-progress": "${{ github.event_name == 'pull_request' }}",
    },
    # GitHub tells no number here where the pull request comes from a fork; repository and branch say which one it is.
    "report": {
        "group": "report-${{ github.event.workflow_run.head_repository.id }}"
        "-${{ github.event.workflow_run.head_branch }}",
        "cancel-in-progress": False,
    },
    # A comment's run waits for no approval's, and takes the place of none.
    "review": {"group": "review-${{ github.run_id }}", "cancel-in-progress": False},
    "recount": {
        "group": "recount-${{ github.event.workflow_run.head_repository.id }}"
        "-${{ github.event.workflow_run.head_branch }}",
    }
    | IN_LINE,
    "release": {"group": "release"} | IN_LINE,
    "promote": {"group": "promote-${{ inputs.environment }}-${{ inputs.model }}"} | IN_LINE,
    "tune": {"group": "tune-${{ inputs.model }}"} | IN_LINE,
    "deploy.deploy": {"group": "deploy-${{ matrix.environment }}"} | IN_LINE,
    "deploy.notify": {"group": "notify"} | IN_LINE,  # what was found later is told later
    # Without a group zizmor complains; in one of its own no run waits.
    "deploy.targets": {"group": "targets-${{ github.run_id }}", "cancel-in-progress": False},
    "catalogue.pages": {"group": "pages"} | IN_LINE,
}


def test_there_is_one_workflow_for_each_occasion() -> None:
    assert {name: facts["name"] for name, facts in WORKFLOWS.items()} == {name: name for name in STARTED_BY}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_is_started_by_what_it_is_for_and_by_nothing_else(name: str) -> None:
    found = dict(triggers(name))
    if by_hand := found.get("workflow_dispatch"):
        found["workflow_dispatch"] = {one: facts["required"] for one, facts in by_hand["inputs"].items()}
    assert found == STARTED_BY[name]


@pytest.mark.parametrize("name", [name for name in WORKFLOWS if triggers(name).get("workflow_dispatch")])
def test_what_a_person_is_asked_for_is_explained_and_nothing_is_filled_in(name: str) -> None:
    for facts in triggers(name)["workflow_dispatch"]["inputs"].values():
        assert set(facts) == {"description", "required", "type"}
        assert facts["type"] == "string" and len(facts["description"].split()) > 3


@pytest.mark.parametrize("name", WORKFLOWS)
def test_no_workflow_is_started_by_what_would_give_a_fork_a_token_or_chain_releases(name: str) -> None:
    unwanted = {"pull_request_target", "release", "create", "issue_comment", "repository_dispatch"}
    assert not set(triggers(name)) & unwanted
    assert "tags" not in (triggers(name).get("push") or {})


def test_runs_wait_in_line_where_none_may_be_lost_and_only_checks_of_an_older_push_are_ended() -> None:
    both = WORKFLOWS | EVERY
    assert {name: facts["concurrency"] for name, facts in both.items() if "concurrency" in facts} == WAITS


@pytest.mark.parametrize("name", WAITS)
def test_a_queue_is_one_that_github_knows(name: str) -> None:
    """actionlint doesn't know it yet."""
    assert set(WAITS[name]) <= {"group", "cancel-in-progress", "queue"}
    assert WAITS[name].get("queue") in (None, "single", "max")
    assert not (WAITS[name].get("queue") == "max" and WAITS[name]["cancel-in-progress"])
