"""A pull request that changes a thousand models, through the real files: planned, built, judged, and told of.

It takes about an hour, and so is run by hand: `tox run -e workflows -- -o python_files=thousand.py -s`.
MODELS in the environment makes it fewer.
"""

import json
import os
import shutil
import time
import zipfile
from pathlib import Path

import engine
import pytest
from hub import Hub
from people import Team
from test_shared_jobs import NO_RECIPE

COUNT = int(os.environ.get("MODELS", "1000"))
NAMES = [f"m{number:04}" for number in range(COUNT)]
WORST = NAMES[-1]  # behind those that a comment has room for
HOURS = 4


@pytest.fixture
def team(tmp_path: Path):
    """A team with as many models, of which each knows two kinds apart, but the last one."""
    with Hub(tmp_path / "hub") as hub:
        team = Team(tmp_path / "tree", hub)
        team.write("models/tiny/model.yaml", "  epochs: 3\n  learning_rate: 0.1\n", "")
        (team.root / "models/tiny/model.py").write_text(NO_RECIPE)
        for name in NAMES:
            shutil.copytree(team.root / "models/tiny", team.root / f"models/{name}")
        (team.root / f"models/{WORST}/model.py").write_text(NO_RECIPE.replace("90c0", "9040"))
        yield team


def test_a_thousand_models_of_one_pull_request(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LIMIT", HOURS * 3600)
    number, start = team.pull("thousand"), time.monotonic()
    run = team.check(number)
    print(f"check: {time.monotonic() - start:,.0f} s")
    built = [name for name in run.results if name.startswith("build (")]
    ends = {"plan": "success", **dict.fromkeys(built, "success"), "assess": "failure", "gate": "failure"}
    assert {name: run.results[name] for name in ends} == ends, run.log
    reports = zipfile.ZipFile(run.artifacts["reports"])
    told = {name.split("/")[0]: json.loads(reports.read(name))["verdict"] for name in reports.namelist()}
    assert told == dict.fromkeys(["tiny", *NAMES], "pass") | {WORST: "fail"}
    start = time.monotonic()
    team.report(run)
    (comment,) = [one["body"] for one in team.hub.repository.comments.values()]
    print(
        f"report: {time.monotonic() - start:,.0f} s; {len(built)} jobs; {len(comment):,} characters\n{comment[:2000]}"
    )
    assert WORST in comment
