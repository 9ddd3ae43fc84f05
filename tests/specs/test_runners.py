"""Which runners a spec and an environment may name."""

from pathlib import Path

import pytest
from forks import verb
from registries import template

from registry.environments import manifests
from registry.specs import models


def write(file: Path, text: str) -> None:
    file.write_text(text + file.read_text("utf-8"), "utf-8")


def test_a_model_is_trained_on_the_default_runner_unless_it_names_one(tmp_path: Path) -> None:
    root = template(tmp_path)
    (before,) = models.load(root, ["digits"])
    write(root / "models/digits/model.yaml", "runs_on: ubuntu-24.04-arm\n")
    (after,) = models.load(root, ["digits"])
    assert (before.runs_on, after.runs_on) == ("ubuntu-latest", "ubuntu-24.04-arm")
    assert before.fingerprint == after.fingerprint


@pytest.mark.parametrize(
    ("label", "said"),
    [
        (
            "ubuntu-24.04-amr",
            "ubuntu-24.04-amr is no hosted runner, and .github/runners.yaml on main does not list it;"
            " did you mean ubuntu-24.04-arm?",
        ),
        (
            "self-hosted",
            "self-hosted means any runner of your own; write a list that names one: [self-hosted, gpu]",
        ),
        ("[gpu]", "is a list, which names a runner of your own; write self-hosted first"),
    ],
)
def test_a_build_runs_on_hosted_runners_and_on_those_that_main_lists(tmp_path: Path, label: str, said: str) -> None:
    root = template(tmp_path)
    write(root / "models/digits/model.yaml", f"runs_on: {label}\n")
    assert verb(root, "validate", code=1) == f"models/digits/model.yaml:1: runs_on: {said}\n1 problem\n"


@pytest.mark.parametrize(
    ("text", "value"), [("macos-latest", "macos-latest"), ("[self-hosted, gpu]", ["self-hosted", "gpu"])]
)
def test_a_deploy_runs_on_a_hosted_runner_or_on_one_of_the_team(tmp_path: Path, text: str, value: str | list) -> None:
    root = template(tmp_path)
    write(root / "environments/staging.yaml", f"runs_on: {text}\n")
    assert manifests.find(root, "staging").runs_on == value
    assert manifests.find(root, "production").runs_on == "ubuntu-latest"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[serving]", "is a list, which names a runner of your own; write self-hosted first"),
        ("self-hosted", "self-hosted means any runner of your own;"
                        " write a list that names one: [self-hosted, serving]"),
        ("ubuntu-lates", "ubuntu-lates is no hosted runner; did you mean ubuntu-latest?"
                         " (a runner of your own is a list: [self-hosted, ubuntu-lates])"),
    ],
)  # fmt: skip
def test_a_deploy_on_no_known_runner_is_refused(tmp_path: Path, text: str, said: str) -> None:
    root = template(tmp_path)
    write(root / "environments/staging.yaml", f"runs_on: {text}\n")
    assert verb(root, "validate", code=1) == f"environments/staging.yaml:1: runs_on: {said}\n1 problem\n"
