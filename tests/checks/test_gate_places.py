"""What the gate says under GitHub Actions: a job is no file, although a folder or a file has its name."""

import json
from pathlib import Path

import pytest
from forks import verb
from registries import ENVIRONMENT, git

from registry.checks import jobs


@pytest.mark.parametrize("job", [*jobs.EXPECTED, "scripts"])
def test_a_job_is_no_file_even_where_a_folder_or_a_file_has_its_name(
    job: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs = {name: {"result": "success", "outputs": {}} for name in ("plan", *jobs.EXPECTED)}
    monkeypatch.setitem(ENVIRONMENT, "NEEDS", json.dumps(needs | {job: {"result": "failure"}}))
    monkeypatch.setitem(ENVIRONMENT, "GITHUB_ACTIONS", "true")
    for make in Path.mkdir, Path.touch:
        place = tmp_path / make.__name__
        git(tmp_path, "init", "--quiet", str(place))
        make(place / job)
        (line,) = [one for one in verb(place, "gate", code=1).splitlines() if one.startswith("::error")]
        assert line.startswith(f"::error::job {job}: ")


@pytest.mark.parametrize("needs", [
    "[]", "null", "1", '{"plan": 1}', '{"plan": null}', '{"plan": {"outputs": [1]}}',
    '{"assess": {"outputs": {"candidates": 12}}}',
])  # fmt: skip
def test_needs_that_hold_no_jobs_are_refused(needs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENVIRONMENT, "NEEDS", needs)
    assert verb(tmp_path, "gate", code=1) == (
        "NEEDS: does not hold an object for each job; give it the workflow's needs, as check.yml does\n1 problem\n"
    )
