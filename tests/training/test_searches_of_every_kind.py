"""Searches of clusterings, rankings and by a team's own metrics, trained by NumPy alone, are told as a build's folds are."""

import hashlib
from pathlib import Path

import handmade
import numpy as np
import pytest
from registries import commit, template

from registry.errors import RegistryError
from registry.learning import building, trained
from registry.specs import models
from registry.tuning import wishes
from registry.tuning.session import Session
from registry.tuning.trials import Found

SPEC = """\
version: 1.0.0
description: A model.
owners: [us]
task: {task}
data: {{path: rows.csv, sha256: {digest}{split}}}
{inputs}
training: {training}
evaluation: {evaluation}
thresholds: {{latency_ms: {{max: 500}}}}
"""
POINTS = """\
import numpy as np


def load(path):
    draw, kinds = np.random.default_rng(3), np.arange(150) % 3
    rows = (draw.normal(size=(150, 4)) + 2 * kinds[:, None]).astype("float32")
    return rows, None, {"age": np.arange(150), "file": np.array([f"row {at}" for at in range(150)])}
"""
GROUPS = """\
assert (names.read_text(), [*checkpoints.iterdir()]) == ("a b", []), "each trial has its own"
(checkpoints / "left").touch()
points = np.asarray(features, float)
known = points[np.random.default_rng(seed).choice(len(points), clusters, replace=False)]
for _ in range(10):
    near = ((points[:, None] - known) ** 2).sum(2).argmin(1)
    known = np.stack([points[near == one].mean(0) if (near == one).any() else known[one] for one in range(clusters)])
answers = np.eye(clusters)
"""
AGES = """\
def young(outputs, labels, columns):
    assert len(outputs) == len(labels) == len(columns["age"]) and columns["file"][0].startswith("row ")
    return columns["age"]


def alone(outputs, labels):
    return float("nan")
"""
VIEWED = """\
import numpy as np


def load(path):
    users, days = np.repeat(np.arange(60), 12), np.tile(np.arange(12), 60)
    items = (users * 7 + days * 3 + np.random.default_rng(1).integers(0, 3, len(users))) % 40
    return {"user": users, "item": items}, np.ones(len(users)), {"day": days, "half": users % 2}
"""
LISTS = """\


def train(features, labels, *, seed, step: int):
    users = np.arange(60)[:, None]
    far = (np.arange(40) - 7 * users) % step
    items = np.argsort(far, axis=1, kind="stable")
    nodes = node("Gather", "items", "user", "item"), node("Gather", "scores", "user", "score")
    tables = whole("items", items), tensor("scores", -np.take_along_axis(far, items, axis=1))
    ends = (11, plain("user", 7)), (12, plain("item", 7, 40), plain("score", 1, 40))
    return fields((1, 10), (7, fields((1, *nodes), (2, "lists"), (5, *tables), *ends)), (8, fields((2, 20))))


def whole(name, values):
    return fields((1, *values.shape), (2, 7), (8, name), (9, values.astype("<i8").tobytes()))


def plain(name, kind, *widths):
    dimensions = fields((1, fields((2, "rows"))), *((1, fields((1, width))) for width in widths))
    return fields((1, name), (2, fields((1, fields((1, kind), (2, dimensions))))))
"""
HITS = """\
def found(outputs, labels, columns):
    assert {*columns} == {"half", "user"} and {*columns["half"]} == {0, 1}, "what is true of persons"
    if not outputs.any():
        raise ValueError("nothing is found")
    return (outputs > 0).sum(axis=1) / labels
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return template(tmp_path_factory.mktemp("kinds") / "root")


def put(root: Path, name: str, data: str, code: str, metrics: str, split: str = "", **facts: str) -> None:
    """Put a model with metrics of its own into the repository."""
    folder = root / "models" / name
    folder.mkdir()
    named = {"rows.csv": "0", "names.txt": "a b", "data.py": data, "model.py": code, "metrics.py": metrics}
    digests = {file: hashlib.sha256(text.encode()).hexdigest() for file, text in named.items()}
    inputs = f"inputs: {{names: {{path: names.txt, sha256: {digests['names.txt']}}}}}" if "names," in code else ""
    named["model.yaml"] = SPEC.format(digest=digests["rows.csv"], split=split, inputs=inputs, **facts)
    for file, text in named.items():
        (folder / file).write_text(text)
    commit(root)


def searched(root: Path, name: str, words: str, metric: str) -> Found:
    (model,) = models.load(root, [name])
    session = Session(root, wishes.wish(model, [words], metric, None))
    session.search(9, 1, lambda *_: None)
    assert not [*session.folder.glob("trial-*.json")] and not (session.folder / "work").exists()
    return session.found


def test_clusters_are_searched_by_stability_and_by_own_metrics_and_told_as_the_folds_of_a_build_are(root: Path) -> None:
    code = handmade.code("seed, clusters: int, names, checkpoints", f"\n{GROUPS}").replace(
        "features, labels, *", "features, *"
    )
    code = code.replace("np.stack([features[labels == label].mean(axis=0) for label in np.unique(labels)])", "[]")
    evaluation = "{folds: 2, output: chances, metrics: {alone: {better: higher}, young: {better: lower}}}"
    put(root, "groups", POINTS, code, AGES, task="clustering", training="{seed: 7, clusters: 5}", evaluation=evaluation)
    found = searched(root, "groups", "clusters=3,5", "stability")
    assert [one.arguments["clusters"] for one in found.trials] == [5, 3] and not found.failed
    assert found.reach == (-0.5, 1) and found.find(1).mean > found.find(0).mean, "there are three"
    (model,) = models.load(root, ["groups"])
    building.train(root, model)
    folds = trained.load(root, "groups").facts["folds"]
    assert [one["stability"] for one in folds] == found.find(0).values
    assert [one["alone"] for one in folds] == [None, None], "NaN is no value"
    assert all(50 < one["young"] < 100 for one in folds) and len({one["young"] for one in folds}) == 2
    with pytest.raises(RegistryError) as error:
        searched(root, "groups", "clusters=3,5", "ari")
    assert str(error.value) == (
        "--metric: ari needs labels, and load() returns none; known: alone, davies_bouldin, silhouette, stability, young"
    )


def test_a_ranking_is_searched_by_an_own_metric_that_gets_columns_of_persons_and_one_that_raises_fails_its_trial(
    root: Path,
) -> None:
    code = handmade.code().replace("def train", "def unused") + LISTS
    evaluation = "{folds: 2, k: 5, metrics: {found: {better: higher}}}"
    split = ", split: {time: day, group: user}"
    put(root, "lists", VIEWED, code, HITS, split, task="ranking", training="{seed: 7, step: 11}", evaluation=evaluation)
    found = searched(root, "lists", "step=5,40", "found")
    line = HITS.splitlines().index('        raise ValueError("nothing is found")') + 1
    assert [(one.arguments, one.reason) for one in found.failed] == [
        ({"step": 40}, f"models/lists/metrics.py:{line}: found: ValueError: nothing is found")
    ]
    assert all(0.1 < value < 0.3 for one in found.ranked for value in one.values)
    assert found.by_time and np.isfinite([one.mean for one in found.ranked]).all() and len(found.ranked) == 2
