"""The examples that the template brings: each builds, passes, fails where it is made worse, and serves what callers have."""

import json
import math
import re
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

import brought
import numpy as np
import pytest
from registries import commit, template, verb
from servers import repository, serving

MISSED = r"^models/{}/model\.yaml:\d+: thresholds\.(\S+): "


@dataclass(frozen=True)
class Case:
    """What makes an example worse, the limits that it misses then, what callers send, and how long an answer is.

    `less` trains it for a shorter time, in longer steps where those would be too few, after which it passes all the same.
    """

    worse: dict
    missed: set
    instances: list
    answers: dict
    less: dict = field(default_factory=dict)


CAR = {"cylinders": 4, "displacement": 120, "horsepower": 90, "weight": 2500, "acceleration": 16, "year": 78}
FLIGHT = {
    "carrier": "UA",
    "dest": "ORD",
    "hour": 17,
    "weekday": 4,
    "distance": 719,
    "temp": 20,
    "dewp": 18,
    "humid": 90,
}
FLIGHT |= {"wind_speed": 20, "wind_gust": math.nan, "precip": 0.1, "pressure": math.nan, "visib": 1}
TEXTS = ["a gorgeous, witty film", "dull", ""]
CASES = {
    "sentiment": Case(
        {"epochs": "1", "learning_rate": "0.00001"}, {"accuracy[0].min", "accuracy[1].min", "roc_auc.min"}, TEXTS, {"": 2},
        {"epochs": "1", "learning_rate": "0.01"},
    ),
    "mileage": Case(
        {"epochs": "1", "learning_rate": "0.00001"}, {"mae.max", "r2.min"}, [CAR, CAR | {"horsepower": math.nan}], {"": 1},
        {"epochs": "20", "learning_rate": "0.01"},
    ),
    "movies": Case(
        {"size": "1"}, {"ndcg.min", "recall.min", "coverage.min"}, ["196", "nobody"], {"item": 20, "score": 20}
    ),
    "groups": Case({"clusters": "2", "epochs": "1"}, {"ari.min", "nmi.min"}, [[[[0.5]] * 28] * 28], {"": 10}, {"epochs": "8"}),
    "flights": Case(
        {"trees": "1", "leaves": "2"}, {"roc_auc.min"}, [FLIGHT, FLIGHT | {"carrier": "new"}], {"": 2}, {"trees": "30"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in brought.names() if name in CASES])
def test_an_example_passes_serves_what_callers_have_and_fails_where_it_is_made_worse(name: str, tmp_path: Path) -> None:
    case, worse = CASES[name], f"{name}-made-worse"
    root = template(tmp_path / "root")
    brought.copy(name, root, folds="0", **case.less)
    brought.copy(name, root, worse, folds="0", **case.worse)
    commit(root)
    said = verb(root, "build", name, worse, code=1)
    assert f"{name} 1.0.0 passes, and is the first version: " in said
    assert f"{worse} 1.0.0 fails, and is the first version: " in said
    assert {*re.findall(MISSED.format(worse), said, re.MULTILINE)} == case.missed
    assert [*root.glob("candidates/.work/*/judge-kept.log")] == [root / f"candidates/.work/{name}/judge-kept.log"]

    models = repository(tmp_path / "serving")
    with tarfile.open(root / f"candidates/{name}/{name}-1.0.0.tar") as tar:
        tar.extractall(models / name / "1000000", filter="data")
    with serving(models.parent) as server:
        answer = server.post(f"/v1/models/{name}:predict", json.dumps({"instances": case.instances}).encode())
    assert answer.status_code == 200, answer.text
    for row in answer.json()["predictions"]:
        named = row if isinstance(row, dict) else {"": row}
        assert {one: np.size(value) if np.ndim(value) else 0 for one, value in named.items()} == case.answers
    assert len(answer.json()["predictions"]) == len(case.instances)
