"""The whole loop through the verbs, with a real model on real data, in a repository of its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IDENTITY = {
    "GIT_AUTHOR_NAME": "someone", "GIT_AUTHOR_EMAIL": "someone@example.org",
    "GIT_COMMITTER_NAME": "someone", "GIT_COMMITTER_EMAIL": "someone@example.org",
}  # fmt: skip


class Repository:
    def __init__(self, path: Path) -> None:
        self.path = path
        for name in ("models", "environments", "scripts"):
            shutil.copytree(ROOT / name, path / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / ".gitignore", path)
        self.edit("models/digits/model.yaml", "folds: 5", "folds: 0")
        self.edit("models/digits/model.yaml", "epochs: 5", "epochs: 3")
        self.git("init", "--quiet", ".")
        self.commit("start")

    def git(self, *words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=self.path, env=os.environ | IDENTITY, check=True, capture_output=True, text=True
        ).stdout

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def edit(self, place: str, old: str, new: str) -> None:
        path = self.path / place
        assert old in path.read_text("utf-8")
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")

    def verb(self, name: str, *words: str, code: int = 0) -> str:
        command = [sys.executable, str(self.path / "scripts" / f"{name}.py"), *words]
        done = subprocess.run(command, cwd=self.path, env=os.environ | IDENTITY, capture_output=True, text=True)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def report(self) -> dict:
        return json.loads((self.path / "candidates/digits/report.json").read_text("utf-8"))

    def serves(self, environment: str) -> list[str]:
        folder = self.path / "deployments" / environment / "digits"
        return sorted(one.name for one in folder.iterdir() if one.is_dir())


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "répository with spaces")


def test_a_spec_becomes_a_version_that_runs_and_can_be_rolled_back(repository: Repository) -> None:
    assert "digits 1.0.0: has no release yet" in repository.verb("changed")
    repository.verb("build", "digits")
    first = repository.report()
    assert first["verdict"] == "pass"
    assert first["metrics"]["accuracy"] >= 0.9
    assert first["lite"]["included"]
    assert "published digits@v1.0.0" in repository.verb("publish", "digits")
    assert "nothing to do" in repository.verb("publish", "digits")
    assert "every model is released as it is" in repository.verb("changed")

    refused = repository.verb("promote", "digits", "production", code=1)
    assert "staging runs no version of digits; promote it there first" in refused
    for environment in ("staging", "production"):
        repository.verb("promote", "digits", environment)
        repository.commit(f"promote to {environment}")
        assert "Nothing was touched: run with --apply." in repository.verb("deploy", environment)
        repository.verb("deploy", environment, "--apply")
        assert repository.serves(environment) == ["1000000"]

    repository.verb("build", "digits")
    assert repository.report()["weights_sha256"] == first["weights_sha256"]

    repository.edit("models/digits/model.yaml", "epochs: 3", "epochs: 4")
    assert (
        "models/digits/model.yaml:2: version: training.epochs changed since digits@v1.0.0,"
        " so version must rise: 1.0.1, 1.1.0 or 2.0.0" in repository.verb("validate", code=1)
    )
    repository.edit("models/digits/model.yaml", "version: 1.0.0", "version: 1.1.0")
    repository.verb("build", "digits")
    assert repository.report()["incumbent"]["metrics"]["accuracy"] == first["metrics"]["accuracy"]
    assert "commit your changes" in repository.verb("publish", "digits", code=1)
    repository.commit("train longer")
    repository.verb("publish", "digits")
    for environment in ("staging", "production"):
        repository.verb("promote", "digits", environment)
        repository.commit(f"promote to {environment}")
        repository.verb("deploy", environment, "--apply")
        assert repository.serves(environment) == ["1001000"]

    repository.git("revert", "--no-edit", "HEAD")
    repository.verb("deploy", "production", "--apply")
    assert repository.serves("production") == ["1000000"]
    repository.verb("promote", "digits", "production", "--version", "1.1.0")
    repository.verb("withdraw", "digits", "1.1.0", "--reason", "too eager")
    repository.git("checkout", "--quiet", "environments")
    refused = repository.verb("promote", "digits", "production", "--version", "1.1.0", code=1)
    assert "digits@v1.1.0 is withdrawn: too eager; choose another version" in refused


def test_a_model_under_its_threshold_is_never_published(repository: Repository) -> None:
    repository.edit("models/digits/model.yaml", "epochs: 3", "epochs: 1")
    repository.edit("models/digits/model.yaml", "learning_rate: 0.001", "learning_rate: 0.0000001")
    said = repository.verb("build", "digits", code=1)
    assert "models/digits/model.yaml:24: thresholds.accuracy.min: accuracy is" in said
    assert repository.report()["verdict"] == "fail"
    refused = repository.verb("publish", "digits", code=1)
    assert refused == "".join(line for line in said.splitlines(keepends=True) if line.startswith(("models/", "2 problems")))
    assert repository.git("tag") == ""


FAULTS = {
    "raises": ("    return model\n", "    raise ValueError('no luck')\n", "model.py:30: train: ValueError: no luck"),
    "returns nothing": ("    return model\n", "", "model.py:14: train: returned nothing; return a keras.Model"),
    "exits": ("    return model\n", "    raise SystemExit(3)\n", "model.py:30: train: SystemExit: 3"),
    "has too few outputs": (
        'layers.Dense(10, activation="softmax")',
        'layers.Dense(12, activation="relu")',
        "train: returned a model that gives outputs that don't add up to 1; end it with softmax",
    ),
    "loads NaN": (
        "/ np.float32(255), rows[:, -1]",
        "/ np.float32(0), rows[:, -1]",
        "values that are NaN or infinite; clean them in load()",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_model_py_is_told_at_its_line_and_leaves_no_candidate(repository: Repository, fault: str) -> None:
    old, new, message = FAULTS[fault]
    repository.edit("models/digits/model.py", old, new)
    repository.edit("models/digits/model.yaml", "epochs: 3", "epochs: 1")
    said = repository.verb("build", "digits", code=1)
    assert message in said
    assert "1 problem" in said
    assert not (repository.path / "candidates/digits").exists()
