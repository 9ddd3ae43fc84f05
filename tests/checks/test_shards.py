"""More models than GitHub runs jobs of a kind: several share a job, which trains each that it can."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
from forks import verb
from registries import ENVIRONMENT, TEMPLATE, commit, git, template

from registry.checks import shards
from registry.formats.reader import Document
from registry.specs.models import Model

ROWS = b"1,2\n"
RUNNERS = ["ubuntu-latest", "ubuntu-24.04-arm", ["self-hosted", "gpu"], "gpu-set"]


def models(*counts: int) -> list[Model]:
    """Return so many models of each runner."""
    return [Model(f"m-{kind}-{number}", Path(), Document("", {"runs_on": RUNNERS[kind]}, {}), None, None)
            for kind, count in enumerate(counts) for number in range(count)]  # fmt: skip


@pytest.mark.parametrize("counts", [(0,), (1,), (3, 2), (256,), (257,), (255, 1, 1), (300, 1, 500), (5, 5, 5, 985)])
def test_each_model_is_in_one_job_of_its_runner_and_jobs_are_of_one_size(counts: tuple[int, ...]) -> None:
    wanted = models(*counts)
    jobs = shards.jobs(wanted)
    found = [(name, json.dumps(job["runs_on"])) for job in jobs for name in job["models"].split()]
    assert sorted(found) == sorted((one.name, json.dumps(one.runs_on)) for one in wanted)
    assert [job["number"] for job in jobs] == [*range(1, len(jobs) + 1)]
    assert len(jobs) == len(wanted) if len(wanted) <= 256 else len(jobs) <= 256
    assert all(shards.trained_by(f"build ({job['models']}, x)") == {*job["models"].split()} for job in jobs)
    for runner in RUNNERS:
        sizes = {len(job["models"].split()) for job in jobs if job["runs_on"] == runner}
        assert max(sizes, default=0) - min(sizes, default=0) <= 1


@pytest.mark.parametrize("length", range(85, 98))
def test_a_title_that_github_cuts_short_names_one_that_no_report_is_of(length: int) -> None:
    job = {"models": " ".join(f"{number}{'x' * 20}" for number in range(5)), "number": 1}
    assert not shards.trained_by(f"build ({job['models']}, x, 1)"[:length] + "...") <= {*job["models"].split()}


def test_a_thousand_models_of_one_pull_request_are_planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = template(tmp_path / "root")
    git(root, "switch", "--quiet", "--create", "branch")
    shutil.rmtree(root / "models")
    for number in range(1000):
        shutil.copytree(TEMPLATE / "models/digits", root / f"models/m{number}")
    commit(root)
    monkeypatch.setitem(ENVIRONMENT, "GITHUB_OUTPUT", str(tmp_path / "outputs"))
    said = verb(root, "changed", "--base", "main")
    assert said.count("\nbuild m") + said.startswith("build m") == 1000
    told = (tmp_path / "outputs").read_text("utf-8").splitlines()
    (jobs,) = [json.loads(line.removeprefix("models=")) for line in told if line.startswith("models=")]
    assert sorted(name for job in jobs for name in job["models"].split()) == sorted(f"m{one}" for one in range(1000))
    assert len(jobs) == 250 and {len(job["models"].split()) for job in jobs} == {4}


def test_one_of_a_job_s_models_that_can_t_be_fetched_holds_no_other_up(root: Path) -> None:
    for name, digest in ("good", hashlib.sha256(ROWS).hexdigest()), ("bad", "ab" * 32):
        folder = Path(shutil.copytree(root / "models/digits", root / f"models/{name}"))
        (folder / "rows.csv").write_bytes(ROWS)
        spec = (folder / "model.yaml").read_text("utf-8")
        data = f"data:\n  path: rows.csv\n  sha256: {digest}\n\n"
        (folder / "model.yaml").write_text(re.sub(r"data:\n(  .+\n)+\n", data, spec), "utf-8")
    told = "models/bad/model.yaml:9: data.sha256: rows.csv has the digest"
    said = verb(root, "build", "--fetch", "good", "bad")
    assert said.count(told) == 1 and said.endswith("next: `tox run -e build -- --train good bad`\n")
    said = verb(root, "build", "--fetch", "bad", code=1)
    assert said.count(told) == 1 and said.endswith("\n1 problem\n")
