"""Rounds that are killed before any of their steps, that find no room on the disk, and agents as processes."""

import itertools
import os
import shutil
from pathlib import Path

import disks
import followers
import forks
import pytest
from followers import Follower

ROOM = "640k"


@pytest.fixture
def behind(pinned: Path, tmp_path: Path) -> Path:
    """The clone of a serving machine that runs digits 1.0.0, while main pins 1.1.0 already."""
    clone = followers.origin(pinned, tmp_path / "origin.git")
    one = Follower(clone, pinned / "releases")
    one.round()
    one.agent.leave()
    followers.release(pinned, "1.1.0")
    followers.promote(pinned, "1.1.0")
    return clone


def test_an_agent_killed_anywhere_converges_when_it_is_started_again(behind: Path, pinned: Path, tmp_path: Path) -> None:
    def one_round() -> None:
        said = (one := Follower(Path.cwd(), pinned / "releases")).round()
        assert one.agent.vitals.is_well, said

    old, new = "1000000", "1001000"
    for steps in itertools.count(step=7):
        shutil.rmtree(tmp_path / "killed", ignore_errors=True)
        clone = followers.copy(behind, tmp_path / "killed")
        is_done = forks.survives(clone, one_round, steps=steps)
        one = Follower(clone, pinned / "releases")
        assert one.running in ([old], [old, new], [new])
        one.round()
        assert (one.running, one.round(), one.agent.vitals.faults) == ([new], [], ())
        one.agent.leave()
        if is_done:
            break
    print(f"{steps} steps of a round")
    assert steps > 20


def test_a_full_disk_leaves_what_runs_and_is_said_once(pinned: Path, tmp_path: Path) -> None:
    clone = followers.origin(pinned, tmp_path / "origin.git")
    with disks.small(clone / "deployments", ROOM), Follower(clone, pinned / "releases") as one:
        one.round()
        followers.release(pinned, "1.1.0", filler=1)
        followers.promote(pinned, "1.1.0")
        _, line = one.round()
        assert line.endswith(": no space left on device; mend that and run the same command again")
        assert (one.round(), one.running) == ([], ["1000000"])
        assert os.statvfs(clone / "deployments").f_bavail * 4096 > 200_000, "nothing is left half-done"
        followers.release(pinned, "1.2.0")
        followers.promote(pinned, "1.2.0")
        assert one.round()[1] == "staging: ~ digits   1.0.0 → 1.2.0"
        assert one.agent.vitals.is_well
    with disks.small(tmp_path / "full", ROOM), one:
        shutil.move(clone / ".git/agent", tmp_path / "full/agent")
        (clone / ".git/agent").symlink_to(tmp_path / "full/agent")
        with pytest.raises(OSError), (tmp_path / "full/filler").open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        before = one.agent.vitals.followed
        followers.promote(pinned, "1.0.0")
        *_, line = one.round()
        assert line == (
            f"{clone}/.git/agent/staging/followed.json: no space left on device; mend that and run the same command again"
        )
        assert (one.agent.vitals.followed, one.round()) == (before, [])
        (tmp_path / "full/filler").unlink()
        assert one.round()[1] == "staging: ~ digits   1.2.0 → 1.0.0"
