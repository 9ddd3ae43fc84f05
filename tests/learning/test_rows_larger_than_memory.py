"""Rows in parts take less memory than they are large: made, given to train() in batches, and put to a model that is judged."""

import os
import re
import subprocess
import sys
from pathlib import Path

import handmade

from registry.workers.variables import SCRIPTS

DATA = """\
import numpy as np


def load(path):
    lot = np.random.default_rng(1)
    for _ in range(50):
        rows = lot.random((500, 500))
        yield rows, (rows[:, 0] * 3).astype(int)
"""
TOLD = re.compile(r"^(rows|train|judge) (\d+)$", re.MULTILINE)
SIZE = 50 * 500 * 500 * 8
MODEL = """\
import numpy as np


def train(features, labels, *, seed, batches):
    known = np.stack([sum(rows[kinds == kind].sum(axis=0) for rows, kinds in batches(500)) for kind in range(3)])
    return nearest(known / np.bincount(labels)[:, None], np.eye(3), 1)


""" + "".join(handmade.code().partition("def nearest")[1:])  # fmt: skip
WORK = r"""
import re
import sys
from pathlib import Path

from registry.artifacts import bulk, inference, runtime
from registry.learning import training
from registry.loading import making, rows
from registry.tables import keys


def told(what):
    status = Path("/proc/self/status").read_text()
    print(what, re.search(r"VmHWM:\s+(\d+)", status)[1])


bulk.BLOCK, keys.SIZE = 2**21, 2**16
folder = Path(sys.argv[1])
made = making.load(rows.Examination(str(folder), "models/tiny", "classification", "", 0.2, 3))
made.training.store(folder / "training")
told("rows")
task = training.Task(str(folder), "models/tiny", "classification", str(folder / "training"), {"seed": 7})
training.cross_validate(task, 0, folder / "left")
told("train")
inference.answers(runtime.load(folder / "left"), rows.read(folder / "training").features)
told("judge")
"""


def test_they_take_less_memory_than_they_are_large(tmp_path: Path) -> None:
    (tmp_path / "data.py").write_text(DATA)
    (tmp_path / "model.py").write_text(MODEL)
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    command = [sys.executable, "-c", WORK, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout
    most = {what: 1024 * int(taken) for what, taken in TOLD.findall(said)}
    assert [*most] == ["rows", "train", "judge"]
    assert {what: taken for what, taken in most.items() if taken > SIZE} == {}
