"""Models that one build makes: each comes out as it would alone, though what judges them is imported once."""

import json
import shutil
from pathlib import Path

import handmade
import heaps
from registries import commit, git, verb

OWN = {"model", "name", "built", "fingerprint", "latency_ms"}


def test_what_judges_is_imported_once_and_says_the_same_of_the_same_model(tmp_path: Path) -> None:
    heaps.write(tmp_path, handmade.code(), spec=heaps.SPEC.replace("folds: 0", "folds: 2"))
    for name in "ab":
        shutil.copytree(tmp_path / "models/tiny", tmp_path / f"models/{name}")
    git(tmp_path, "init", "--quiet", ".")
    commit(tmp_path)
    verb(tmp_path, "build", "a", "b")
    logs = tmp_path / "candidates/.work"
    assert sorted(logs.glob("*/*-kept.log")) == [
        *(logs / f"a/{kind}-kept.log" for kind in ("judge", "train")), logs / "b/train-kept.log"
    ]  # fmt: skip
    first, last = (told(tmp_path / f"candidates/{name}/report.json") for name in "ab")
    assert first == last


def told(report: Path) -> dict:
    """Return a report but for what is of its model alone, and what is measured by the clock."""
    return json.loads(report.read_text(), object_hook=lambda found: {one: found[one] for one in found.keys() - OWN})
