"""`batches` gives train() its rows some at a time: all of them, in their order, and anew each time."""

from pathlib import Path

import numpy as np
import pytest

from registry.artifacts import bulk
from registry.learning import training
from registry.learning.training import Task

MODEL = """\
import numpy as np


def train(features, labels=None, *, seed, batches):
    first, again = [*batches(7)], [*batches(7)]
    whole = [*named(features).items()] + [("labels", labels)] * (labels is not None)
    for batch in first, again:
        parts = [{**named(one), "labels": None} if labels is None else {**named(one[0]), "labels": one[1]} for one in batch]
        for name, known in whole:
            assert [*map(len, (part[name] for part in parts))] == [7, 7, 6]
            found = np.concatenate([part[name] for part in parts])
            assert found.dtype == known.dtype and (found == known).all()
            assert parts[0][name].flags.writeable or known.dtype == object
    return b""


def named(features):
    return features if isinstance(features, dict) else {"": features}
"""
NUMBERS = np.arange(60, dtype=np.float32).reshape(20, 3)
WORDS = np.array([f"word {9**row}" for row in range(20)])
FEATURES = {
    "numbers": NUMBERS, "text": WORDS, "objects": WORDS.astype(object), "several": {"row": NUMBERS, "word": WORDS},
}  # fmt: skip


@pytest.mark.parametrize("task", ["classification", "clustering"])
@pytest.mark.parametrize("features", FEATURES.values(), ids=FEATURES)
def test_all_rows_come_some_at_a_time(
    tmp_path: Path, features: np.ndarray | dict, task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BLOCK", 10)
    (tmp_path / "model.py").write_text(MODEL)
    given = Task(str(tmp_path), "models/tiny", task, "", {"seed": 7})
    code = training.prepare(given)
    mapped = bulk.rows(features, np.arange(20))
    training.fit(given, code, mapped, np.arange(20) % 3, training.station(code, None))
