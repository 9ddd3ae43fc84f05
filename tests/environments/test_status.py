"""What status says of targets that are here, that are on another machine, and of withdrawn versions."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

import deploy
import forks
import promote
import publish
import pytest
import rich.table  # noqa: F401  what status imports late is here before the forks
import status
import withdraw
from registries import candidate, commit, template

from registry import console

NEXT = "next: `tox run -e deploy -- ENVIRONMENT` shows what would make it run what is pinned\n"
OWN = "runs_on: [self-hosted, serving]\n"


def say(root: Path, verb: ModuleType, *words: str, code: int = 0) -> str:
    found, said = forks.run(root, partial(console.run, verb.main), *words)
    assert (found, "Traceback" in said) == (code, False), said
    return said


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = template(tmp_path_factory.mktemp("status") / "root")
    candidate(root)
    say(root, publish, "digits")
    say(root, promote, "digits", "staging")
    commit(root)
    yield root


def target(root: Path, path: object, more: str = "") -> None:
    spec = root / "environments/staging.yaml"
    spec.write_text(more + spec.read_text().replace("path: deployments/staging", f"path: {path}"))


def row(said: str) -> str:
    (found,) = [line for line in said.splitlines() if line.startswith("digits ")]
    return " ".join(found.split())


def test_a_folder_of_this_clone_that_is_not_there_runs_nothing(root: Path) -> None:
    said = say(root, status)
    assert row(said) == "digits 1.0.0 1.0.0, runs nothing -"
    assert said.endswith(NEXT)


@pytest.mark.parametrize("path", ["/srv/not-here/models", "deployments/serving"])
def test_a_target_on_the_team_s_runner_is_told_by_what_is_pinned_and_where_it_runs(root: Path, path: str) -> None:
    target(root, path, OWN)
    said = say(root, status)
    assert row(said) == "digits 1.0.0 1.0.0 pinned -"
    assert said.endswith(f"staging runs on [self-hosted, serving], {root / path}; what runs is known there\n")
    assert "nothing" not in said


def test_a_path_that_is_not_on_this_machine_is_told_without_a_runner_too(root: Path) -> None:
    target(root, "/srv/not-here/models")
    said = say(root, status)
    assert row(said) == "digits 1.0.0 1.0.0 pinned -"
    assert said.endswith(
        "staging runs at /srv/not-here/models, which is not on this machine; what runs is known there\n"
    )


def test_on_the_serving_machine_itself_it_tells_what_runs(root: Path, tmp_path: Path) -> None:
    place = tmp_path / "models"
    target(root, place, OWN)
    place.mkdir()
    assert row(say(root, status)) == "digits 1.0.0 1.0.0, runs nothing -"
    say(root, deploy, "staging", "--apply")
    assert row(say(root, status)) == "digits 1.0.0 1.0.0 -"
    pin = root / "environments/staging/digits.yaml"
    good = pin.read_text()
    pin.write_text(f"version: 1.0.0\nsha256: {32 * 'ab'}\n")
    assert row(say(root, status)) == "digits 1.0.0 1.0.0 (not the bytes that were released), runs 1.0.0 (other bytes) -"
    pin.write_text(good)
    (place / "digits/1000000/saved_model.pb").write_text("another")
    assert row(say(root, status)) == "digits 1.0.0 1.0.0, runs 1.0.0 (damaged) -"


def test_a_model_whose_name_reads_like_a_verb_makes_nothing_due(root: Path) -> None:
    say(root, deploy, "staging", "--apply")
    shutil.copytree(root / "models/digits", root / "models/runs")
    assert NEXT not in say(root, status)


def test_withdrawn_versions_are_marked_wherever_they_are_pinned_run_or_newest(root: Path) -> None:
    say(root, withdraw, "digits", "1.0.0", "--reason", "bad")
    marked = "1.0.0 (withdrawn)"
    assert row(say(root, status)) == f"digits {marked} {marked}, runs nothing -"
    target(root, "/srv/not-here", OWN)
    assert row(say(root, status)) == f"digits {marked} {marked} pinned -"
