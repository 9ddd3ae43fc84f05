"""How sure a silhouette is: as sure as it varies from one draw of rows to the next, since each row moves those of the others."""

import numpy as np
import pytest

from registry.scoring import marking, resampling
from registry.scoring.marking import Answers, Rows
from registry.tasks import clustering

MIDDLES = np.array([[3.0, 0], [0, 3], [0, 0]])
ROWS, DRAWS = 120, 150


def answers(seed: int, rows: int = ROWS) -> Answers:
    """Return the clusters of fresh rows, by a model that is always the same."""
    draw = np.random.default_rng(seed)
    points = draw.normal(size=(rows, 2)) + MIDDLES[draw.integers(3, size=rows)]
    nearest = ((points[:, None] - MIDDLES) ** 2).sum(axis=2).argmin(axis=1)
    where = clustering.space(points, None)
    return Answers(Rows("clustering", where, 0, resampling.units(rows, None), True), [nearest])


def test_bounds_are_as_wide_as_fresh_rows_vary() -> None:
    spread = np.std([answers(seed).value("silhouette") for seed in range(DRAWS)])
    widths = []
    for seed in range(10):
        found = marking.of(answers(seed), ["silhouette"])["silhouette"]
        widths.append(found["high"][0] - found["low"][0])
    assert np.mean(widths) == pytest.approx(2 * 1.645 * spread, rel=0.2)


@pytest.mark.parametrize("kind", ["some are alone", "two places", "of a few rows"])
def test_the_mean_is_the_same_whatever_the_clusters_are(kind: str) -> None:
    one = answers(1, 8 if kind == "of a few rows" else ROWS)
    where, clusters = one.rows.labels, one.runtimes[0].copy()
    if kind == "some are alone":
        clusters[:2] = [7, 9]
    if kind == "two places":
        where = clustering.space(np.repeat([[0.0], [1.0]], ROWS // 2, axis=0), None)
        clusters = np.arange(ROWS) % 3
    one = Answers(Rows("clustering", where, 0, one.rows.units, True), [clusters])
    assert one.sample("silhouette").values[0] == pytest.approx(one.value("silhouette"))
