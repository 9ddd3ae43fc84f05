"""A process of a build that takes too much is ended, and the refusal says which, of what, and where its log is."""

import os
from pathlib import Path

import pytest

from registry.errors import RegistryError
from registry.learning import quota
from registry.learning.processes import Workers


def test_a_data_py_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "HOURS", 0)
    (tmp_path / "data.py").write_text("import time\n\ntime.sleep(60)\n")
    facts = {"task": "regression", "data": "", "holdout": 0.2, "folds": 0}
    examination = {"folder": str(tmp_path), "place": "models/digits"} | facts
    with Workers("models/digits", tmp_path) as workers, pytest.raises(RegistryError) as error:
        workers.run("rows", "rows-training", {"examination": examination, "part": "training", "output": ""})
    log = os.path.relpath(tmp_path / "rows-training.log")
    told = f"the process of rows-training took more than 0 hours; {log} holds what it printed"
    assert str(error.value) == f"models/digits/data.py: {told}"
