"""How long a training will take, told while it goes on: before its hours are over."""

import math

import pytest

from registry.machines import outlook

LOG = "Epoch 1/10\n7/7 - 0s - loss: 0.7\nEpoch 2/10\n7/7 - 0s\nEpoch {}\n3/7 - 0s"


@pytest.mark.parametrize(("log", "seconds"), [
    ("", None),
    ("Epoch 1/10\n", None),
    (LOG.format("3/10"), 500),
    (LOG.format("5/5"), 125),
    (LOG.format("9/4"), None),
])  # fmt: skip
def test_a_training_is_as_long_as_its_epochs_so_far_tell(log: str, seconds: float | None) -> None:
    assert outlook.duration(log, 100) == seconds


def test_one_that_would_be_ended_is_told_of_with_what_to_do() -> None:
    hour = 3600
    assert outlook.warning(5 * hour, 2, hour, math.inf) is None  # a machine of one's own has no such end
    assert outlook.warning(5 * hour, 1, hour, 5.75) is None
    assert outlook.warning(5 * hour, 2, 200, 5.75) is None  # an epoch that was slow tells nothing yet
    assert outlook.warning(5 * hour, 2, hour, 5.7462) == (
        "takes about 10.0 hours as it goes now, and is ended after 5.75, when the time of this job is over; train fewer"
        " epochs or folds, on another runner, or let train() take `checkpoints`, so that the next try goes on where this"
        " one ends"
    )
    assert outlook.warning(6 * hour, 1, hour, 5.75).startswith("takes about 6.0 hours")
