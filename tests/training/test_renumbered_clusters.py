"""Versions that put the same rows together are the same, whatever numbers their clusters have."""

import numpy as np
import pytest
from test_clustering_metrics import guessed, rows

from registry.scoring import marking
from registry.scoring.marking import Answers

NUMBERS = {"the same": [0, 1, 2], "others": [2, 0, 1], "with a gap": [7, 0, 3], "two of them one": [0, 1, 1]}


@pytest.mark.parametrize("kind", NUMBERS)
def test_no_metric_of_clusters_hangs_on_their_numbers(kind: str) -> None:
    one = Answers(rows(), [guessed()])
    other = Answers(one.rows, [np.array(NUMBERS[kind])[guessed()]])
    found = marking.differences(one, other, one.names)
    assert found.keys() == {*one.names}
    same = found["davies_bouldin"]["kind"] == "exact" and all(
        marking.resampled(one.sample(name).less(other.sample(name)), 150)["low"][0] == pytest.approx(0, abs=1e-9)
        for name in one.names
    )
    assert same == (kind != "two of them one")
