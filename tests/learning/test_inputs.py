"""Files beside the rows, from the spec to the arguments of load() and train()."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from mistakes import replace, said
from registries import template

from registry.errors import RegistryError
from registry.exports.modelcode import ModelCode
from registry.learning import briefing, training
from registry.learning.training import Task
from registry.pulls import examination
from registry.specs import models
from registry.specs.models import Model
from registry.workers.processes import Workers

WORDS = b"yes\nno\n"
SHA256 = hashlib.sha256(WORDS).hexdigest()
DATA = """\
import numpy as np


def load(path, words, scale=2):
    assert scale == 2
    print("words:", words.name, words.read_text().split())
    rows = np.arange(200).reshape(100, 2)
    return rows, (rows[:, 0] % 4 > 1) * 1
"""
HEAD = "def train(features, labels, *, seed: int, epochs: int, batch_size: int, learning_rate: float, words):\n    "
PATH = f"inputs: {{words: {{path: words.txt, sha256: {SHA256}}}}}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = template(tmp_path / "root")
    (root / "models/digits/words.txt").write_bytes(WORDS)
    (root / "models/digits/rows.csv").write_bytes(b"rows")
    rows = f"data:\n  path: rows.csv\n  sha256: {hashlib.sha256(b'rows').hexdigest()}\n"
    spec = root / "models/digits/model.yaml"
    before, _, after = spec.read_text("utf-8").partition("data:\n")
    spec.write_text(f"{before}{rows}\n{PATH}{after[after.index(chr(10) * 2) :]}", "utf-8")
    (root / "models/digits/data.py").write_text(DATA)
    (root / "models/digits/model.py").write_text(f"{HEAD}raise ValueError(f'{{words.name}} {{words.read_text()}}')\n")
    return root


def load(root: Path) -> Model:
    (model,) = models.load(root, ["digits"])
    return model


def test_each_is_handed_to_whatever_takes_it_by_its_name(root: Path, tmp_path: Path) -> None:
    model, rows = load(root), root / "models/digits/rows.csv"
    assert model.contents.code.keys() == {"data.py", "model.py"}  # its digest is in the spec
    examined = briefing.examination(model, tmp_path / "data", rows) | {"task": "classification"}
    briefing.put_code(model, tmp_path / "data", "data.py")
    with Workers(model.place, tmp_path / "work") as workers:
        workers.run("rows", "rows", {"examination": examined, "part": "training", "output": str(tmp_path / "part")})
        assert "words: words.txt ['yes', 'no']\n" in workers.log("rows").read_text()
    briefing.put_code(model, tmp_path / "model", "model.py")
    task = Task(**briefing.task(model, tmp_path / "model", tmp_path / "part"))
    code = ModelCode(tmp_path / "model", model.place)
    with pytest.raises(RegistryError) as error:
        training.fit(task, code, np.zeros((2, 2)), np.zeros(2), training.station(code, None, alone=True))
    assert str(error.value) == "models/digits/model.py:2: train: ValueError: words.txt yes no"
    near = [path.name for path in Path(task.inputs["words"]).parents[1].rglob("*")]
    assert sorted(near) == ["words", "words.txt"]  # and no rows


def test_they_are_part_of_the_recipe_and_of_the_examination(root: Path) -> None:
    before = load(root)
    told = [examination.sections(before.spec | {"inputs": {}}, before.spec), examination.sections(None, before.spec)]
    assert told == [["inputs"], ["task", "data", "inputs", "evaluation", "thresholds"]]
    (root / "models/digits/words.txt").write_bytes(b"no\n")
    other = hashlib.sha256(b"no\n").hexdigest()
    wrong = f"words.txt has the digest {other}, not {SHA256}; if the file is right, write its digest here"
    (line,) = [number for number, one in enumerate((root / "models/digits/model.yaml").read_text().split("\n"), 1)
               if one.startswith("inputs")]  # fmt: skip
    assert said(root) == [f"models/digits/model.yaml:{line}: inputs.words.sha256: {wrong}"]
    with pytest.raises(RegistryError) as error:
        briefing.inputs(before, "load")
    assert str(error.value) == said(root)[0]
    replace(root, "models/digits/model.yaml", SHA256, other)
    assert load(root).fingerprint != before.fingerprint


def test_what_load_takes_and_no_input_is_is_told(root: Path) -> None:
    replace(root, "models/digits/data.py", "words, scale=2", "words, scale, *, unit='m'")
    told = "takes scale, which the spec has not among its inputs; name it there, or give it a default"
    assert said(root) == [f"models/digits/data.py:4: load: {told}"]
    replace(root, "models/digits/model.py", ", words", ", words, more")
    train = "is missing, and train() in model.py has no default for it; it accepts batch_size, epochs, learning_rate,"
    assert f"training.more: {train} more, seed, words" in said(root)[1]
