"""Silhouettes of a sample of the rows: as sure as the rows that were looked at, and not as all that there are."""

import numpy as np
import pytest
from test_clustering_metrics import COUNT, guessed, rows

from registry.scoring import marking
from registry.scoring.marking import Answers
from registry.tasks import measures


def test_metrics_of_a_sample_rest_on_its_rows_and_those_of_all_on_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "SAMPLE", 60)
    one = Answers(rows(), [guessed()])
    found = marking.of(one, one.names)
    assert {name: found[name]["rows"] for name in one.names} == {
        "silhouette": 60, "davies_bouldin": 60, "ari": COUNT, "nmi": COUNT,
    }  # fmt: skip
    other = Answers(one.rows, [guessed(0.4, 3)])
    assert marking.differences(one, other, ["silhouette"])["silhouette"]["rows"] == 60
    assert np.count_nonzero(one.rows.labels.places >= 0) == 60
