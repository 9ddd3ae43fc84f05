"""Faults of the machine: a full disk, no access, no Git, a signal, another process. One clear line, nothing half-done."""

import fcntl
import os
import re
import resource
import shutil
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import build
import deploy
import disks
import forks
import new
import promote
import publish
import pytest
from registries import IDENTITY, git
from saying import DEPLOY, RELEASE, TARGET, refused, say, tree

from registry import console, swap

NOBODY = 65534


def small_files(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    with disks.small(tmp_path / "disk", "4k") as folder:
        yield folder


def test_a_full_disk_leaves_no_half_release(fresh: Path, disk: Path) -> None:
    line = refused(fresh, publish, "digits", "--releases", str(disk))
    assert line == (
        f"{disk}/.drafts/digits@v1.0.0/digits-1.0.0.tar: no space left on device; "
        "mend that and run the same command again"
    )
    assert (git(fresh, "tag"), list(disk.rglob("*.tar"))) == ("", [])


def test_a_full_disk_leaves_the_target_as_it_was(pinned: Path, disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=8k", disk], check=True)
    (disk / "other").write_bytes(bytes(4096))
    (pinned / "deployments").symlink_to(disk)
    line = refused(pinned, *DEPLOY)
    assert line.endswith(".staging/digits/assets.extra/golden.npz: no space left on device; "
                         "mend that and run the same command again")  # fmt: skip
    assert sorted(path.name for path in disk.rglob("*") if path.is_file()) == [".lock", ".owner.json", "other"]


def test_a_read_only_disk_is_named(pinned: Path, disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    (pinned / "deployments").symlink_to(disk)
    assert refused(pinned, *DEPLOY) == (
        "deployments/staging: read-only file system; mend that and run the same command again"
    )


TOO_LARGE = {
    "publish": (publish, "digits"), "promote": (promote, "digits", "production"), "deploy": DEPLOY,
    "new": (new, "flowers"),
}  # fmt: skip


@pytest.mark.parametrize("verb", TOO_LARGE)
def test_a_file_that_can_not_be_written_is_named_and_nothing_is_left(deployed: Path, verb: str) -> None:
    shutil.rmtree(deployed / RELEASE) if verb == "publish" else shutil.rmtree(deployed / TARGET)
    line = refused(deployed, *TOO_LARGE[verb], first=partial(small_files, 50))
    assert (
        re.sub(r"\.\w{8}\.new", ".NEW", line)
        == {
            "publish": "releases/.drafts/digits@v1.0.0/digits-1.0.0.tar",
            "promote": "environments/production/digits.yaml",
            "deploy": "deployments/staging/.staging/digits/assets.extra/golden.npz",
            "new": "models/.flowers.new/model.yaml",
        }[verb]
        + ": file too large; mend that and run the same command again"
    )


def give_to_nobody(root: Path) -> None:
    """Let access rights bind: they don't bind root, so that another user has to run the verb."""
    if os.getuid() == 0:
        for folder in root.parents:
            folder.chmod(folder.stat().st_mode | 0o055)
        for path in (root, *root.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def become_nobody() -> None:
    os.environ |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    if os.getuid() == 0:
        os.setuid(NOBODY)


NO_ACCESS = {
    "deployments/staging": "deployments/staging: permission denied",
    TARGET: f"{TARGET}/deployed.json: permission denied",
    RELEASE: "digits@v1.0.0/release.json: can't be read: permission denied",
    "environments/staging": "environments/staging: permission denied",
    "environments/staging/digits.yaml": "environments/staging/digits.yaml: can't be read: permission denied",
}


@pytest.mark.parametrize("place", NO_ACCESS)
def test_what_can_not_be_read_is_named_and_never_counts_as_empty(deployed: Path, place: str) -> None:
    if place == RELEASE:
        (deployed / TARGET / "1000000/saved_model.pb").write_text("broken")
    give_to_nobody(deployed)
    before, mode = tree(deployed), (deployed / place).stat().st_mode
    (deployed / place).chmod(0)
    words = ["--apply"] * (place == RELEASE)
    said = say(deployed, deploy, "staging", "--prune", *words, code=1, first=become_nobody)
    (deployed / place).chmod(mode)
    assert said.splitlines()[-1].startswith(NO_ACCESS[place])
    assert tree(deployed) == before


def test_a_path_that_is_not_utf8_works_and_is_shown_as_it_can_be(fresh: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(fresh.parent) + b"/\xff"))
    fresh.rename(odd)
    assert say(odd, publish, "digits").startswith("published digits@v1.0.0: ")


def forget_who_we_are() -> None:
    for name in IDENTITY:
        del os.environ[name]
    os.environ |= {"HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent", "GIT_CONFIG_SYSTEM": "/dev/null"}


def test_without_git_or_a_name_for_it_nothing_is_published(fresh: Path) -> None:
    assert refused(fresh, publish, "digits", first=partial(os.environ.update, {"PATH": ""})) == (
        "git: is not installed; install it and run the same command again"
    )
    git(fresh, "config", "user.useConfigOnly", "true")
    assert refused(fresh, publish, "digits", first=forget_who_we_are) == (
        "git tag: does not know who makes digits@v1.0.0; "
        "run `git config user.name 'Your Name'` and `git config user.email you@example.org`"
    )
    assert git(fresh, "tag") == ""


def test_two_folders_change_places_in_steps_where_a_file_system_can_not_at_once(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    (one / "was one").touch()
    swap.swap_by_renames(one, other)
    assert [sorted(path.name for path in folder.iterdir()) for folder in (one, other)] == [[], ["was one"]]
    swap.swap(one, other)
    assert [sorted(path.name for path in folder.iterdir()) for folder in (one, other)] == [["was one"], []]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_verb_that_is_told_to_stop_puts_things_in_order_and_says_what_to_do(pinned: Path, number: int) -> None:
    for steps in range(2, 120, 4):
        first = partial(forks.signal_after, steps, number)
        code, said = forks.run(pinned, partial(console.run, deploy.main), *DEPLOY[1:], first=first)
        if code == 0:  # it was done before so many steps
            break
        assert code == 128 + number, said
        assert said.endswith("stopped; run the same command again to go on\n")
    assert (code, steps > 20) == (0, True)
    assert say(pinned, *DEPLOY) == "staging: nothing to do; it runs what is pinned\n"
    assert [name for name in tree(pinned / "deployments") if "/.staging/" in name] == []


def test_of_two_publishes_at_once_one_says_so_and_leaves(fresh: Path) -> None:
    lock = fresh / "releases/.drafts/digits@v1.0.0.lock"
    lock.parent.mkdir(parents=True)
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert refused(fresh, publish, "digits") == (
            f"{lock}: digits@v1.0.0 is being published by another process; wait until it is done"
        )


def test_of_two_builds_at_once_one_says_so_and_leaves(fresh: Path) -> None:
    (fresh / "rows.csv").write_text("1,2,0\n3,4,1\n")
    say(fresh, new, "flowers", "--data", "rows.csv")
    lock = fresh / "candidates/.work/flowers.lock"
    lock.parent.mkdir(parents=True)
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert refused(fresh, build, "flowers") == (
            f"{lock}: flowers is being built by another process; wait until it is done"
        )


def test_a_deploy_goes_on_while_another_version_is_being_published(pinned: Path) -> None:
    with (pinned / "releases/.drafts/digits@v1.0.0.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "staging: 1 change made\n" in say(pinned, *DEPLOY)


@pytest.mark.parametrize("shell", ["{verb} > /dev/full", "{verb} >&-"])
def test_an_output_that_can_not_be_written_is_no_traceback(fresh: Path, shell: str) -> None:
    verb = f"'{forks.PYTHON}' '{forks.SCRIPTS}/validate.py'"
    done = subprocess.run(["sh", "-c", shell.format(verb=verb)], cwd=fresh, capture_output=True, text=True)
    full = "this machine: no space left on device; mend that and run the same command again\n1 problem\n"
    assert (done.returncode, done.stderr) == ((1, full) if "full" in shell else (0, ""))
