"""What each job does: check out, set up, and then its verbs, told what they need; what is handed from job to job."""

import configparser
import re
from fnmatch import fnmatch

import pytest
from parsed import JOBS, ROOT, STANDINS, STEPS, WORKFLOWS, commands, read

INI = configparser.ConfigParser(interpolation=None)
INI.read(ROOT / "tox.ini")
ALL = "{[testenv]pass_env}"
TOX = {section.removeprefix("testenv").strip(":").partition("{")[0]: INI[section] for section in INI.sections()}
DOES = {
    "check.plan": ["validate", 'changed -- --base "$BASE"'],
    "check.build": [
        "build -- --fetch $MODELS",
        "download-artifact",
        "build -- --train $MODELS",
        "upload-artifact",
        "upload-artifact",
    ],
    "check.assess": ["download-artifact", "build -- --assess $MODELS", "upload-artifact", "upload-artifact"],
    "check.judge": ["judge -- $MODELS"],
    "check.deploys": ['deploy -- "$ENVIRONMENT" --since "$BASE"'],
    "check.tests": ["tox"],
    "check.gate": ["gate", "upload-artifact"],
    "report.report": ['report -- --run "$RUN"'],
    "recount.recount": ['recount -- --run "$RUN"', 'report -- --run "$RUN"'],
    "release.validate": ["validate"],
    "release.collect": ["collect", "upload-artifact"],
    "release.build": [
        "build -- --fetch $MODELS",
        "download-artifact",
        "build -- --train $MODELS",
        "upload-artifact",
        "upload-artifact",
    ],
    "release.assess": ["download-artifact", "build -- --assess $MODELS", "upload-artifact"],
    "release.publish": ["download-artifact", "download-artifact", "publish -- $MODELS", "publish -- --images"],
    "release.promote": ["promote -- --pull-request"],
    "promote.promote": [
        'promote -- --version "$VERSION" --override "$OVERRIDE" --pull-request -- "$MODEL" "$ENVIRONMENT"'
    ],
    "tune.plan": ['validate -- "$MODEL"'],
    "tune.search": [
        'build -- --fetch "$MODEL"',
        'tune -- "$MODEL" --trials "$TRIALS" --set "$SETS"',
        "upload-artifact",
    ],
    "tune.propose": ["download-artifact", 'propose -- "$MODEL" --set "$SETS"'],
    "deploy.targets": ["targets"],
    "deploy.deploy": [
        '"$VERB" -- "$ENVIRONMENT" --apply --wait 45m --findings findings.json --prune-in "$PRUNE"',
        "upload-artifact",
    ],
    "deploy.notify": ["download-artifact", "notify -- findings"],
}
PACK = "tar --create --file=artifact.tar --directory=catalogue ."  # the form that GitHub Pages take
DOES["catalogue.catalogue"] = ["catalogue", "upload-artifact", PACK, "upload-artifact"]
DOES["catalogue.pages"] = ['host -- --artifact "$ARTIFACT"']
# A pull request's first parent is main; of a queue's group there may be more than one commit on top of it.
BASE = "${{ github.event.merge_group.base_sha || 'HEAD^1' }}"
TOKEN = {"GITHUB_TOKEN": "${{ github.token }}"}
WRITING = TOKEN | {"REGISTRY_TOKEN": "${{ secrets.REGISTRY_TOKEN }}"}
TOLD = {
    "check.plan.3": {"BASE": BASE} | TOKEN,
    "check.build.2": {"MODELS": "${{ matrix.models }}"} | TOKEN,
    "check.build.4": {"MODELS": "${{ matrix.models }}"},  # code of the model runs in it
    "check.assess.3": {"MODELS": "${{ join(fromJSON(needs.plan.outputs.models || '[]').*.models, ' ') }}"} | TOKEN,
    "check.judge.2": {"MODELS": "${{ join(fromJSON(needs.plan.outputs.judge || '[]'), ' ') }}"} | TOKEN,
    "check.deploys.2": {"ENVIRONMENT": "${{ matrix.environment }}", "BASE": BASE} | TOKEN,
    "check.gate.2": {"NEEDS": "${{ toJSON(needs) }}"} | TOKEN,
    "recount.recount.2": {"RUN": "${{ github.event.workflow_run.id }}"} | TOKEN,
    "recount.recount.3": {"RUN": "${{ steps.recount.outputs.run }}"} | TOKEN,
    "report.report.2": {"RUN": "${{ github.event.workflow_run.id }}"} | TOKEN,
    "release.collect.2": TOKEN,
    "release.build.2": {"MODELS": "${{ matrix.models }}"} | TOKEN,
    "release.build.4": {"MODELS": "${{ matrix.models }}"},
    "release.assess.3": {"MODELS": "${{ join(fromJSON(needs.collect.outputs.train || '[]').*.models, ' ') }}"} | TOKEN,
    "release.publish.4": {"MODELS": "${{ join(fromJSON(needs.collect.outputs.models || '[]'), ' ') }}"} | TOKEN,
    "release.publish.5": TOKEN,
    "release.promote.2": WRITING,
    "promote.promote.2": {
        "MODEL": "${{ inputs.model }}",
        "ENVIRONMENT": "${{ inputs.environment }}",
        "VERSION": "${{ inputs.version }}",
        "OVERRIDE": "${{ inputs.override }}",
    }
    | WRITING,
    "tune.plan.2": {"MODEL": "${{ inputs.model }}"},
    "tune.search.2": {"MODEL": "${{ matrix.model }}"} | TOKEN,
    "tune.search.3": {  # code of the model runs in it
        "MODEL": "${{ matrix.model }}",
        "SETS": "${{ inputs.sets }}",
        "TRIALS": "${{ inputs.trials }}",
    },
    "tune.propose.3": {"MODEL": "${{ inputs.model }}", "SETS": "${{ inputs.sets }}"} | WRITING,
    "deploy.targets.2": TOKEN,
    "deploy.deploy.2": {
        "PRUNE": "${{ inputs.prune }}",
        "VERB": "${{ matrix.tox }}",  # deploy or deploy-tensorflow, which `targets` says of each environment
        "ENVIRONMENT": "${{ matrix.environment }}",
    }
    | TOKEN,
}
TOLD["deploy.notify.3"] = TOLD["catalogue.catalogue.2"] = TOKEN
TOLD["catalogue.pages.2"] = {"ARTIFACT": "${{ needs.catalogue.outputs.pages }}"} | TOKEN
# Where only what main says now counts, and not the commit that started the run.
MAIN = "${{ github.event.repository.default_branch || github.ref_name }}"  # schedules start on it, and tell no more
OF_MAIN = ("release.promote", "promote.promote", "deploy.targets", "deploy.deploy", "deploy.notify")
OF_MAIN += ("tune.plan", "tune.search", "tune.propose", "catalogue.catalogue", "catalogue.pages")
REVIEW = "review.review"
OF_ONE_COMMIT = ("check.gate",)
# The bytes of models hardly shrink; compressing them would only take time.
AS_THEY_ARE = {"compression-level": 0}
TRAINED = {
    "name": "${{ matrix.number }}.trained",
    "path": "candidates/.trained",
    "include-hidden-files": True,
    "if-no-files-found": "ignore",  # the job that trained none has failed by itself
    "retention-days": 3,  # for jobs that failed and are run again
} | AS_THEY_ARE
CHECKPOINTS = TRAINED | {"name": "${{ matrix.number }}.checkpoints", "path": "candidates/.checkpoints"}
CANDIDATES = {"name": "candidates", "path": "candidates"} | AS_THEY_ARE
HANDED_IN = {
    "check.build.5": TRAINED,
    "check.build.6": CHECKPOINTS,
    "check.assess.4": CANDIDATES | {"if-no-files-found": "error", "retention-days": 14},
    "check.assess.5": {
        "name": "reports",
        "path": "candidates/*/report.json",
        "if-no-files-found": "ignore",  # the job that left none has failed by itself
        "retention-days": 14,
    },
    "check.gate.3": {
        "name": "accepted",
        "path": "candidates/accepted.json",
        "if-no-files-found": "error",
        "retention-days": 14,
    },
    "release.collect.3": CANDIDATES | {
        "name": "reviewed",
        "if-no-files-found": "ignore",  # none was taken when all are trained again
        "retention-days": 1,
    },
    "tune.search.4": {
        "name": "tuned",
        "path": "candidates/.tuned/${{ matrix.model }}.json",
        "include-hidden-files": True,
        "if-no-files-found": "error",
        "retention-days": 3,
    },
    "release.build.5": TRAINED,
    "release.build.6": CHECKPOINTS,
    "release.assess.4": CANDIDATES | {"if-no-files-found": "ignore", "retention-days": 1},
}  # fmt: skip
HANDED_IN["deploy.deploy.3"] = {
    "name": "findings-${{ matrix.environment }}",
    "path": "findings.json",
    "if-no-files-found": "ignore",  # the job that could look at nothing has failed by itself
    "retention-days": 3,
}
HANDED_IN["catalogue.catalogue.3"] = {"name": "catalogue", "path": "catalogue", "retention-days": 30}
HANDED_IN["catalogue.catalogue.5"] = {"name": "github-pages", "path": "artifact.tar", "retention-days": 1}
TO_JUDGE = {"pattern": "*.trained", "path": "candidates/.trained", "merge-multiple": True}
TO_GO_ON = {"pattern": "${{ matrix.number }}.checkpoints", "path": "candidates/.checkpoints", "merge-multiple": True}
FETCHED = {
    "check.build.3": TO_GO_ON,
    "release.build.3": TO_GO_ON,
    "check.assess.2": TO_JUDGE,
    "release.assess.2": TO_JUDGE,
    "release.publish.2": {
        "artifact-ids": "${{ needs.collect.outputs.candidates }}", "path": "candidates", "merge-multiple": True},
    "tune.propose.2": {
        "artifact-ids": "${{ needs.search.outputs.tuned }}", "path": "candidates/.tuned", "merge-multiple": True},
    "deploy.notify.2": {"pattern": "findings-*", "path": "findings"},
    "release.publish.3": {
        "artifact-ids": "${{ needs.assess.outputs.candidates }}", "path": "candidates", "merge-multiple": True},
}  # fmt: skip


def does(step: dict) -> str:
    """Return the verb with its words that a step runs, another command, or the action that it uses."""
    (line,) = commands(step) or [step["uses"].partition("@")[0].removeprefix("actions/")]
    return line.removeprefix("tox run -e ")


def given(action: str) -> dict[str, dict]:
    """Return what each use of an action is given."""
    return {
        place: step.get("with", {}) for place, step in STEPS.items() if f"actions/{action}@" in step.get("uses", "")
    }


def test_a_review_runs_nothing() -> None:
    """That it ran is what starts `recount`: the token of a fork's pull request can start nothing."""
    assert JOBS[REVIEW]["steps"] == [{"run": "true"}]


@pytest.mark.parametrize("job", [job for job in JOBS if job != REVIEW])
def test_a_job_checks_out_and_sets_up_before_anything_else_and_then_does_what_it_is_for(job: str) -> None:
    assert [does(step) for step in JOBS[job]["steps"]] == ["checkout", "./.github/actions/setup", *DOES[job]]


@pytest.mark.parametrize("place", [place for place in STEPS if place.rsplit(".", 1)[0] in JOBS])
def test_a_step_is_told_what_its_verb_needs_and_nothing_else(place: str) -> None:
    assert STEPS[place].get("env", {}) == TOLD.get(place, {})


def test_a_job_checks_out_all_history_that_it_needs_and_keeps_no_token() -> None:
    wanted = {job: {"fetch-depth": 0, "persist-credentials": False} for job in JOBS if job != REVIEW}
    wanted |= {job: {"persist-credentials": False} for job in OF_ONE_COMMIT}
    for job in OF_MAIN:
        wanted[job]["ref"] = MAIN
    assert given("checkout") == {f"{job}.0": inputs for job, inputs in wanted.items()}


def test_what_is_handed_in_is_found_by_its_name_replaced_by_a_second_try_and_kept_as_long_as_it_is_of_use() -> None:
    assert given("upload-artifact") == {place: facts | {"overwrite": True} for place, facts in HANDED_IN.items()}


def test_what_was_trained_is_fetched_where_training_put_it_and_what_is_published_by_the_number_that_its_judge_told() -> (
    None
):
    assert given("download-artifact") == FETCHED
    for place, facts in FETCHED.items():
        if facts.get("pattern") == TO_JUDGE["pattern"]:
            (trained,) = [one for upload, one in HANDED_IN.items() if upload == place.replace("assess.2", "build.5")]
            assert fnmatch(trained["name"], facts["pattern"])
            assert trained["path"] == facts["path"]
    assert {CHECKPOINTS[key] for key in ("name", "path")} == {TO_GO_ON[key] for key in ("pattern", "path")}


def test_every_job_sets_up_the_same_python_and_tox_and_nothing_else() -> None:
    assert given("setup-python") == {"setup.0": {"python-version": ">=3.11 <3.14"}}
    setup = {place: does(step) for place, step in STEPS.items() if place.startswith("setup.")}
    install = "python -m pip install --require-hashes --requirement requirements/tox.txt"
    assert setup == {"setup.0": "setup-python", "setup.1": install}


@pytest.mark.parametrize("action", ["checkout", "setup-python", "upload-artifact", "download-artifact"])
def test_an_action_gets_only_inputs_that_its_stand_in_knows(action: str) -> None:
    known = set(read(STANDINS / action / "action.yml")["inputs"])
    assert all(set(inputs) <= known for inputs in given(action).values())


def test_nothing_else_is_said_of_a_step() -> None:
    """As `continue-on-error` would, or another folder or shell; what is said is looked at in these tests."""
    assert set().union(*STEPS.values()) == {"id", "if", "uses", "with", "run", "env", "shell"}
    assert {place: step["shell"] for place, step in STEPS.items() if "shell" in step} == {"setup.1": "bash"}


@pytest.mark.parametrize("place", [place for place, step in STEPS.items() if "run" in step])
def test_a_step_is_one_command_and_nothing_from_outside_is_written_into_it(place: str) -> None:
    (command,) = commands(STEPS[place])
    assert "${{" not in STEPS[place]["run"]
    assert not re.search(r"[|;&<>`]|\$\(", command)


def test_every_environment_that_is_run_is_in_tox() -> None:
    lines = [line for step in STEPS.values() for line in commands(step)]
    named = {match[1] for line in lines if (match := re.match(r"tox run -e (\S+)", line))}
    assert named - set(TOX) == {'"$VERB"'}


def test_no_test_takes_the_workflow_that_runs_it_for_its_own() -> None:
    for name in ("tests", *INI["tox"]["env_list"].split(", ")):
        passed = TOX[name]["pass_env"]
        assert "GITHUB" not in passed and ALL not in passed


@pytest.mark.parametrize("name", WORKFLOWS)
def test_nothing_is_coloured_since_a_colour_before_an_annotation_hides_it(name: str) -> None:
    assert WORKFLOWS[name]["env"] == {"TOX_COLORED": "no"}


@pytest.mark.parametrize("place", TOLD)
def test_what_a_step_is_told_reaches_its_verb(place: str) -> None:
    """tox lets only those variables through that its environment names."""
    (command,) = commands(STEPS[place])
    own = TOX[command.split()[3].replace('"$VERB"', "deploy")].get("pass_env", ALL)
    passed = own.replace(ALL, TOX[""]["pass_env"]).split()
    unused = set(TOLD[place]) - set(re.findall(r"\$(\w+)", command))
    assert [name for name in unused if not any(fnmatch(name, pattern) for pattern in passed)] == []
