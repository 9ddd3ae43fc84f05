"""What a branch changes, as its checks see it, and what the gate makes of their results."""

import json
from pathlib import Path

import pytest
from forks import verb
from registries import ENVIRONMENT, candidate, commit, git, template

from registry.checks import jobs


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = template(tmp_path_factory.mktemp("start"))
    candidate(root)
    verb(root, "publish", "digits")
    verb(root, "promote", "digits", "staging")
    commit(root)
    git(root, "checkout", "--quiet", "-b", "branch")
    return root


def edit(root: Path, old: str, new: str) -> None:
    spec = root / "models/digits/model.yaml"
    assert old in spec.read_text("utf-8")
    spec.write_text(spec.read_text("utf-8").replace(old, new), "utf-8")


def outputs(root: Path, monkeypatch: pytest.MonkeyPatch) -> dict:
    monkeypatch.setitem(ENVIRONMENT, "GITHUB_OUTPUT", str(root.parent / "outputs"))
    verb(root, "changed", "--base", "main")
    lines = (root.parent / "outputs").read_text().splitlines()
    return {name: json.loads(value) for name, value in (line.split("=", 1) for line in lines)}


NOTHING = {"models": [], "assess_on": "ubuntu-latest", "judge": [], "environments": [], "code": False, "approvals": []}


def test_a_branch_without_a_change_has_nothing_to_do(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert outputs(root, monkeypatch) == NOTHING


def test_prose_has_nothing_to_do(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(root, "Reads handwritten", "Recognises handwritten")
    (root / "README.md").write_text("words")
    commit(root)
    assert outputs(root, monkeypatch) == NOTHING


def test_a_raised_version_is_built(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(root, "version: 1.0.0", "version: 1.0.1")
    commit(root)
    assert outputs(root, monkeypatch) == NOTHING | {
        "models": [{"models": "digits", "runs_on": "ubuntu-latest", "number": 1}]
    }


def test_changed_thresholds_are_judged_and_nothing_is_trained(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(root, "min: 0.90", "min: 0.99")
    assert outputs(root, monkeypatch) == NOTHING | {"judge": ["digits"]}


def test_changed_pins_and_environments_are_planned(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "environments/staging/digits.yaml").unlink()
    spec = root / "environments/production.yaml"
    spec.write_text(spec.read_text().replace("Serves live traffic.", "Serves everybody."))
    assert outputs(root, monkeypatch) == NOTHING | {"environments": ["production", "staging"]}


def test_an_environment_that_is_removed_is_said_to_be_left_as_it_is(root: Path) -> None:
    (root / "environments/production.yaml").unlink()
    said = verb(root, "changed", "--base", "main")
    assert said == (
        "leave production: it is removed, so nothing is deployed there any more; what it runs keeps running\n"
        "code changed: no\n"
    )


@pytest.mark.parametrize("place", ["scripts/new.py", ".github/workflows/check.yml", "requirements/base.txt", "tox.ini"])
def test_changed_code_is_tested(root: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    (root / place).parent.mkdir(parents=True, exist_ok=True)
    (root / place).write_text("")
    assert outputs(root, monkeypatch) == NOTHING | {"code": True}


def test_a_base_that_is_no_commit_is_refused(root: Path) -> None:
    said = verb(root, "changed", "--base", "nowhere", code=1)
    assert said == "nowhere: is no commit here; name one, or fetch the whole history\n1 problem\n"


def needs(**results: str) -> dict:
    plan = {"result": "success", "outputs": {"models": "[]", "judge": "[]", "environments": "[]", "code": "false"}}
    return {"plan": plan} | {job: {"result": results.get(job, "skipped"), "outputs": {}} for job in jobs.EXPECTED}


def said(needs: dict) -> list[str]:
    return [str(problem) for problem in jobs.problems(needs)]


def test_the_gate_opens_when_there_was_nothing_to_do() -> None:
    assert said(needs()) == []


@pytest.mark.parametrize("result", ["failure", "cancelled", "timed_out", "missing", ""])
def test_the_gate_stays_shut_for_every_other_end(result: str) -> None:
    assert said(needs(build=result)) == [f"job build: ended with {result}; see its log, mend it, and push again"]


def test_the_gate_stays_shut_for_a_job_that_was_skipped_but_had_to_run() -> None:
    found = needs()
    found["plan"]["outputs"]["models"] = '[{"models": "digits"}]'
    skipped = "was skipped although it had to run; see why in the log of this run"
    assert said(found) == [f"job build: {skipped}", f"job assess: {skipped}"]


@pytest.mark.parametrize("found", [{}, {"plan": {"result": "skipped", "outputs": {}}}])
def test_the_gate_stays_shut_without_a_plan(found: dict) -> None:
    assert said(found)[0].startswith("job plan: ended with")
    assert len(said(found)) == 1 + len(jobs.EXPECTED)


def test_the_gate_stays_shut_for_a_job_that_it_does_not_know() -> None:
    assert said(needs() | {"more": {"result": "success"}}) == [
        "job more: is not known to the gate; name it in EXPECTED"
    ]


HANDED_IN = {"candidates": "12", "candidates_sha256": "ab" * 32, "reports": "13", "reports_sha256": "cd" * 32}


@pytest.mark.parametrize(
    ("outputs", "accepted"),
    [
        (HANDED_IN, {"candidates": {"id": 12, "sha256": "ab" * 32}, "reports": {"id": 13, "sha256": "cd" * 32}}),
        (HANDED_IN | {"reports_sha256": ""}, {"candidates": {"id": 12, "sha256": "ab" * 32}}),
        (HANDED_IN | {"candidates": ""}, {"reports": {"id": 13, "sha256": "cd" * 32}}),
        ({}, {}),
    ],
)
def test_the_gate_accepts_what_the_judge_handed_in_and_nothing_else(
    outputs: dict, accepted: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "--quiet", ".")
    found = needs(build="success", assess="failure")
    found["assess"]["outputs"], found["build"]["outputs"] = outputs, {"reports": "66", "reports_sha256": "66" * 32}
    monkeypatch.setitem(ENVIRONMENT, "NEEDS", json.dumps(found))
    said = verb(tmp_path, "gate", code=1)
    assert said.startswith(f"accepted what was judged: {', '.join(accepted)}\n" if accepted else "job assess: ")
    assert said.endswith("job assess: ended with failure; see its log, mend it, and push again\n1 problem\n")
    assert json.loads((tmp_path / "candidates/accepted.json").read_text()) == accepted


def test_the_gate_tells_what_it_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "init", "--quiet", ".")
    monkeypatch.setitem(ENVIRONMENT, "NEEDS", json.dumps(needs(build="success", assess="success")))
    assert verb(tmp_path, "gate") == "plan, build, assess: success; nothing is missing\n"
    monkeypatch.setitem(ENVIRONMENT, "NEEDS", "")
    assert verb(tmp_path, "gate", code=1).startswith("NEEDS: is not JSON: ")
