"""Rows that take long to make are seen at it, and many of them fit into little memory."""

import os
import subprocess
import sys
from pathlib import Path

import heaps
import pytest
from registries import commit, git

from registry.learning import briefing
from registry.loading import making, progress
from registry.loading.rows import Examination
from registry.specs import models
from registry.tables import keys
from registry.workers.processes import Workers
from registry.workers.variables import SCRIPTS

WAITING = heaps.DATA.replace("    rows =", "    print('half of it read')\n    open('{}').read()\n    rows =")


def test_a_build_shows_what_the_process_of_the_rows_said_last(tmp_path: Path) -> None:
    root, pipe = tmp_path / "root", tmp_path / "pipe"
    heaps.write(root, "def train(features, labels, *, seed): ...\n", WAITING.format(pipe))
    git(root, "init", "--quiet", ".")
    commit(root)
    os.mkfifo(pipe)
    shown = []

    def show(text: str) -> None:
        if text == "half of it read" and text not in shown:
            pipe.write_text("go on")
        shown.append(text)

    (model,) = models.load(root, [])
    (tmp_path / "work").mkdir()
    with Workers(model.place, tmp_path / "work") as workers:
        examination = briefing.examination(model, tmp_path / "work/data", root / model.place / "data.csv")
        ready = briefing.make_rows(workers, model, examination, "training", tmp_path / "rows", show)
    assert ready["rows"] == {"train": 257, "holdout": 43, "shared": 0, "near": None}
    assert "half of it read" in shown
    log = (tmp_path / "work/rows-training.log").read_text()
    assert log.splitlines() == [
        "load() reads data.csv", "half of it read", "splitting 300 rows", "comparing the two parts", "storing the rows"
    ]  # fmt: skip


def test_what_takes_long_tells_how_far_it_is(tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SELDOM", -1)
    monkeypatch.setattr(keys, "SIZE", 1000)
    (tmp_path / "data.py").write_text(
        "import numpy as np\n\n\ndef load(path):\n    return np.array([f'text {i}' for i in range(1200)]), np.arange(1200.)\n"
    )
    making.load(
        Examination(folder=str(tmp_path), place="models/tiny", task="regression", data="", holdout=0.2, folds=2)
    )
    assert [line for line in capsys.readouterr().out.splitlines() if " of " in line] == [
        *(f"hashing {done:,} of 1,200 rows" for done in (500, 1000, 1200)),
        *(f"comparing {done:,} of 1,200 rows" for done in (1000, 1200)),
    ]


MILLION = r"""
import re
import sys
from pathlib import Path

import numpy as np

from registry.loading import making, progress
from registry.loading.rows import Examination

folder = Path(sys.argv[1])
usual = {"folder": str(folder), "place": "models/tiny", "task": "classification", "data": "", "holdout": 0.2}
found = making.load(Examination(**usual, folds=5, split={"time": "day", "group": "shop"}, slices=["shop"]))
found.training.store(folder / "training")
found.held_out.store(folder / "rows")
print(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
"""


def test_a_million_rows_take_a_tenth_of_what_ten_million_may(tmp_path: Path) -> None:
    (tmp_path / "data.py").write_text(
        "import numpy as np\n\n\ndef load(path):\n    lot = np.random.default_rng(1)\n"
        "    columns = {'day': lot.integers(0, 999, 10**6).astype('datetime64[D]'), 'shop': lot.integers(0, 99, 10**6)}\n"
        "    return lot.random((10**6, 4), np.float32), lot.integers(0, 3, 10**6), columns\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    command = [sys.executable, "-c", MILLION, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout
    assert int(said.splitlines()[-1]) * 1024 < 4e8  # rusage would count the peak of this process, which starts it, too
