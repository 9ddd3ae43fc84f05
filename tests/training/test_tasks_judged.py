"""A ranking and a clustering, each trained, exported, judged and scored over folds as in a build."""

import json
from pathlib import Path

import pytest
from tinymodels import Tiny, tiny

from registry.errors import RegistryError
from registry.judging import verdicts
from registry.learning import proving
from registry.showing import asides, plots

VIEWED = """\
def load(path):
    draw = np.random.default_rng(1)
    users = np.repeat(np.arange(90), 12)
    items = (users * 7 + draw.permuted(np.tile(np.arange(20), (90, 1)), axis=1)[:, :12].ravel()) % 40
    days = np.tile(np.arange(12), 90)
    names = np.char.add("item ", items.astype(str))
    return {"user": users, "item": names}, np.ones(len(users)), {"day": days, "half": users % 2}

"""
LISTS = '''\
class Lists(layers.Layer):
    """Items by how near their number is to that of the person."""

    def __init__(self, items):
        super().__init__()
        self.items, self.numbers = tensorflow.constant(items), tensorflow.constant([int(one[5:]) for one in items])

    def call(self, users):
        far = tensorflow.cast((self.numbers[None] - 7 * tensorflow.cast(users, "int32")[:, None]) % 40, "float32")
        scores, places = tensorflow.math.top_k(-far - 1e-3 * tensorflow.cast(self.numbers[None], "float32"), len(self.items))
        return {"item": tensorflow.gather(self.items, places), "score": scores}


def train(features, labels, *, seed, epochs):
    users = keras.Input((), dtype="int64", name="user")
    return keras.Model(users, Lists(sorted(set(features["item"])))(users))
'''
POINTS = """\
def load(path):
    labels = np.arange(300) % 3
    points = (np.random.default_rng(3).normal(size=(300, 4)) + 4 * labels[:, None]).astype("float32")
    return points, labels, {"half": np.arange(300) % 2}

"""
NEAREST = """\
class Nearest(layers.Layer):
    def __init__(self, middles):
        super().__init__()
        self.middles = keras.ops.convert_to_tensor(middles)

    def call(self, rows):
        return -keras.ops.sum((rows[:, None] - self.middles[None]) ** 2, axis=2)


def train(features, *, seed, epochs):
    middles = features[np.random.default_rng(seed).choice(len(features), 3, replace=False)]
    for _ in range(20):
        near = ((features[:, None] - middles[None]) ** 2).sum(2).argmin(1)
        middles = np.stack([features[near == one].mean(0) if (near == one).any() else middles[one] for one in range(3)])
    inputs = keras.Input((4,), name="row")
    return keras.Model(inputs, Nearest(np.r_[middles, [middles[0] + 1e6]])(inputs))
"""


def judged(found: Tiny, thresholds: dict, slices: list) -> dict:
    found.asked.update({"evaluation": {"slices": slices, "k": 5}, "thresholds": thresholds})
    found.train()
    report = json.loads(json.dumps(found.assess()))
    usual = {"version": "1.0.0", "data": {}, "checks": [], "cross_validation": None}
    rows = {
        "train": 1,
        "holdout": len(report["slices"]) and sum(one["rows"] for one in report["slices"]),
        "shared": 0,
        "near": None,
    }
    return report | usual | {"rows": rows, "task": found.examination.task, "thresholds": thresholds}


def test_a_ranking_is_judged_by_persons_and_its_folds_ask_them_too(tmp_path: Path) -> None:
    split = {"time": "day", "group": "user"}
    found = tiny(tmp_path / "tiny", VIEWED, LISTS, task="ranking", split=split, folds=2, slices=["half"])
    report = judged(found, {"ndcg": {"min": 0.2}, "coverage": {"min": 0.5}, "latency_ms": {"max": 500}}, ["half"])
    assert [one["name"] for one in report["outputs"]] == ["item", "score"]
    told = report["ranking"]
    assert (told["k"], told["persons"], told["new_persons"], told["cold_items"]) == (5, 90, 0, 0)
    assert report["baseline"]["kind"] == "most popular" and report["proof"] == {"refused": 3, "reason": None}
    assert report["metrics"]["ndcg"] > report["baseline"]["metrics"]["ndcg"]
    assert [(one["slice"], one["rows"]) for one in report["slices"]] == [({"half": "0"}, 45), ({"half": "1"}, 45)]
    verdict = {one.name: (one.verdict, one.reason) for one in verdicts.judge(report, report["thresholds"], "ranking")}
    assert verdict["ndcg@5"][0] == "pass" and verdict["held-out persons"] == ("pass", "90 held-out persons")
    assert "of listing the most popular" in verdict["baseline"][1]
    assert asides.notes(report)[0] == "90 persons were asked, and 5 items of each list count."
    assert plots.charts(report)[-2].title == "recall by the length of the list"
    scores = [found.fold(fold) for fold in range(2)]
    assert [{*one} for one in scores] == [{"ndcg", "recall", "mrr", "coverage", "popularity"}] * 2
    assert all(one["ndcg"] > 0.1 for one in scores)
    again = found.assess(
        {"version": "1.0.0", "tar": str(found.folder / "tiny-1.0.0.tar"), "artifact": report["artifact"]}
    )
    assert again["incumbent"]["reason"] is None and 80 <= again["incumbent"]["rows"] <= 90
    assert again["incumbent"]["candidate"]["ndcg"] == again["incumbent"]["metrics"]["ndcg"]


def test_a_clustering_is_judged_in_the_space_of_its_inputs_and_its_folds_are_held_against_the_whole(
    tmp_path: Path,
) -> None:
    found = tiny(tmp_path / "tiny", POINTS, NEAREST, task="clustering", folds=2, slices=["half"])
    report = judged(found, {"silhouette": {"min": 0.3, "max_drop": 0.1}, "ari": {"min": 0.5}}, ["half"])
    clusters = report["clusters"]
    assert len(clusters["sizes"]) == 4 and clusters["sizes"][3] == 0 and clusters["labelled"]
    assert report["baseline"]["kind"] == "random clusters" and report["proof"] == {"refused": 3, "reason": None}
    assert report["confusion"] is report["residuals"] is None is report["ranking"]
    verdict = {one.name: one.verdict for one in verdicts.judge(report, report["thresholds"], "clustering")}
    assert {*verdict.values()} == {"pass"} and verdict.keys() >= {"silhouette", "ari", "clusters", "baseline"}
    assert asides.notes(report) == ["Empty, without a held-out row: cluster 3 of 4."]
    assert asides.clusters(report).splitlines()[-1] == "| 3 | 0 | - |"
    assert "rows by cluster" in [one.title for one in plots.charts(report)]
    scores = [found.fold(fold) for fold in range(2)]
    assert [{*one} for one in scores] == [{"silhouette", "davies_bouldin", "ari", "nmi"}] * 2
    stability = proving.stability(
        found.task, found.folder / "saved", [found.folder / f"fold-{fold}" for fold in range(2)]
    )
    assert len(stability) == 2 and min(stability) > 0.4


def test_a_model_that_gives_no_lists_is_told(tmp_path: Path) -> None:
    code = LISTS.replace('return {"item": tensorflow.gather(self.items, places), "score": scores}', "return scores")
    found = tiny(tmp_path / "tiny", VIEWED, code, task="ranking", split={"time": "day"}, folds=0)
    with pytest.raises(RegistryError) as error:
        found.train()
    assert "item" in str(error.value)
