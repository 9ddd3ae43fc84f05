"""How many rows would tell is not promised of a metric that never looks at as many."""

import pytest

from registry.evidence.claims import Claim
from registry.judging import questions

SPREAD = [0.02 * far for far in (1.645, 1.96, 2.326, 2.576, 2.807, 3.09, 3.29)]


@pytest.mark.parametrize(("metric", "value", "told"), [
    ("silhouette", 0.25, "could be told with about 1,800 rows"),
    ("silhouette", 0.21, "no number of rows tells"),
    ("davies_bouldin", 0.21, "no number of rows tells"),
    ("ari", 0.21, "could be told with about 44,000 rows"),
])  # fmt: skip
def test_no_more_rows_are_asked_for_than_are_looked_at(metric: str, value: float, told: str) -> None:
    ends = {"low": [value - one for one in SPREAD], "high": [value + one for one in SPREAD]}
    claim = Claim(value, 0.2, True, {"kind": "resampled", "rows": 1000} | ends)
    assert told in questions.settling(claim, metric)
