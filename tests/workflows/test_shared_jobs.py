"""More models than jobs, through the real files: those of a job are built one after another, and all of them judged."""

import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from hub import Hub
from people import Team

NAMES = ("a", "b", "c", "d")
# softmax of (0, the second number less 4.5), as ONNX: it answers rightly to each row, and nobody has to train it
ONNX = (
    "08083aa0010a110a01780a017712016d22064d61744d756c0a0e0a016d0a016212016c22034164640a1c0a016c1201702207536f66746d617"
    "82a0b0a04617869731801a001021201672a1b0802080210014201774a100000000000000000000000000000803f2a11080210014201624a08"
    "00000000000090c05a140a0178120f0a0d080112090a0312016e0a02080262140a0170120f0a0d080112090a0312016e0a02080242040a001"
    "011"
)
NO_RECIPE = f'def train(features, labels, *, seed):\n    return bytes.fromhex("{ONNX}")\n'


@pytest.fixture
def team(tmp_path: Path):
    """A team whose matrix may have two jobs, and four models of which one can't be trained."""
    with Hub(tmp_path / "hub") as hub:
        team = Team(tmp_path / "tree", hub)
        team.write("scripts/registry/checks/shards.py", "MOST = 256", "MOST = 2")
        team.write("models/tiny/model.yaml", "  epochs: 3\n  learning_rate: 0.1\n", "")
        (team.root / "models/tiny/model.py").write_text(NO_RECIPE)
        team.save("a recipe that trains nothing")
        for name in NAMES:
            shutil.copytree(team.root / "models/tiny", team.root / f"models/{name}")
        (team.root / "models/d/model.py").write_text(NO_RECIPE.replace("    return", "    seed / 0\n    return"))
        yield team


def test_each_model_of_a_job_is_built_and_judged_but_the_one_that_can_t_be(team: Team) -> None:
    run = team.check(team.pull("many"))
    ends = {
        "plan": "success",
        "build (a c)": "success",
        "build (b d)": "failure",
        "assess": "failure",
        "gate": "failure",
    }
    assert {name: run.results[name] for name in ends} == ends, run.log
    assert set(run.artifacts) == {"1.trained", "2.trained", "reports", "accepted"}
    assert set(zipfile.ZipFile(run.artifacts["2.trained"]).namelist()) == {"b.json", "b.tar"}
    reports = zipfile.ZipFile(run.artifacts["reports"])
    told = {name: json.loads(reports.read(name))["verdict"] for name in reports.namelist()}
    assert told == {f"{name}/report.json": "pass" for name in "abc"}, run.log
    assert re.search(r"models/d/model\.py:2: train: ZeroDivisionError", run.log)
    team.report(run)
    (comment,) = [one["body"] for one in team.hub.repository.comments.values()]
    assert "build (b d)" in comment and "[assess]" not in comment
