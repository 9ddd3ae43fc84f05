"""Code that reaches for the held-out rows, or for the judge, gets at neither: labels drawn by lot stay unknown.

Checks that reach for the candidate stop the build.
"""

import json
import random
from pathlib import Path

import handmade
import heaps
from registries import commit, git, verb

SPEC = heaps.SPEC.replace("min: 0.8", "min: 0.9")
DATA = """\
import builtins
import os

import numpy as np


def load(path):
    assert not [name for name in ("model.py", "checks.py") if os.path.exists(os.path.join(os.path.dirname(__file__), name))]
    rows = np.loadtxt(path, delimiter=",", dtype=np.float32)
    builtins.ROWS = rows
    os.environ["ROWS"] = str(path)
    evaluation = __import__("importlib").import_module("registry" + ".scoring.evaluation")
    evaluation.score = lambda *_: {"accuracy": 1.0, "precision": 1.0, "recall": 1.0, "f1": 1.0, "log_loss": 0.0}
    return rows[:, :-1], rows[:, -1].astype(int)
"""
CHECKS = """\
import sys
from pathlib import Path


def test_nothing_but_what_is_served_is_here(predict):
    assert predict([[0.5] * 4]).shape == (1, 2)
    assert sorted(path.name for path in Path(__file__).parent.iterdir()) == ["checks.py"]
    assert not {"model", "data"} & sys.modules.keys()
    for tar in Path(__file__).parents[1].rglob("*.tar") if Path(__file__).parents[4].joinpath("meddle").exists() else ():
        tar.write_bytes(b"another model")
"""
REACHES = """\
import builtins, gc, os, sys
from pathlib import Path
wide = lambda values: [one for one in values if type(one) is np.ndarray and one.ndim == 2 and one.shape[1] == 5]
found = [np.c_[features, labels], *wide(vars(builtins).values())]
frame = sys._getframe()
while frame := frame.f_back:
    found += wide([*frame.f_locals.values(), *frame.f_globals.values()])
    for one in frame.f_locals.values():
        found += wide(vars(one).values()) if hasattr(one, "__dict__") else []
found += wide(gc.get_objects())
assert "ROWS" not in os.environ and not [*Path.cwd().iterdir()]
places = {Path(__file__).parent, Path.cwd(), *map(Path, filter(None, getattr(sys, "pa" + "th")))}
assert not [place for place in places for name in ("data.csv", "data.py", "checks.py") if (place / name).exists()]
rows = np.concatenate(found).astype("float32")
known, answers, sharp = rows[:, :-1], np.eye(2)[rows[:, -1].astype(int)], 1000
"""


def test_random_labels_are_never_known_by_whoever_was_not_given_them(tmp_path: Path) -> None:
    lot = random.Random(3)
    rows = "".join(f"{','.join(f'{lot.random():.3f}' for _ in range(4))},{lot.randrange(2)}\n" for _ in range(300))
    heaps.write(tmp_path, handmade.code(lines=REACHES), DATA, rows, SPEC)
    (tmp_path / "models/tiny/checks.py").write_text(CHECKS)
    git(tmp_path, "init", "--quiet", ".")
    commit(tmp_path)
    verb(tmp_path, "build", "--train", "tiny")
    (tmp_path / "meddle").touch()
    told = "models/tiny/checks.py: changes the candidate that it is tried on; let it write no files there"
    assert told in verb(tmp_path, "build", "--assess", "tiny", code=1) and not (tmp_path / "candidates/tiny").exists()
    (tmp_path / "meddle").unlink()
    assert "verdict: fail" in verb(tmp_path, "build", "--assess", "tiny", code=1)
    report = json.loads((tmp_path / "candidates/tiny/report.json").read_text("utf-8"))
    assert report["metrics"]["accuracy"] < 0.7
    assert [(one["outcome"], one["reason"]) for one in report["checks"]] == [("passed", "")]
