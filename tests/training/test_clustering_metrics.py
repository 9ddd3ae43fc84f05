"""Clusters: scikit-learn's metrics in the space of the inputs, how sure they are, and what keeps answers from being clusters."""

import numpy as np
import pytest
from sklearn import metrics

from registry.judging import conditions
from registry.scoring import evaluation, marking, planted, resampling, scorecard
from registry.scoring.marking import Answers, Rows
from registry.scoring.planted import Ground, Stand
from registry.tasks import clustering, given

COUNT = 150
CLASSES = np.arange(COUNT) % 3
POINTS = (np.random.default_rng(1).normal(size=(COUNT, 4)) + 3 * CLASSES[:, None]).astype("float32")


def guessed(share: float = 0.1, seed: int = 2) -> np.ndarray:
    """Return clusters that are the classes, but for a share of the rows."""
    draw = np.random.default_rng(seed)
    return np.where(draw.uniform(size=COUNT) < share, draw.integers(3, size=COUNT), CLASSES)


def rows(features: object = POINTS, classes: np.ndarray | None = CLASSES) -> Rows:
    return Rows(
        "clustering",
        clustering.space(features, classes),
        3 * (classes is not None),
        resampling.units(COUNT, None),
        True,
    )


def test_metrics_are_those_of_scikit_learn_and_lie_between_their_bounds() -> None:
    one = Answers(rows(), [guessed()])
    assert one.metrics == pytest.approx({
        "silhouette": metrics.silhouette_score(POINTS, guessed()),
        "davies_bouldin": metrics.davies_bouldin_score(POINTS, guessed()),
        "ari": metrics.adjusted_rand_score(CLASSES, guessed()),
        "nmi": metrics.normalized_mutual_info_score(CLASSES, guessed()),
    }, rel=1e-5)  # fmt: skip
    evidence = marking.of(one, one.names)
    assert evidence.keys() == one.metrics.keys()
    assert all(
        found["low"][0] < one.value(name) < found["high"][0] and found["rows"] == COUNT
        for name, found in evidence.items()
    )
    other = Answers(one.rows, [guessed(0.4, 3)])
    differences = marking.differences(one, other, one.names)
    assert differences["ari"]["low"][0] > 0 > differences["davies_bouldin"]["high"][0]
    assert [*Answers(rows(classes=None), [guessed()]).metrics] == ["silhouette", "davies_bouldin"]


def test_clusters_that_are_the_classes_are_as_sure_as_the_rows_are_many() -> None:
    found = marking.of(Answers(rows(), [CLASSES]), ["ari", "nmi"])
    assert found["ari"] == found["nmi"] == {"kind": "share", "count": COUNT, "rows": COUNT}


def test_of_many_rows_a_sample_is_looked_at_and_features_may_have_several_parts_and_gaps() -> None:
    many = np.repeat(POINTS, 40, axis=0)
    where = clustering.space({"b": many, "a": many[:, 0], "text": many[:, 0].astype(str)}, None)
    assert len(where) == 6000 and where.sample.shape == (3000, 5) and len(where.inside) == 3000
    one = Rows("clustering", where, 0, resampling.units(6000, None), True)
    answers = Answers(one, [np.repeat(guessed(), 40)])
    assert answers.value("silhouette") == pytest.approx(
        metrics.silhouette_score(many[where.inside], np.repeat(guessed(), 40)[where.inside]), abs=0.05
    )
    gaps = POINTS.copy()
    gaps[::7, 1] = np.nan
    assert np.isfinite(clustering.space(gaps, None).sample).all()


def test_text_lies_nowhere_and_one_cluster_tells_nothing_apart() -> None:
    nowhere = Answers(rows(np.full(COUNT, "text")), [guessed()])
    assert nowhere.value("silhouette") is None is nowhere.value("davies_bouldin") and nowhere.value("ari") > 0.5
    alone = Answers(rows(), [np.zeros(COUNT, int)])
    assert alone.metrics == {"silhouette": None, "davies_bouldin": None, "ari": 0, "nmi": 0}
    told = {"clusters": clustering.told(alone.rows.labels, alone.runtimes[0], 4)}
    assert (told["clusters"]["sizes"], told["clusters"]["silhouettes"]) == ([COUNT, 0, 0, 0], [None] * 4)
    (judged,) = conditions.clusters(told)
    assert (judged.verdict, judged.reason) == (
        "fail",
        "all held-out rows lie in one cluster, which tells nothing apart",
    )
    each = Answers(rows(), [np.arange(COUNT)])
    assert each.value("silhouette") is None


def test_clusters_of_the_same_sizes_at_random_are_the_baseline() -> None:
    random = clustering.at_random(guessed())
    assert np.bincount(random).tolist() == np.bincount(guessed()).tolist()
    found = scorecard.baseline(Answers(rows(), [guessed()]), random[None], "random clusters")
    assert found["metrics"]["ari"] == pytest.approx(0, abs=0.1) and found["evidence"]["silhouette"]["low"][0] > 0


def test_how_alike_two_models_are_does_not_hang_on_the_numbers_of_their_clusters() -> None:
    assert clustering.stability(guessed(), (guessed() + 1) % 3) == 1
    assert clustering.stability(guessed(0.3), guessed(0.3, 5)) < 0.8


ASKED = {
    "silhouette": {"min": 0.3, "max_drop": 0.02},
    "davies_bouldin": {"max": 1.5, "max_drop": 0.1},
    "ari": [{"min": 0.6, "max_drop": 0.05}, {"max": 0.95}],
    "nmi": [{"min": 0.5}, {"max_drop": 0.05, "slice": {"half": 1}}],
    "stability": {"min": 0.8, "folds": "worst"},
}


@pytest.mark.parametrize("metric", ASKED)
def test_a_clustering_planted_just_beyond_each_limit_is_refused(metric: str) -> None:
    columns = {"half": np.arange(COUNT) % 2}
    grounds = [Ground(Answers(rows(), [guessed(0.05, seed)]), columns) for seed in (2, 3)]
    stand = Stand(*grounds, np.random.default_rng(3).gamma(9, 0.1, 200), ["half"])
    count = {"ari": 3, "stability": 1}.get(metric, 2)
    assert planted.prove(stand, {metric: ASKED[metric]}) == {"refused": count, "reason": None}


REFUSED = {
    "of another shape": (np.zeros((COUNT, 2, 2)), "gives outputs of shape (150, 2, 2); clustering needs the number of each row's cluster, (150,), or scores, (150, clusters)"),
    "text": (np.full(COUNT, "a"), "gives outputs of type <U1; give numbers"),
    "parts": (np.full(COUNT, 0.5), "gives 0.5 as the number of a cluster; give whole numbers from 0"),
    "below 0": (np.full((COUNT, 1), -1), "gives cluster -1; number them from 0, those that belong nowhere as a cluster of their own"),
    "far beyond": (np.full(COUNT, 1e6), "gives cluster 1e+06; number them from 0 without gaps, 10,000 at most"),
    "no number": (np.full((COUNT, 3), np.nan), "gives outputs that are NaN or infinite; give finite ones"),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_answers_that_are_no_clusters_are_told(fault: str) -> None:
    outputs, said = REFUSED[fault]
    with pytest.raises(ValueError) as error:
        given.shaped("clustering", outputs, COUNT, 0)
    assert str(error.value) == said


def test_scores_of_clusters_mean_the_largest_and_numbers_may_stand_in_a_column() -> None:
    scores = np.eye(3)[guessed()]
    assert given.shaped("clustering", scores, COUNT, 0).tolist() == guessed().tolist()
    assert given.shaped("clustering", guessed()[:, None].astype("float32"), COUNT, 0).tolist() == guessed().tolist()
    assert evaluation.score("clustering", guessed(), rows().labels)["ari"] > 0.7
