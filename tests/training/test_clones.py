"""`build` trains, and judges by, what a fresh clone has, whatever lies on the disk, and its report says so truly."""

import hashlib
import json
from pathlib import Path

import handmade
import largefiles
import pytest
from heaps import points
from registries import ENVIRONMENT, commit, git, verb

SPEC = """\
version: 0.1.0
description: Tells three heaps of points apart.
owners: [us]
task: classification
data:
  path: data.csv
  sha256: {data}
  holdout:
    path: exam.csv
    sha256: {exam}
training:
  seed: 7
thresholds:
  accuracy: {{min: 0.1}}
  shared: {{max: 1}}
"""
DATA = """\
import numpy as np


def load(path):
    assert b"\\r" not in path.read_bytes()
    rows = np.loadtxt(path, delimiter=",", dtype=np.float32)
    return rows[:, :-1], rows[:, -1].astype(int), len(rows) * 1000 + np.arange(len(rows))
"""
SEES = """\
from pathlib import Path
here = Path(__file__).parent
assert (here / "words.txt").read_bytes() == b"one\\n"
assert (here / "weights.bin").read_bytes() == b"weights" * 500
assert len(labels) == 300
assert [file.name for file in here.parents[4].glob("cache/**/*.csv")] == ["data.csv"]
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with pointers, where files have the line ends of Windows and one was changed unseen by Git."""
    monkeypatch.setitem(ENVIRONMENT, "PATH", largefiles.path_with())
    monkeypatch.setitem(ENVIRONMENT, "XDG_CACHE_HOME", str(tmp_path / "cache"))
    team = tmp_path / "team"
    folder = team / "models/tiny"
    folder.mkdir(parents=True)
    rows, exam = points(300), points(20) + points(40, shift=0.1)
    spec = SPEC.format(data=hashlib.sha256(rows.encode()).hexdigest(), exam=hashlib.sha256(exam.encode()).hexdigest())
    code = {"model.yaml": spec, "data.py": DATA, "model.py": handmade.code(lines=SEES), "words.txt": "one\n"}
    for name, text in ({"data.csv": rows, "exam.csv": exam} | code).items():
        (folder / name).write_text(text)
    (folder / "weights.bin").write_bytes(b"weights" * 500)
    (team / ".gitignore").write_text("/candidates/\n")
    (team / ".gitattributes").write_text("* text=auto eol=lf\n*.bin filter=lfs -text\n")
    git(team, "init", "--quiet", ".")
    git(team, "lfs", "install", "--local")
    commit(team)
    root = tmp_path / "root"
    git(tmp_path, "-c", "filter.lfs.process=", "-c", "filter.lfs.smudge=", "clone", "--quiet", f"file://{team}", "root")
    for name in "data.csv", "exam.csv", "model.py":
        file = root / "models/tiny" / name
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    git(root, "update-index", "--assume-unchanged", "models/tiny/words.txt")
    (root / "models/tiny/words.txt").write_text("two\n")
    return root


def test_what_is_built_is_what_a_clone_has_and_there_is_nothing_to_commit(root: Path) -> None:
    assert git(root, "diff", "--stat") == ""
    said = verb(root, "build", "tiny")
    assert "models/tiny/model.py: lies here with other line ends than in a clone" in said
    assert "models/tiny/words.txt: lies here as Git is told not to see (assume-unchanged)" in said
    assert "next: `tox run -e publish -- tiny`\n" in said
    report = json.loads((root / "candidates/tiny/report.json").read_text("utf-8"))
    assert report["rows"] == {"train": 300, "holdout": 60, "shared": 20, "near": None}
    assert report["data"]["holdout"]["path"] == "exam.csv"
    assert "\n  300 rows to train with\n" in said
    assert "\n  300 rows to train with, 60 held out; 20 of these equal one to train with\n" in said
    assert (report["commit"], report["clean"]) == (git(root, "rev-parse", "HEAD").strip(), True)
    assert "published tiny@v0.1.0" in verb(root, "publish", "tiny")
