"""The whole loop through the verbs, with a real model on real data, in a repository of its own."""

import json
from pathlib import Path

import forks
import handbook
import handmade
import heaps
import pytest
import registries
from registries import commit, git, verb


def edit(root: Path, place: str, old: str, new: str) -> None:
    path = root / place
    assert old in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")


def report(root: Path, model: str = "digits") -> dict:
    return json.loads((root / f"candidates/{model}/report.json").read_text("utf-8"))


def serves(root: Path, environment: str) -> list[str]:
    return sorted(one.name for one in (root / "deployments" / environment / "digits").iterdir() if one.is_dir())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with README's model, which trains and is asked a little less here, and without folds."""
    if "README.md" not in handbook.names():
        pytest.skip("README.md is a team's own")
    made = registries.template(tmp_path / "répository with spaces")
    handbook.write("README.md", made)
    edit(made, "models/digits/model.yaml", "folds: 5", "folds: 0")
    edit(made, "models/digits/model.yaml", "epochs: 5", "epochs: 3")
    edit(made, "models/digits/model.yaml", "recall: {min: 0.80", "recall: {min: 0.60")
    commit(made)
    return made


def test_a_spec_becomes_a_version_that_runs_and_can_be_rolled_back(root: Path) -> None:
    assert "digits 1.0.0: has no release yet" in forks.verb(root, "changed")
    verb(root, "build", "digits")
    first = report(root)
    assert first["verdict"] == "pass"
    assert first["metrics"]["accuracy"] >= 0.9
    assert first["lite"]["included"]
    assert "published digits@v1.0.0" in forks.verb(root, "publish", "digits")
    assert "nothing to do" in forks.verb(root, "publish", "digits")
    assert "every model is released as it is" in forks.verb(root, "changed")

    refused = forks.verb(root, "promote", "digits", "production", code=1)
    assert "staging runs no version of digits; promote it there first" in refused
    for environment in ("staging", "production"):
        forks.verb(root, "promote", "digits", environment)
        commit(root)
        assert "Nothing was touched: run with --apply." in forks.verb(root, "deploy", environment)
        forks.verb(root, "deploy", environment, "--apply")
        assert serves(root, environment) == ["1000000"]

    edit(root, "models/digits/model.yaml", "epochs: 3", "epochs: 4")
    assert (
        "models/digits/model.yaml:2: version: training.epochs changed since digits@v1.0.0,"
        " so version must rise: 1.0.1, 1.1.0 or 2.0.0" in forks.verb(root, "validate", code=1)
    )
    edit(root, "models/digits/model.yaml", "version: 1.0.0", "version: 1.1.0")
    edit(root, "models/digits/model.yaml", "seed: 7", "seed: 8")
    verb(root, "build", "digits")
    incumbent = report(root)["incumbent"]
    assert incumbent["metrics"]["accuracy"] == first["metrics"]["accuracy"]
    assert incumbent["rows"] == first["rows"]["holdout"] == 978, (
        "the rows held out are those that it was not trained on"
    )
    assert "commit your changes" in forks.verb(root, "publish", "digits", code=1)
    commit(root)
    forks.verb(root, "publish", "digits")
    for environment in ("staging", "production"):
        forks.verb(root, "promote", "digits", environment)
        commit(root)
        forks.verb(root, "deploy", environment, "--apply")
        assert serves(root, environment) == ["1001000"]

    git(root, "revert", "--no-edit", "HEAD")
    forks.verb(root, "deploy", "production", "--apply")
    assert serves(root, "production") == ["1000000"]
    forks.verb(root, "promote", "digits", "production", "--version", "1.1.0")
    forks.verb(root, "withdraw", "digits", "1.1.0", "--reason", "too eager")
    git(root, "checkout", "--quiet", "environments")
    refused = forks.verb(root, "promote", "digits", "production", "--version", "1.1.0", code=1)
    assert "digits@v1.1.0 is withdrawn: too eager; choose another version" in refused


def test_a_model_under_its_threshold_is_never_published(tmp_path: Path) -> None:
    root = tmp_path
    spec = f"{heaps.SPEC}  recall: {{{{min: 0.8}}}}\n"
    heaps.write(root, handmade.code(lines="known = known[::-1]"), spec=spec)
    git(root, "init", "--quiet", ".")
    commit(root)
    said = verb(root, "build", "tiny", code=1)
    spec = (root / "models/tiny/model.yaml").read_text("utf-8").splitlines()
    (line,) = [place for place, text in enumerate(spec, 1) if text.startswith("  accuracy: ")]
    assert f"models/tiny/model.yaml:{line}: thresholds.accuracy.min: accuracy is" in said
    assert report(root, "tiny")["verdict"] == "fail"
    refused = verb(root, "publish", "tiny", code=1)
    problems = [line for line in said.splitlines(keepends=True) if line.startswith(("models/", "2 problems"))]
    assert refused == "".join(problems)
    assert git(root, "tag") == ""
