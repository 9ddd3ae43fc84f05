"""Folders that are no targets: the system's, a person's, Git's, and those that others may write; and rights."""

import os
import shutil
from functools import partial
from pathlib import Path

import forks
import pytest
from mistakes import environment, write
from registries import commit, git, template

import deploy
from registry import console
from registry.environments import placement

NOTHING = "staging: nothing to do; it runs what is pinned\n"
SYSTEM = "is a folder of the system; write one that is nothing else, such as /srv/models"
HOME = "is somebody's home, or hidden in it; write a folder that is nothing else, such as /srv/models"
OWN = "holds files of the repository, which deploy would mix with its own; write another folder"


def say(root: Path, *words: str, code: int = 0, first=int) -> str:
    found, said = forks.run(root, partial(console.run, deploy.main), "staging", *words, first=first)
    assert (found, "Traceback" in said) == (code, False), said
    return said


@pytest.fixture(scope="module")
def start(released: Path) -> Path:
    return released


def aim(root: Path, path: object) -> None:
    write(root, "environments/staging.yaml", environment(path=str(path)))
    commit(root)


PLACES = {
    "/etc": SYSTEM, "/etc/models": SYSTEM, "/usr/local/lib/models": SYSTEM, "/var/log/models": SYSTEM, "/": OWN,
    "/proc/self/models": SYSTEM, "/dev/shm": SYSTEM, "/run/models": SYSTEM, "/srv": SYSTEM, "/var/lib": SYSTEM,
    "/tmp/../etc/models": SYSTEM, "/System/models": SYSTEM, "/bin/models": SYSTEM,
    "/root": HOME, "/root/.ssh": HOME, "/root/.config/x/models": HOME, "/home/someone": HOME, "/home/me/.ssh/x": HOME,
    "/srv/models": None, "/srv/a team/models": None, "/opt/models": None, "/var/lib/models": None, "/models": None,
    "/home/models/served": None, "/mnt/disk/models": None, "/dev/shm/models": None, "/etcetera/models": None,
}  # fmt: skip


@pytest.mark.parametrize("path", PLACES)
def test_a_place_is_one_for_targets_or_is_told_as_none(start: Path, path: str) -> None:
    assert placement.fault(start, Path(path)) == PLACES[path]


def test_folders_of_the_system_and_of_people_are_refused_by_every_verb_and_left_as_they_are(root: Path) -> None:
    before = os.stat("/etc").st_mtime_ns, os.listdir("/etc")
    aim(root, "/etc/models")
    told = f"environments/staging.yaml:5: target.path: /etc/models {SYSTEM}\n1 problem\n"
    assert say(root, code=1) == say(root, "--apply", code=1) == say(root, "--adopt", "--apply", code=1) == told
    assert forks.verb(root, "validate", code=1) == forks.verb(root, "status", code=1) == told
    assert (os.stat("/etc").st_mtime_ns, os.listdir("/etc")) == before


def test_one_s_own_home_is_refused_wherever_it_is_and_by_links_too(root: Path, tmp_path: Path) -> None:
    home = tmp_path / "house"
    (home / ".ssh").mkdir(parents=True)
    (tmp_path / "link").symlink_to(home)
    at_home = partial(os.environ.update, {"HOME": str(home)})
    for path in (home, home / ".ssh", home / ".ssh/new", tmp_path / "link", tmp_path / "link/.ssh"):
        aim(root, path)
        told = f"environments/staging.yaml:5: target.path: {path} {HOME}\n1 problem\n"
        assert say(root, "--apply", code=1, first=at_home) == told
    aim(root, home / "served")
    say(root, "--apply", first=at_home)
    assert sorted(os.listdir(home)) == [".ssh", "served"]


def test_git_s_work_trees_and_repositories_are_refused(root: Path, tmp_path: Path) -> None:
    other = template(tmp_path / "other")
    git(tmp_path, "clone", "--quiet", "--bare", str(other), "bare")
    git(other, "worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    inside = {
        "other": other, "other/models": other, "other/deployments/staging": other, "other/.git/models": other / ".git",
        "linked/models": tmp_path / "linked", "bare/new": tmp_path / "bare", "other/new/and/deep": other,
    }  # fmt: skip
    for name, tree in inside.items():
        before = sorted(tmp_path.rglob("other/*"))
        aim(root, tmp_path / name)
        told = f"{tmp_path / name} lies in the Git repository {tree}; write a folder outside"
        assert say(root, "--apply", code=1) == f"environments/staging.yaml:5: target.path: {told}\n1 problem\n"
        assert sorted(tmp_path.rglob("other/*")) == before


def test_of_this_repository_only_what_git_ignores_below_deployments_may_be_a_target(root: Path) -> None:
    for path in ("serving", "releases", "candidates/staging", ".tox/models"):
        aim(root, path)
        assert say(root, "--apply", code=1) == (
            f"environments/staging.yaml:5: target.path: {path} lies in the repository, of which only deployments/ is "
            f"deploy's; write deployments/{Path(path).name}\n1 problem\n"
        )
    aim(root, "deployments")
    say(root, "--apply")
    assert say(root) == NOTHING
    told = (
        "is not ignored by Git; write /deployments/ into .gitignore, and take what is tracked there away\n1 problem\n"
    )
    git(root, "add", "--force", "deployments/digits/deployed.json")
    assert say(root, code=1) == f"{root}/deployments: {told}"
    git(root, "rm", "--quiet", "--cached", "deployments/digits/deployed.json")
    assert say(root) == NOTHING
    (root / ".gitignore").write_text("/candidates/\n/releases/\n")
    assert say(root, "--apply", code=1) == f"{root}/deployments: {told}"


def test_a_target_that_is_a_link_to_itself_is_told_as_such(root: Path) -> None:
    (root / "deployments").mkdir()
    (root / "deployments/staging").symlink_to("staging")
    told = "is a link to staging, which is not there; make that folder, or take the link away\n1 problem\n"
    assert ": all valid\n" in forks.verb(root, "validate")
    assert say(root, code=1) == forks.verb(root, "status", code=1) == f"{root}/deployments/staging: {told}"


def test_another_repository_below_deployments_is_refused(root: Path) -> None:
    git(root, "clone", "--quiet", str(root), "deployments/clone")
    aim(root, "deployments/clone/new")
    told = f"lies in the Git repository {root}/deployments/clone; write another target.path"
    assert say(root, "--apply", code=1) == f"{root}/deployments/clone/new: {told}\n1 problem\n"


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757, 0o1777])
def test_a_folder_that_others_may_write_is_refused_until_they_may_not(root: Path, tmp_path: Path, mode: int) -> None:
    place = tmp_path / "a place"
    place.mkdir()
    place.chmod(mode)
    aim(root, place)
    told = f"{place}: may be written by others; run `chmod go-w '{place}'`, or write another target.path\n1 problem\n"
    assert say(root, code=1) == say(root, "--apply", code=1) == told
    assert os.listdir(place) == []
    place.chmod(mode & ~0o022)
    say(root, "--apply")
    assert say(root) == NOTHING


def test_a_folder_in_one_that_others_may_write_is_refused_where_they_could_put_another_in_its_place(
    root: Path, tmp_path: Path
) -> None:
    above = tmp_path / "shared"
    above.mkdir()
    for mode, code in ((0o777, 1), (0o770, 1), (0o1777, 0)):
        above.chmod(mode)
        aim(root, above / "some/models")
        said = say(root, code=code)
        told = f"{above}: may be written by others; run `chmod go-w {above}`, or write another target.path\n1 problem\n"
        assert said == told if code else "Nothing was touched" in said
        assert os.listdir(above) == []


def test_a_link_in_a_folder_that_others_may_write_is_refused_wherever_it_leads(root: Path, tmp_path: Path) -> None:
    above = tmp_path / "shared"
    above.mkdir()
    (tmp_path / "served").mkdir()
    (above / "link").symlink_to(tmp_path / "served")
    aim(root, above / "link")
    above.chmod(0o777)
    told = f"{above}: may be written by others; run `chmod go-w {above}`, or write another target.path\n1 problem\n"
    assert say(root, "--apply", code=1) == told
    above.chmod(0o755)
    say(root, "--apply")
    assert (tmp_path / "served/digits/1000000").is_dir()


def test_a_folder_of_another_user_is_refused(root: Path, tmp_path: Path) -> None:
    if os.getuid():
        pytest.skip("only root can give a folder away")
    for path, given in ((tmp_path / "one", tmp_path / "one"), (tmp_path / "two/models", tmp_path / "two")):
        path.mkdir(parents=True)
        os.chown(given, 65534, -1)
        aim(root, path)
        told = "belongs to another user (number 65534); run deploy as that one, or write another target.path"
        assert say(root, "--apply", code=1) == f"{given}: {told}\n1 problem\n"
        assert os.listdir(path) == []


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_what_is_made_is_the_deployer_s_and_read_by_all_whatever_the_umask(
    root: Path, tmp_path: Path, umask: int
) -> None:
    aim(root, tmp_path / "new/served")
    say(root, "--apply", first=partial(os.umask, umask))
    found = [tmp_path / "new", *(tmp_path / "new").rglob("*")]
    assert {one.name for one in found} > {".lock", ".owner.json", ".staging", "deployed.json", "saved_model.pb"}
    assert {oct(one.stat().st_mode & 0o7777) for one in found if one.is_dir()} == {"0o755"}
    assert {oct(one.stat().st_mode & 0o7777) for one in found if one.is_file()} == {"0o644"}
    assert {one.stat().st_uid for one in found} == {os.geteuid()}


def test_what_is_made_keeps_nothing_of_the_group_of_a_folder_above(root: Path, tmp_path: Path) -> None:
    above = tmp_path / "above"
    above.mkdir()
    above.chmod(0o2755)
    aim(root, above / "served")
    say(root, "--apply")
    assert {oct(one.stat().st_mode & 0o7777) for one in above.rglob("*") if one.is_dir()} == {"0o755"}
    shutil.rmtree(above / "served")
