"""A repository with one model, `tiny`, that is trained in a moment: it tells three heaps of points apart."""

import hashlib
from pathlib import Path

SPEC = """\
version: 0.1.0
description: Tells three heaps of points apart.
owners: [us]
task: classification
data:
  path: data.csv
  sha256: {sha256}
training:
  seed: 7
evaluation:
  folds: 0
  slices: [label]
thresholds:
  accuracy: {{min: 0.8}}
"""
DATA = """\
import numpy as np


def load(path):
    rows = np.loadtxt(path, delimiter=",", dtype=np.float32)
    return rows[:, :-1], rows[:, -1].astype(int)
"""


def points(count: int = 300, shift: float = 0) -> str:
    """Return the lines of so many points with their heap, of which 21 are different."""
    found = ([3 * (row % 3) + (row * place) % 7 / 3 + shift for place in (3, 5, 11, 13)] for row in range(count))
    return "".join(f"{','.join(f'{value:.3f}' for value in point)},{row % 3}\n" for row, point in enumerate(found))


def write(root: Path, model: str, data: str = DATA, rows: str | None = None, spec: str = SPEC) -> None:
    """Write the model's folder, with the code of model.py, and what Git is to ignore."""
    folder, rows = root / "models/tiny", rows or points()
    folder.mkdir(parents=True)
    (folder / "data.csv").write_text(rows)
    (folder / "model.yaml").write_text(spec.format(sha256=hashlib.sha256(rows.encode()).hexdigest()))
    (folder / "data.py").write_text(data)
    (folder / "model.py").write_text(model)
    (root / ".gitignore").write_text("/candidates/\n__pycache__/\n")
