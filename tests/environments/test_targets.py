"""Targets as machines have them: any umask, links, two disks. Each works, or is refused in one line."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import deploy
import forks
import promote
import publish
import pytest
import rich.table  # noqa: F401  what status imports late is here before the forks
import status
from registries import candidate, template

from registry import console, destinations

DEPLOYED = "  + digits   1.0.0\nstaging: 1 change made\nnext: `tox run -e status` shows what runs where\n"
GONE = "! digits   1.0.0 (drift: gone; brought back)"
SHARED = Path("/dev/shm")


def say(root: Path, verb=deploy, *words: str, code: int = 0, first=int) -> str:
    words = words or (("staging", "--apply") if verb is deploy else ())
    found, said = forks.run(root, partial(console.run, verb.main), *words, first=first)
    assert (found, "Traceback" in said) == (code, False), said
    return said


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = template(tmp_path_factory.mktemp("targets") / "root")
    candidate(root)
    say(root, publish, "digits")
    say(root, promote, "digits", "staging")
    return root


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on another disk."""
    if not SHARED.is_dir() or SHARED.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has one disk")
    with tempfile.TemporaryDirectory(dir=SHARED) as folder:
        yield Path(folder)


def modes(root: Path) -> dict[str, int]:
    """Return the permissions of all that deploy made, and of the folders above it in the clone."""
    found = (root / "deployments").rglob("*")
    return {str(path.relative_to(root)): path.stat().st_mode & 0o777 for path in [root / "deployments", *found]}


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o027, 0o077])
def test_what_is_deployed_is_read_by_whoever_serves_it_whatever_the_umask(root: Path, umask: int) -> None:
    say(root, first=partial(os.umask, umask))
    found = modes(root)
    assert "deployments/staging/digits/1000000/assets.extra/golden.npz" in found
    assert {mode for path, mode in found.items() if (root / path).is_dir()} == {0o755}
    assert {mode for path, mode in found.items() if not (root / path).is_dir()} == {0o644}
    assert say(root) == "staging: nothing to do; it runs what is pinned\n"


def test_a_folder_that_somebody_made_keeps_its_permissions(root: Path) -> None:
    (root / "deployments/staging").mkdir(parents=True)
    (root / "deployments/staging").chmod(0o750)
    say(root)
    assert (root / "deployments/staging").stat().st_mode & 0o777 == 0o750


def link(place: Path, to: Path) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(to)
    return place


def test_a_target_that_is_a_link_to_a_folder_on_another_disk_works(root: Path, disk: Path) -> None:
    link(root / "deployments/staging", disk)
    assert say(root) == DEPLOYED
    assert (disk / "digits/1000000/saved_model.pb").is_file()
    (disk / "digits/1000000/saved_model.pb").write_text("damaged")
    assert "! digits   1.0.0 (drift: repair)" in say(root)
    assert say(root) == "staging: nothing to do; it runs what is pinned\n"


def test_releases_on_another_disk_are_deployed_from(root: Path, disk: Path) -> None:
    shutil.move(root / "releases", disk)
    link(root / "releases", disk / "releases")
    assert say(root) == DEPLOYED


def test_a_model_s_folder_that_became_a_link_is_left_alone_with_what_it_leads_to(root: Path, tmp_path: Path) -> None:
    say(root)
    place = root / "deployments/staging/digits"
    place.rename(tmp_path / "moved")
    place.symlink_to(tmp_path / "moved")
    (tmp_path / "moved/1000000/saved_model.pb").write_text("damaged")
    said = say(root, code=1)
    left = "was not put there by deploy, so it is left alone; move it away, or write another target.path"
    assert said == f"  {GONE}\n{place}: {left}\n1 problem\n"
    assert (tmp_path / "moved/1000000/saved_model.pb").read_text() == "damaged"
    place.unlink()
    assert say(root) == DEPLOYED.replace("+ digits   1.0.0", GONE)


def test_a_disk_in_a_model_s_place_is_refused_before_anything_is_done(root: Path) -> None:
    say(root)
    place = root / "deployments/staging/digits"
    done = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], capture_output=True)
    if done.returncode:
        pytest.skip("this user can't mount a disk")
    said = say(root, code=1)
    subprocess.run(["umount", place], check=True)
    assert said == (
        f"  ! digits   1.0.0 (drift: repair)\n{place}: lies on another disk than {place.parent}, so no version can be put"
        " there in one step; put the folder itself there, or let target.path as a whole be a link\n1 problem\n"
    )
    assert say(root) == "staging: nothing to do; it runs what is pinned\n"


@pytest.mark.parametrize("place", ["deployments", "deployments/staging"])
def test_a_link_that_leads_nowhere_is_told_as_such(root: Path, tmp_path: Path, place: str) -> None:
    gone = tmp_path / "gone"
    path = link(root / place, gone)
    told = f"{path}: is a link to {gone}, which is not there; make that folder, or take the link away\n1 problem\n"
    assert say(root, code=1) == say(root, deploy, "staging", code=1) == say(root, status, code=1) == told
    gone.mkdir()
    assert say(root) == DEPLOYED


def without_clusters() -> None:
    """Be a process that has no package for them, whatever was imported here before."""
    vars(destinations).pop("kubernetes", None)
    for name in "registry.destinations.kubernetes", "registry.kube.apiserver":
        sys.modules.pop(name, None)
    sys.modules["kubernetes"] = None


def test_where_nothing_speaks_to_clusters_the_verbs_are_named_that_do(root: Path) -> None:
    place = root / "environments/cluster.yaml"
    place.write_text(
        "description: A cluster.\ntakes_from: releases\nimages: ghcr.io/octo/models\n"
        "target: {type: kubernetes, namespace: models, endpoint: 'http://{model}.example.org'}\n"
    )
    said = say(root, deploy, "cluster", code=1, first=without_clusters)
    assert said == (
        "environments/cluster.yaml:4: target: is in a cluster, for which kubernetes is not installed here; run `tox run -e "
        "deploy-kubernetes -- cluster`, or let `tox run -e agent-kubernetes -- cluster` follow it\n1 problem\n"
    )
