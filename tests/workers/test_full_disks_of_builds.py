"""A disk that is full while a model is built: whoever builds is told, and no code of a model is blamed."""

import errno
from pathlib import Path

import disks
import pytest

from registry.workers.processes import Workers

LOAD = """\
import numpy as np


def load(path):
    rows = np.zeros((20_000, 40))
    rows[:, 0] = np.arange(20_000)
    {}
    return rows, rows[:, 0]
"""


@pytest.mark.parametrize("line", ["pass", "open('beside', 'wb').write(bytes(10**7))"])
def test_what_a_process_can_t_write_is_told_as_a_fault_of_the_disk(tmp_path: Path, line: str) -> None:
    (tmp_path / "data.py").write_text(LOAD.format(line))
    facts = {"task": "regression", "data": "", "holdout": 0.2, "folds": 0}
    examination = {"folder": str(tmp_path), "place": "models/digits"} | facts
    with disks.small(tmp_path / "disk", "4m") as folder:
        job = {"examination": examination, "part": "training", "output": str(folder / "rows")}
        with Workers("models/digits", folder) as workers, pytest.raises(OSError) as error:
            workers.run("rows", "rows", job)
        assert (error.value.errno, error.value.filename) == (errno.ENOSPC, str(folder))
