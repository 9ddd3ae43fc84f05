"""The incumbent, scored on the candidate's rows; one that can't be is no reason to pass."""

from dataclasses import asdict, replace
from pathlib import Path

import handmade
import mistakes
import pytest
from tinymodels import GOOD_LOAD, ROWS, Tiny, tiny

from registry.artifacts import archive
from registry.artifacts.archive import Artifact
from registry.judging import verdicts

THRESHOLDS = {"accuracy": {"max_drop": 0.3}}
ALL = THRESHOLDS | {"latency_ms": {"max": 5000, "max_drop": 50}, "size_mb": {"max": 10}}


Trained = tuple[Tiny, Artifact]


def trained(folder: Path, load: str = GOOD_LOAD) -> Trained:
    model = tiny(folder, load, handmade.code("seed, epochs"), head="")
    model.train()
    return model, archive.describe(folder / "trained.tar")


def signature(one: dict) -> dict:
    return {name: one[name] for name in ("inputs", "outputs")}


def assess(candidate: Trained, tar: Path, artifact: Artifact) -> dict:
    model = replace(candidate[0], asked=candidate[0].asked | {"thresholds": ALL})
    return model.assess({"version": "1.0.0", "tar": str(tar), "artifact": asdict(artifact)})


def verdict(assessed: dict, version: str = "1.1.0") -> str:
    report = assessed | {"rows": {"holdout": 32}, "version": version}
    found = verdicts.judge(report, THRESHOLDS, "classification")
    return verdicts.overall([one for one in found if one.place[:2] == ("thresholds", "accuracy")])


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return trained(tmp_path_factory.mktemp("models") / "tiny")


def test_the_same_version_again_has_the_same_metrics(candidate: Trained) -> None:
    found, artifact = candidate
    assessed = assess(candidate, found.folder / "trained.tar", artifact)
    found = dict(assessed["incumbent"])
    evidence = found.pop("evidence")
    theirs = assessed["metrics"] | {name: found["metrics"][name] for name in ("latency_ms", "size_mb")}
    told = signature(assessed) | {"rows": None, "candidate": assessed["metrics"]}
    assert found == {"version": "1.0.0", "metrics": theirs, "reason": None} | told
    assert evidence["accuracy"] == {"kind": "paired", "better": 0, "worse": 0, "rows": 32}
    assert evidence["log_loss"] == evidence["size_mb"] == {"kind": "exact"}
    assert (evidence["latency_ms"]["kind"], evidence["latency_ms"]["rows"]) == ("resampled", 200)
    assert assessed["proof"] == {"refused": 4, "reason": None}
    assert assessed["operating"].keys() == {"accuracy", "latency_ms"}
    assert assessed["baseline"]["evidence"].keys() == evidence.keys() - {"latency_ms", "size_mb"}
    assert assessed["slices"][1]["incumbent"]["evidence"]["recall"]["kind"] == "paired"
    assert len(assessed["calibration"]["bins"]) > 1 and assessed["residuals"] is None
    report = assessed | {"rows": {"holdout": 32}, "version": "1.1.0"}
    found = verdicts.judge(report, ALL, "classification")
    assert [one.verdict for one in found if len(one.place) > 2] == ["pass"] * 4


def test_one_that_is_missing_or_damaged_leaves_the_verdict_open(candidate: Trained, tmp_path: Path) -> None:
    found, artifact = candidate
    (tmp_path / "damaged.tar").write_bytes(mistakes.damaged((found.folder / "trained.tar").read_bytes()))
    for name, reason in {"missing.tar": "No such file", "damaged.tar": "has the digest"}.items():
        assessed = assess(candidate, tmp_path / name, artifact)
        assert [assessed["incumbent"][name] for name in ("metrics", "inputs", "outputs")] == [None] * 3
        assert reason in assessed["incumbent"]["reason"]
        assert verdict(assessed) == verdict(assessed, "2.0.0") == "cannot tell"


OTHERS = {
    "takes other inputs": (
        ROWS.format("return rows[:, :2], labels"),
        "input row takes (None, 2), but load() returns (32, 4)",
    ),
    "knows fewer classes": (
        ROWS.format("return rows, labels // 2"),
        "gives outputs of shape (32, 2); 3 classes need (32, 3)",
    ),
}


@pytest.mark.parametrize("other", OTHERS)
def test_one_that_answers_another_question_leaves_the_verdict_open_but_for_a_new_major(
    candidate: Trained, tmp_path: Path, other: str
) -> None:
    load, reason = OTHERS[other]
    incumbent, artifact = trained(tmp_path / "tiny", load)
    assessed = assess(candidate, tmp_path / "tiny/trained.tar", artifact)
    told = {"version": "1.0.0", "metrics": None, "reason": reason}
    assert assessed["incumbent"] == told | signature(incumbent.assess())
    assert signature(assessed["incumbent"]) != signature(assessed)
    assert verdict(assessed) == "cannot tell"
    assert verdict(assessed, "2.0.0") == "pass"
