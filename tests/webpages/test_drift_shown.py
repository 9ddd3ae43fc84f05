"""Where an environment's target lies on this machine the catalogue tells what runs there; elsewhere it says who knows."""

import re
import shutil
from pathlib import Path

import forks

from registry.deploying import holding
from registry.environments.reconcile import Hold


def words(root: Path, page: str) -> str:
    """Return the text of a page of the catalogue."""
    return " ".join(re.sub("<[^>]*>", " ", (root / f"catalogue/{page}.html").read_text("utf-8")).split())


def test_what_runs_is_told_of_targets_on_this_machine_alone(past: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(past, tmp_path / "root"))
    (root / "deployments/staging").mkdir(parents=True)
    forks.verb(root, "catalogue")
    assert "digits 2.0.0, runs nothing ; mileage 1.0.0, runs nothing ;" in words(root, "environments/staging")
    assert "drift digits in staging pins 2.0.0, runs nothing" in words(root, "index")
    known_there = "what really runs known on the serving machine alone: tox run -e status there"
    assert known_there in words(root, "environments/production")
    assert known_there not in words(root, "environments/staging")
    assert not re.search("drift [^ ]+ in production", words(root, "index"))


def test_what_is_held_is_told_first_and_why(past: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(past, tmp_path / "root"))
    sha256 = re.search("sha256: (.*)", (root / "environments/staging/digits.yaml").read_text())[1]
    hold = Hold("2.0.0", sha256, "its answers <differ>", 0)
    (root / "deployments/staging").mkdir(parents=True)
    holding.write(root / "deployments/staging/.holds.json", {"digits": hold})
    forks.verb(root, "catalogue")
    assert "held digits in staging pins 2.0.0 (held), runs nothing: its answers &lt;differ&gt;" in words(root, "index")
    assert "held digits 2.0.0 (held), runs nothing: its answers &lt;differ&gt; ; drift" in words(root, "environments/staging")
