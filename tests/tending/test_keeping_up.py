"""Rounds of a real agent, with real Git: what main pins is made so, what drifts is healed, and each thing is said once."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import followers
import forks
import pytest
from followers import PIN, Follower
from registries import commit, git

from registry.environments import manifests, merged
from registry.environments.manifests import Environment
from registry.errors import RegistryError


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


def test_only_what_comes_after_what_was_seen_is_followed_until_a_person_accepts_another(
    main: Path, follower: Follower, tmp_path: Path
) -> None:
    follower.round()
    old = git(main, "rev-parse", "HEAD").strip()
    git(main, "commit", "--quiet", "--amend", "--message", "forged")
    forged = followers.push(main, "--force")
    (line,) = follower.round()
    assert line == (
        f"main: is at {forged[:12]} now, which does not come after {old[:12]}: somebody forced a push, or this clone has "
        f"commits of its own; nothing of it is followed; once you know that it is right: `tox run -e agent -- staging "
        f"--accept {forged}`"
    )
    assert follower.round() == []
    assert follower.agent.vitals.followed == old and line in follower.agent.vitals.faults
    (follower.clone / "deployments/staging/digits/1000000/saved_model.pb").write_text("by hand")
    assert follower.round() == ["staging: ! digits   1.0.0 (drift: repair)"]
    assert git(follower.clone, "rev-parse", "origin/main").strip() == old
    for word in ("main", "0" * 40, old[:3]):
        assert forks.verb(follower.clone, "agent", "staging", "--accept", word, code=1).startswith(f"--accept: {word} is no commit")
    elsewhere = git(follower.clone, "commit-tree", "-m", "x", f"{old}^{{tree}}").strip()
    assert forks.verb(follower.clone, "agent", "staging", "--accept", elsewhere, code=1) == (
        f"--accept: {elsewhere[:12]} is not in the history of main on origin; write the one that the agent names\n1 problem\n"
    )
    assert forks.verb(follower.clone, "agent", "staging", "--accept", forged) == (
        f"staging: {forged[:12]} is accepted; the agent follows it in its next round\n"
    )
    assert follower.round() == [
        f"main is followed to {forged[:12]}, as a person accepted",
        "main: no more: " + line.removeprefix("main: ").split("; ")[0],
    ]
    assert Follower(follower.clone, main / "releases").agent.vitals.followed == forged


def test_what_is_away_is_said_once_and_once_when_it_is_back(main: Path, follower: Follower, tmp_path: Path) -> None:
    follower.round()
    followers.release(main, "1.1.0")
    commit = followers.promote(main, "1.1.0")
    (tmp_path / "origin.git").rename(tmp_path / "gone.git")
    (line,) = follower.round()
    assert line.startswith("origin can't be asked for main: ") and line.endswith(
        "; what was followed stays, and what runs keeps running"
    )
    assert follower.round() == follower.round() == []
    (tmp_path / "gone.git").rename(tmp_path / "origin.git")
    (main / "releases").rename(tmp_path / "releases")
    assert follower.round() == [
        f"main is followed to {commit[:12]}",
        "origin answers again, and main is followed",
        f"releases can't be fetched: {main}/releases: is no folder here; what runs keeps running",
    ]
    assert (follower.round(), follower.running) == ([], ["1000000"])
    (tmp_path / "releases").rename(main / "releases")
    assert follower.round() == ["staging: ~ digits   1.0.0 → 1.1.0", "releases can be fetched again"]
    assert follower.agent.vitals.is_well


def test_locks_that_a_killed_git_left_and_tags_below_others_stop_nobody_for_good(main: Path, follower: Follower) -> None:
    follower.round()
    followers.release(main, "1.1.0")
    followers.promote(main, "1.1.0")
    git(main, "push", "--quiet", "origin", ":refs/tags/digits@v1.0.0")
    git(main, "push", "--quiet", "origin", "HEAD:refs/tags/digits@v1.0.0/x")
    places = [follower.clone / f".git/refs/{one}.lock" for one in ("agent/staging/offered", "tags/digits@v1.1.0", "remotes/origin/main")]
    for lock in places:
        lock.touch()
    assert "cannot lock ref" in follower.round()[0], "somebody may be at it"
    for lock in places:
        os.utime(lock, (1, 1))
    assert "staging: ~ digits   1.0.0 → 1.1.0" in follower.round()
    assert (follower.agent.vitals.is_well, [one for one in places if one.exists()]) == (True, [])


def test_an_environment_that_disappears_or_breaks_leaves_what_runs_until_it_is_back(main: Path, follower: Follower) -> None:
    follower.round()
    git(main, "rm", "--quiet", "environments/staging.yaml")
    commit = followers.push(main)
    gone = (
        f"environments/staging.yaml: is not in {commit[:12]}, so nothing is changed, and what runs keeps running; "
        "known: production"
    )
    assert follower.round()[1:] == [gone]
    assert (follower.round(), follower.running) == ([], ["1000000"])
    git(main, "revert", "--no-edit", "HEAD")
    followers.push(main)
    assert follower.round()[1:] == [f"environments/staging.yaml: no more: {gone.split(': ', 1)[1].split('; ')[0]}"]
    (main / PIN).write_text("version: 1\n")
    followers.push(main)
    assert [one.split(": ")[0] for one in follower.round()[1:]] == [f"{PIN}:1", f"{PIN}:1"]
    (main / PIN).unlink()
    (main / PIN).symlink_to("../production.yaml")
    followers.push(main)
    assert follower.round()[-1] == f"{PIN}: is no regular file; put the document itself there"
    git(main, "rm", "--quiet", PIN)
    followers.push(main)
    (line,) = [one for one in follower.round() if one.startswith("environments/staging: pins no model")]
    assert (follower.round(), follower.running) == ([], ["1000000"])


ODD = {
    "environments/staging/.notes/digits.yaml": "version: 1.0.0",
    "environments/staging/.digits.yaml.swp": "x",
    "environments/staging/digits.yml": "x",
    "environments/staging/older/digits.yaml": "x",
    "environments/staging/digits.yaml": f"version: 1.0.0\n{'# x' * 100_000}",
    "environments/staging.yaml": f"{'# x' * 100_000}",
}


@pytest.mark.parametrize("path", ODD)
def test_what_a_commit_holds_of_an_environment_is_read_as_what_lies_there(path: str, start: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(start, tmp_path / "root"))
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(ODD[path])
    commit(root)

    def told(read: Callable[[], Environment]) -> list[str]:
        try:
            return sorted(read().pins)
        except RegistryError as error:
            return [str(one).replace("/older/digits.yaml", "/older") for one in error.problems]

    lies = told(lambda: manifests.find(root, "staging"))
    assert told(lambda: merged.find(root, "HEAD", "staging")) == lies
    assert lies == [] if "/." in path else f"{path.removesuffix('/digits.yaml') if 'older' in path else path}: is " in lies[0]


def test_a_pin_to_a_version_that_was_withdrawn_keeps_running_and_is_not_brought_anew(main: Path, follower: Follower) -> None:
    follower.round()
    forks.verb(main, "withdraw", "digits", "1.0.0", "--reason", "mistakes 7 for 1")
    followers.push(main)
    (line,) = follower.round()[1:]
    assert line.startswith(f"{PIN}:1: version: digits@v1.0.0 is withdrawn: mistakes 7 for 1; it runs")
    assert (follower.round(), follower.agent.vitals.is_well, follower.running) == ([], True, ["1000000"])
    other = Follower(followers.copy(follower.clone, main.with_name("other")), main / "releases")
    shutil.rmtree(other.clone / "deployments")
    (line,) = other.round()
    assert "is withdrawn: mistakes 7 for 1; it is not brought where it does not run" in line
    assert (other.round(), other.running) == ([], [])


def test_a_version_that_can_t_be_brought_is_said_once_and_left_alone_for_longer_each_time(main: Path, tmp_path: Path) -> None:
    (main / "releases/digits@v1.0.0/digits-1.0.0.tar").write_bytes(b"other bytes")
    follower = Follower(tmp_path / "serving", main / "releases", every=3600.0)
    (line,) = follower.round()
    assert line.startswith("digits-1.0.0.tar: ")
    assert (follower.round(), follower.running) == ([], [])
    assert follower.agent.vitals.faults == (line,)
    followers.release(main, "1.1.0")
    followers.promote(main, "1.1.0")
    assert follower.round()[1:] == ["staging: + digits   1.1.0", f"{line.split('; ')[0].replace(': is', ': no more: is')}"]
    assert follower.agent.vitals.is_well


def test_two_agents_on_one_folder_are_told_in_one_line_and_the_second_waits(
    main: Path, follower: Follower, tmp_path: Path
) -> None:
    spec, place = main / "environments/staging.yaml", tmp_path / "models"
    spec.write_text(spec.read_text().replace("deployments/staging", str(place)))
    followers.push(main)
    follower.round()
    other = Follower(followers.copy(follower.clone, tmp_path / "other"), main / "releases")
    assert other.round() == [f"{place}: is tended by another agent, and one is enough; stop the other"]
    assert other.round() == []
    follower.agent.leave()
    assert other.round() == [f"{place}: no more: is tended by another agent, and one is enough"]
    with follower.agent.alone():
        said = forks.verb(follower.clone, "agent", "staging", "--port", "0", code=1)
    assert said == (
        f"{follower.clone}/.git/agent/staging/lock: main is followed for staging by another process; one agent is enough, "
        "so stop the other first\n1 problem\n"
    )


def test_drift_is_found_by_a_cheap_look_whatever_was_touched(main: Path, follower: Follower) -> None:
    follower.round()
    folder = follower.clone / "deployments/staging/digits/1000000"
    file = folder / "saved_model.pb"
    for _ in range(2):
        before = file.stat().st_mtime_ns
        raw = bytearray(file.read_bytes())
        raw[0] ^= 1
        file.write_bytes(raw)
        os.utime(file, ns=(before, before))
        assert follower.round() == ["staging: ! digits   1.0.0 (drift: repair)"]
        assert follower.agent.vitals.drift == {"digits": "! digits   1.0.0 (drift: repair)"}
        follower.round()
        assert follower.agent.vitals.drift == {}
    for touched in folder.parent, folder, file:
        touched.chmod(0o777)
        assert follower.round() == ["staging: ! digits   1.0.0 (drift: repair)"]
    shutil.rmtree(folder.parent)
    assert follower.round() == ["staging: ! digits   1.0.0 (drift: gone; brought back)"]
    shutil.rmtree(folder.parent)
    (follower.clone / "deployments/staging/.brought.json").unlink()
    assert follower.round() == ["staging: + digits   1.0.0"], "who keeps nothing in mind, as before an upgrade"
