"""What is told of the time that training still takes."""

import pytest

from registry.learning import folds


@pytest.mark.parametrize(("done", "count", "side_by_side", "last", "now", "expected"), [
    (0, 6, 2, 0, 300, ""),  # nothing is known yet
    (1, 6, 2, 20, 20, ", about 40 s left"),
    (2, 6, 2, 22, 30, ", about 36 s left"),
    (3, 6, 2, 40, 40, ", about 20 s left"),
    (5, 6, 2, 60, 60, ""),  # the last round is nearly over
    (1, 6, 1, 120, 120, ", about 10 min left"),
    (1, 6, 8, 50, 50, ""),
    (2, 6, 2, 22, 90, ""),  # longer than all before
])  # fmt: skip
def test_what_is_left_is_told_by_the_rounds_that_are_done(
    done: int, count: int, side_by_side: int, last: float, now: float, expected: str
) -> None:
    assert folds.estimate(done, count, side_by_side, last, now) == expected
