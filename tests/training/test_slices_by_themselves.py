"""A slice is told by its own rows, as if there were no others: clusters among them, items in the lists of its persons."""

import numpy as np
import pytest
from sklearn import metrics
from test_clustering_metrics import COUNT, POINTS, guessed
from test_clustering_metrics import rows as points
from test_ranking_metrics import lists, scores, truth
from test_ranking_metrics import rows as persons

from registry.scoring import scorecard
from registry.scoring.marking import Answers


def sliced(one: Answers, column: np.ndarray) -> list[dict]:
    found = scorecard.slices(["half"], {"half": column}, one, None, np.ones(len(column), bool))
    return [one["metrics"] for one in found]


def test_clusters_of_a_slice_lie_among_its_rows() -> None:
    half = np.arange(COUNT) % 2
    for side, found in enumerate(sliced(Answers(points(), [guessed()]), half)):
        mine = POINTS[half == side], guessed()[half == side]
        assert found["silhouette"] == pytest.approx(metrics.silhouette_score(*mine), rel=1e-5)
        assert found["davies_bouldin"] == pytest.approx(metrics.davies_bouldin_score(*mine), rel=1e-5)


def test_a_slice_of_persons_covers_what_their_lists_have_of_all_items() -> None:
    one = truth()
    listed, half = lists(one, scores())[:, : one.k], np.arange(len(one)) % 2
    for side, found in enumerate(sliced(Answers(persons(one), [listed]), half)):
        items = {item for item in listed[half == side].ravel().tolist() if item >= 0 and one.known[item]}
        assert found["coverage"] == pytest.approx(len(items) / one.known.sum())
