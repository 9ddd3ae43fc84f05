"""What a training that was ended left may be spoilt: then each try would fail by it, and is told what to remove."""

from pathlib import Path

import pytest
from tinymodels import tiny

from registry.errors import RegistryError
from registry.learning import training
from registry.machines.station import SPOILT

TRAIN = """\
def train(features, labels, *, seed, epochs, checkpoints):
    for file in checkpoints.iterdir():
        int(file.read_text())
    (checkpoints / "epoch").write_text("soon")
    raise OSError("no weather today")
"""


def test_a_training_that_went_on_from_what_is_spoilt_says_so_and_a_first_one_does_not(tmp_path: Path) -> None:
    model = tiny(tmp_path / "tiny", train=TRAIN)
    said = []
    for _ in range(2):
        with pytest.raises(RegistryError) as error:
            training.train(model.task, model.folder / "saved", str(tmp_path / "kept"))
        said.append(str(error.value))
    assert SPOILT not in said[0]
    assert (
        said[1]
        == f"models/tiny/model.py:8: train: ValueError: invalid literal for int() with base 10: 'soon'; {SPOILT}"
    )
