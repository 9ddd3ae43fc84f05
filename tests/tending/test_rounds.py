"""Rounds of a real agent, with real Git: what main pins is made so, what drifts is healed, and each thing is said once."""

from pathlib import Path

import followers
import pytest
from followers import Follower
from registries import git


@pytest.fixture
def main(pinned: Path, tmp_path: Path) -> Path:
    """A repository whose main pins digits 1.0.0 in staging, and has an origin."""
    followers.origin(pinned, tmp_path / "origin.git")
    return pinned


@pytest.fixture
def follower(main: Path, tmp_path: Path) -> Follower:
    return Follower(tmp_path / "serving", main / "releases")


def test_what_main_pins_runs_after_a_round_and_is_said_once(main: Path, follower: Follower) -> None:
    assert follower.round() == ["staging: + digits   1.0.0"]
    assert (follower.running, follower.agent.vitals.faults) == (["1000000"], ())
    assert follower.round() == []
    followers.release(main, "1.1.0")
    commit = followers.promote(main, "1.1.0")
    assert follower.round() == [f"main is followed to {commit[:12]}", "staging: ~ digits   1.0.0 → 1.1.0"]
    assert follower.running == ["1001000"]
    git(main, "revert", "--no-edit", "HEAD")
    commit = followers.push(main)
    assert follower.round()[1:] == ["staging: ~ digits   1.1.0 → 1.0.0"]
    assert follower.round() == follower.round() == []
