"""A report that is not of the spec in the pull request's last commit: what differs is told in its verdict's place."""

from pathlib import Path

import pytest
import samples
import teams
from hub import Hub
from hub.caller import Caller
from registries import commit, git
from telling import comment, reports, run_of, specified

CLAIMS = {
    "another version": (samples.report(version="7.7.7"), "version 7.7.7"),
    "thresholds of its own": (
        samples.report(thresholds={"accuracy": {"min": 0.1}}, metrics={"accuracy": 0.2}), "thresholds"),
    "one threshold less": (samples.report(thresholds={"accuracy": {"min": 0.9, "max_drop": 0.01}}),
                           "thresholds"),
    "another task": (samples.report(task="regression"), "the task regression"),
    "all of these": (
        samples.report(version="7.7.7", task="regression", thresholds={"mae": {"max": 9}}, metrics={"mae": 1.0}),
        "version 7.7.7, the task regression and thresholds"),
}  # fmt: skip


def told(root: Path, hub: Hub, pull: dict, claimed: dict, **facts: object) -> str:
    reports(root, hub, run_of(hub, pull, claimed, **facts))
    said = comment(hub).replace("\\", "")
    assert said.startswith("> [!CAUTION]\n> **1 job failed")
    assert f"{claimed['version']}: pass" not in said
    return said


@pytest.mark.parametrize("case", CLAIMS)
def test_a_claim_is_told_in_place_of_its_verdict(root: Path, hub: Hub, case: str) -> None:
    specified(root, hub, samples.report())
    claimed, words = CLAIMS[case]
    assert claimed["verdict"] == "pass"
    said = told(root, hub, teams.pull(root, hub), claimed)
    unlike = "unlike those of models/digits/model.yaml in the last commit"
    advice = "bring the branch up to date with its base, or run the checks again"
    assert f"| report of digits | report of digits: says {words} {unlike}; {advice} |" in said


def test_a_fork_s_artifact_is_held_against_the_fork_s_last_commit(root: Path, hub: Hub) -> None:
    fork = hub.add("someone/models", parent=hub.repository)
    start = git(root, "rev-parse", "main").strip()
    git(root, "checkout", "--quiet", "-b", "theirs")
    specified(root, hub, samples.report())
    hub.take(root, "theirs", fork)
    hub.repository.git.set_ref("refs/heads/main", start)
    pull = Caller(hub, hub.token).post("/pulls", title="t", head="someone:theirs", base="main", body="")
    claimed = samples.report(version="7.7.7", thresholds={"accuracy": {"min": 0.1}})
    told(root, hub, pull, claimed, head=fork)
    reports(root, hub, run_of(hub, pull, samples.report(), head=fork))
    assert comment(hub).startswith("> [!NOTE]\n> **digits 1.1.0 passes**: ")


def test_a_threshold_that_the_last_commit_changed_is_the_one_that_counts(root: Path, hub: Hub) -> None:
    specified(root, hub, samples.report())
    old = samples.report()
    spec = root / "models/digits/model.yaml"
    spec.write_text(spec.read_text("utf-8").replace('"min": 0.9,', '"min": 0.99,'), "utf-8")
    said = told(root, hub, teams.pull(root, hub), old)
    assert "thresholds unlike those of models/digits/model.yaml in the last commit" in said


@pytest.mark.parametrize("raw", [None, b"[", b"\xff", b"version: 1.1.0\n"], ids=["none", "no YAML", "no text", "half"])
def test_what_can_not_be_held_against_a_spec_has_no_verdict(root: Path, hub: Hub, raw: bytes | None) -> None:
    spec = root / "models/digits/model.yaml"
    spec.unlink() if raw is None else spec.write_bytes(raw)
    said = told(root, hub, teams.pull(root, hub), samples.report())
    words = "can't be held against models/digits/model.yaml, which the last commit does not hold, or not as a spec"
    assert f"| report of digits | report of digits: {words} |" in said


def test_a_spec_that_writes_the_same_otherwise_is_the_same(root: Path, hub: Hub) -> None:
    specified(root, hub, samples.report())
    spec = root / "models/digits/model.yaml"
    spec.write_text(spec.read_text("utf-8").replace('"min": 0.9,', '"min": 0.900,'), "utf-8")
    commit(root)
    reports(root, hub, run_of(hub, teams.pull(root, hub), samples.report()))
    assert comment(hub).startswith("> [!NOTE]\n> **digits 1.1.0 passes**: ")
