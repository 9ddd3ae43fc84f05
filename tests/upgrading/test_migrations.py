"""Models of an older shape are put into this one's: load() apart from train(), and versions that rise where they must."""

from pathlib import Path

import forks
import pytest
from registries import commit, git, template

from registry.releases import ledger
from registry.releases.ledger import Release
from registry.upgrading import dividing, migrations

OLD = '''"""Two things in one file."""

from __future__ import annotations

import csv
import keras
import numpy as np
import tensorflow_text  # registers what the model needs

COLUMN = 3  # of the label
EPOCHS = 5


# every row, as it lies there
@staticmethod
def load(path):
    return _read(np.loadtxt(path), COLUMN)


def _read(rows, column):
    return rows[:, :column], rows[:, column]


def train(features, labels, *, seed):
    """Return it."""
    features[0] = keras.Model.size = EPOCHS
    return keras.Model(EPOCHS, np.zeros(3))
# the end
'''
DATA = """from __future__ import annotations
import numpy as np

COLUMN = 3  # of the label


# every row, as it lies there
@staticmethod
def load(path):
    return _read(np.loadtxt(path), COLUMN)


def _read(rows, column):
    return rows[:, :column], rows[:, column]
"""
MODEL = '''"""Two things in one file."""

from __future__ import annotations

import csv
import keras
import numpy as np
import tensorflow_text  # registers what the model needs
EPOCHS = 5


def train(features, labels, *, seed):
    """Return it."""
    features[0] = keras.Model.size = EPOCHS
    return keras.Model(EPOCHS, np.zeros(3))
# the end
'''


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_load_leaves_with_what_it_needs_and_comments_stay(end: str) -> None:
    old, data, model = (
        one.replace("rows, column", "rows,\x0c column").replace("\n", end) for one in (OLD, DATA, MODEL)
    )
    assert dividing.divide(old) == (data, model)


@pytest.mark.parametrize("source", [
    "def train(f, l, *, seed): ...\n", "def load(path): ...\n", "def load(\n", "",
    "N = 3\ndef load(path): return N\ndef train(f, l, *, seed): return N\n",
    "def load(path): ...\nprint(1)\ndef train(f, l, *, seed): ...\n",
    "def load(path): ...\nif 1:\n    def train(f, l, *, seed): ...\n",
    "from numpy import *\ndef load(path): return loadtxt(path)\ndef train(f, l, *, seed): ...\n",
    "import os\nos.environ['N'] = '3'\ndef load(path): return os.environ['N']\ndef train(f, l, *, seed): ...\n",
    "def load(path): return train\ndef train(f, l, *, seed): ...\n",
    "N = 1; M = 2\ndef load(path): return N\ndef train(f, l, *, seed): return M\n",
])  # fmt: skip
def test_what_only_a_person_can_part_is_left_alone(source: str) -> None:
    assert dividing.divide(source) is None


def test_what_was_stopped_between_both_files_is_finished_and_a_data_file_of_another_kind_stays() -> None:
    old = {"model.yaml": "", "model.py": OLD}
    data, model = steps = migrations.steps({"models/digits": old})
    assert (data.text, model.text) == (DATA, MODEL)
    assert migrations.steps({"models/digits": old | {"data.py": data.text}}) == steps
    assert migrations.steps({"models/digits": old | {"data.py": data.text, "model.py": model.text}}) == []
    assert migrations.steps({"models/digits": old | {"data.py": "COLUMN = 3\n"}}) == []


def test_migrate_writes_the_newer_shape_and_raises_versions(tmp_path: Path) -> None:
    root = template(tmp_path / "root")
    spec, place = root / "models/digits/model.yaml", root / "models/digits"
    whole = spec.read_text()
    assert forks.verb(root, "migrate") == "every model has this version's shape; nothing to migrate\n"
    release(root, "1.0.0")
    assert forks.verb(root, "migrate").splitlines()[0] == (
        "models/digits/model.yaml: version 1.0.0 → 1.0.1: how a recipe is counted changed since digits@v1.0.0"
    )
    assert spec.read_text() == whole.replace("version: 1.0.0", "version: 1.0.1")
    (place / "model.py").write_text((place / "data.py").read_text() + "\n\n" + (place / "model.py").read_text())
    (place / "data.py").unlink()
    (root / "models/odd").mkdir()
    (root / "models/odd/model.py").write_text(OLD)
    (root / "models/latin").mkdir()
    (root / "models/latin/model.yaml").touch()
    (root / "models/latin/model.py").write_text(f"# coding: latin-1\n# é\n{OLD}", "latin-1")
    commit(root)
    release(root, "1.0.1")
    git(root, "tag", "--annotate", "--message", "by hand", "digits@v1.0.2")
    assert ledger.latest(root, "digits")[1] == {"1.0.2"}
    assert forks.verb(root, "migrate").splitlines() == [
        "models/digits/data.py: load() has a file of its own, with what it needs",
        "models/digits/model.py: load() went to data.py",
        "models/digits/model.yaml: version 1.0.1 → 1.0.3: data.py, model.py changed since digits@v1.0.1",
        "next: `git diff`, then `tox run -e validate`, and commit models/digits/data.py models/digits/model.py "
        "models/digits/model.yaml",
    ]
    assert spec.read_text() == whole.replace("version: 1.0.0", "version: 1.0.3")
    assert not [path for path in root.glob("models/*/data.py") if path.parent.name != "digits"]
    assert forks.verb(root, "migrate") == "every model has this version's shape; nothing to migrate\n"


def release(root: Path, version: str) -> None:
    """Put the tag of a release of digits there, of a fingerprint that no recipe has."""
    commit = git(root, "rev-parse", "HEAD").strip()
    facts = Release("digits", version, commit, "f" * 64, "0" * 64, 1, "pass", {"accuracy": 0.9}, "litert")
    git(root, "tag", "--annotate", "--message", ledger.tag_message(facts, "digits", "d"), facts.tag)
