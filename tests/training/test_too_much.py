"""A process of a build that takes too much is ended, and the refusal says which, of what, and where its log is."""

import os
from pathlib import Path

import pytest

from registry.errors import RegistryError
from registry.workers import quota
from registry.workers.processes import Workers


def refused(folder: Path, line: str) -> str:
    """Return what is said of a data.py that does this and nothing else."""
    (folder / "data.py").write_text(f"import os\nimport time\n\n{line}\n")
    facts = {"task": "regression", "data": "", "holdout": 0.2, "folds": 0}
    examination = {"folder": str(folder), "place": "models/digits"} | facts
    with Workers("models/digits", folder) as workers, pytest.raises(RegistryError) as error:
        workers.run("rows", "rows-training", {"examination": examination, "part": "training", "output": ""})
    return str(error.value)


def told(folder: Path, what: str) -> str:
    log = os.path.relpath(folder / "rows-training.log")
    return f"models/digits/data.py: the process of rows-training {what}; {log} holds what it printed"


def test_a_data_py_that_never_ends_is_ended_with_its_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "HOURS", 0)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert refused(tmp_path, "time.sleep(60)") == told(tmp_path, "was not done when the 0 hours of this job were over")


def test_one_that_the_machine_ended_is_told_by_the_signal(tmp_path: Path) -> None:
    said = refused(tmp_path, "os.kill(0, 9)")
    assert said == told(tmp_path, "was killed by signal 9 (out of memory?)")
