"""Pictures of clusters, lists and folds: counts begin at 0, titles are whole, and which are left out is said."""

import pytest
from samples import sure

from registry.formats.charts import mermaid
from registry.showing import asides, plots

TENTHS = {"listed": [1.0, *[0] * 9], "liked": [0.1] * 10}
RANKING = {"k": 2, "recall": [0.1, 0.2], "popular_recall": [0.1, 0.1], "tenths": TENTHS}


def clusters(sizes: list[int], silhouettes: list[float | None]) -> list[str]:
    return [mermaid(one) for one in asides.charts({"clusters": {"sizes": sizes, "silhouettes": silhouettes}})]


def test_rows_of_clusters_are_drawn_from_0_and_silhouettes_whatever_their_sign() -> None:
    rows, silhouette = clusters([52, 0, 140], [0.2, None, -0.1])
    assert '"cluster 2", "cluster 0", "cluster 1"' in rows and "y-axis 0 --> 150" in rows
    assert '"cluster 2", "cluster 0"]' in silhouette and "bar [-0.1, 0.2]" in silhouette
    assert "line [0, 0]" in silhouette
    assert clusters([5, 0], [None, None])[1:] == []


def test_of_many_clusters_the_largest_are_drawn_and_of_many_folds_the_first() -> None:
    rows, silhouette = clusters([*range(40)], [None, *[0.1] * 39])
    assert (
        "rows by cluster, the 12 largest of 40" in rows and "silhouette by cluster, the 12 largest of 39" in silhouette
    )
    folds = {"accuracy": {"values": [0.9, 0.95] * 10, "mean": 0.925, "std": 0.02}}
    assert "accuracy by fold, the 12 first of 20" in mermaid(plots.charts(sure(cross_validation=folds))[-1])


@pytest.mark.parametrize("asked", ["recall", "f1"])
def test_folds_are_drawn_by_the_first_metric_that_is_asked_for(asked: str) -> None:
    folds = {name: {"values": [0.9, 0.95], "mean": 0.925, "std": 0.02} for name in ("accuracy", "f1", "recall")}
    drawn = plots.charts(sure(cross_validation=folds, thresholds={asked: {"min": 0.5}}))[-1]
    assert drawn.title == f"{asked} by fold"


def test_no_title_of_a_picture_is_cut() -> None:
    assert not [one.title for one in asides.charts({"ranking": RANKING}) if f'title "{one.title}"' not in mermaid(one)]
