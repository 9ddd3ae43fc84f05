"""What training hands over, on the judge's machine: it is data, and judged only where it is what the spec asks for."""

import json
from dataclasses import asdict
from pathlib import Path

import forks
import pytest
from registries import template

from registry.artifacts import archive
from registry.specs import models

ADVICE = "train it with `tox run -e build -- --train digits`"
PLACE = "candidates/.trained/digits.json"
SCORES = {"accuracy": 0.9, "recall": 0.8}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return template(tmp_path_factory.mktemp("judge") / "root")


def handed_over(root: Path, **changed: object) -> None:
    (model,) = models.load(root, ["digits"])
    tar = (root / PLACE).with_suffix(".tar")
    tar.parent.mkdir(parents=True, exist_ok=True)
    tar.write_bytes(b"0")
    facts = {
        "model": "digits", "fingerprint": model.fingerprint, "split_sha256": "0" * 64, "weights_sha256": "0" * 64,
        "artifact": asdict(archive.describe(tar)), "tools": {"python": "3.11.7"},
        "trained_on": {"devices": [], "workers": 1, "resumed": False},
        "lite": "r", "folds": [SCORES] * model.section("evaluation")["folds"],
    }  # fmt: skip
    (root / PLACE).write_text(json.dumps(facts | changed), "utf-8")


def said(root: Path) -> str:
    return forks.verb(root, "build", "--assess", "digits", code=1).removeprefix(
        "digits 1.0.0: Reads handwritten digits from 28×28 grey images.\n"
    )


def test_nothing_is_judged_that_was_not_trained(root: Path) -> None:
    (root / PLACE).unlink(missing_ok=True)
    assert said(root) == f"{PLACE}: is not there; {ADVICE}\n1 problem\n"


ODD = {
    "another fingerprint": (
        {"fingerprint": "1" * 64}, f"{PLACE}: was trained from other code, data or settings than models/digits holds"),
    "another model's": ({"model": "letters"}, f"{PLACE}: is about letters"),
    "too few folds": ({"folds": [SCORES]}, f"{PLACE}: was not cross-validated as models/digits/model.yaml asks"),
    "folds that tell other metrics": (
        {"folds": [SCORES] * 4 + [{"accuracy": 0.9}]},
        f"{PLACE}: was not cross-validated as models/digits/model.yaml asks"),
    "a path for its file": (
        {"artifact": {"name": "../../etc/passwd", "size": 1, "sha256": "0" * 64}},
        PLACE + ': is damaged (artifact.name "../../etc/passwd" is not possible here)'),
    "a verdict": ({"verdict": "pass"}, f"{PLACE}: is damaged (verdict is not a field here)"),
    "metrics": ({"metrics": SCORES}, f"{PLACE}: is damaged (metrics is not a field here)"),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD)
def test_what_is_not_what_the_spec_asks_for_is_not_judged(root: Path, case: str) -> None:
    changed, reason = ODD[case]
    handed_over(root, **changed)
    assert said(root) == f"{reason}; {ADVICE}\n1 problem\n"


def test_what_comes_without_a_model_is_not_judged(root: Path) -> None:
    handed_over(root)
    (root / PLACE).with_suffix(".tar").unlink()
    assert said(root) == f"candidates/.trained/digits.tar: is not there; {ADVICE}\n1 problem\n"


def test_what_was_damaged_on_the_way_is_not_judged(root: Path) -> None:
    handed_over(root)
    (root / PLACE).with_suffix(".tar").write_bytes(b"1")
    assert (
        said(root)
        == f"candidates/.trained/digits.tar: is not what digits.json beside it tells of; {ADVICE}\n1 problem\n"
    )


def test_what_is_no_document_is_not_judged(root: Path) -> None:
    handed_over(root)
    (root / PLACE).write_bytes(b"[" * 200_000)
    assert said(root).startswith(f"{PLACE}: is not JSON (")
