"""What comes down from GitHub: checked byte for byte, put together from parts, and as its pages tell people to."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import deploy
import judge
import mistakes
import publish
import pytest
import teams
from hub import Hub
from hub.state import Asset
from registries import candidate
from servers import SERVE, running
from talking import fails, run, succeeds

from registry.artifacts import litert  # noqa: F401  it loads what deploy proves
from registry.github import parts

TAG = teams.TAG
TAR = "digits-1.0.0.tar"


@pytest.fixture(scope="module")
def start(start: Path) -> Path:
    candidate(start)
    return start


def build_again(root: Path) -> None:
    """Make another candidate of the same spec, with other bytes."""
    candidate(root, filler=1)


def asset(hub: Hub, name: str) -> Asset:
    """Return an asset of the one release."""
    (release,) = hub.repository.releases.values()
    (found,) = [one for one in release.assets.values() if one.name == name]
    return found


def alter(one: Asset) -> None:
    """Change what is sent, and not what GitHub lists."""
    one.path.write_bytes(mistakes.damaged(one.path.read_bytes()))


def replace(one: Asset) -> None:
    """Put another file in the place of an asset, as a person may where releases are not immutable."""
    alter(one)
    one.digest = f"sha256:{hashlib.sha256(one.path.read_bytes()).hexdigest()}"


def digest(one: Asset) -> str:
    return hashlib.sha256(one.path.read_bytes()).hexdigest()


@pytest.fixture
def pinned(root: Path, hub: Hub) -> Path:
    """A repository that pins a release in staging."""
    teams.release(root, hub)
    teams.pin(root, hub, "staging")
    return root


def test_bytes_that_are_not_those_that_github_lists_are_refused(pinned: Path, hub: Hub) -> None:
    for name in (TAR, "release.json"):
        one = asset(hub, name)
        alter(one)
        said = fails(pinned, hub, deploy, "staging", "--apply")
        assert said.endswith(
            f"{TAG}/{name}: came with {one.size:,} bytes and the digest {digest(one)}, but GitHub lists {one.size:,}"
            f" and {one.digest.removeprefix('sha256:')}; run the same command again, and don't trust it if that stays"
            " so\n1 problem\n"
        )
    assert "release.json: came with " in fails(pinned, hub, judge, "digits")
    assert not list((pinned / "deployments").rglob("saved_model.pb"))


@pytest.mark.parametrize("told", [True, False])
def test_an_artifact_that_was_replaced_is_not_to_be_trusted(pinned: Path, hub: Hub, told: bool) -> None:
    hub.tells_digests = told
    one = asset(hub, TAR)
    was, downloads = digest(one), one.downloads
    replace(one)
    assert fails(pinned, hub, deploy, "staging", "--apply").endswith(
        f"{TAG}/{TAR}: has {one.size:,} bytes and the digest {digest(one)}, not {one.size:,} and {was};"
        " don't trust it, withdraw the version\n1 problem\n"
    )
    assert (one.downloads > downloads) is not told  # what GitHub lists is reason enough
    assert not list((pinned / "deployments").rglob("saved_model.pb"))


def test_fewer_bytes_than_github_lists_are_a_broken_download(pinned: Path, hub: Hub) -> None:
    one = asset(hub, "release.json")
    one.size += 1
    said = fails(pinned, hub, deploy, "staging", "--apply")
    assert said.endswith(
        f"GET /repos/octo/models/releases/assets/{one.id}: no answer: of release.json only {one.size - 1:,} of"
        f" {one.size:,} bytes came; check the network and run the same command again\n1 problem\n"
    )


def in_parts(size: int) -> Callable[[], None]:
    """Return what makes assets at most so large."""
    return lambda: setattr(parts, "LARGEST", size)


small_parts = in_parts(400_000)


@pytest.mark.parametrize(("largest", "first"), [(400_000, "part-01"), (9_000, "part-001")])
def test_a_large_artifact_goes_up_in_parts_and_comes_down_as_one(
    root: Path, hub: Hub, tmp_path: Path, largest: int, first: str
) -> None:
    build_again(root)
    hub.is_strict = False
    code, said = run(root, hub, publish, "digits", first=in_parts(largest))
    assert code == 0, said
    (release,) = hub.repository.releases.values()
    size = (root / f"candidates/digits/{TAR}").stat().st_size
    sent = sorted(one.name for one in release.assets.values() if ".tar" in one.name)
    assert (len(sent), sent[0]) == (-(-size // largest), f"{TAR}.{first}")
    assert "nothing to do" in run(root, hub, publish, "digits", first=in_parts(largest))[1]
    teams.update(root, hub)
    teams.pin(root, hub, "staging")
    succeeds(root, hub, deploy, "staging", "--apply")
    page_works(root, hub, release.body, tmp_path / "user")


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_an_artifact_of_the_largest_size_is_no_parts(root: Path, hub: Hub, more: int) -> None:
    size = (root / f"candidates/digits/{TAR}").stat().st_size
    code, said = run(root, hub, publish, "digits", first=in_parts(size + more))
    assert code == 0, said
    (release,) = hub.repository.releases.values()
    sent = {one.name: one.size for one in release.assets.values() if ".tar" in one.name}
    assert sent == ({TAR: size} if more >= 0 else {f"{TAR}.part-01": size - 1, f"{TAR}.part-02": 1})


def test_more_parts_than_a_release_holds_are_refused_before_anything_is_sent(root: Path, hub: Hub) -> None:
    build_again(root)
    code, said = run(root, hub, publish, "digits", first=in_parts(1000))
    told = r"would have 1,0\d\d files, and a release on GitHub has 1,000 at most; make the artifact smaller"
    assert code == 1
    assert re.fullmatch(f"{TAG}: {told}\n1 problem\n", said)
    assert not hub.repository.releases


def test_parts_that_are_not_those_that_were_published_are_refused(root: Path, hub: Hub) -> None:
    build_again(root)
    run(root, hub, publish, "digits", first=small_parts)
    teams.update(root, hub)
    teams.pin(root, hub, "staging")
    (release,) = hub.repository.releases.values()
    one = asset(hub, f"{TAR}.part-02")
    kept = one.path.read_bytes()
    alter(one)
    said = fails(root, hub, deploy, "staging", "--apply")
    assert f"{TAG}/{TAR}.part-02: came with {one.size:,} bytes and the digest {digest(one)}, but GitHub lists" in said
    replace(one)
    assert "; don't trust it, withdraw the version\n" in fails(root, hub, deploy, "staging", "--apply")
    one.path.write_bytes(kept[:-1])
    said = fails(root, hub, deploy, "staging", "--apply")
    assert f"no answer: of {TAR}.part-02 only {one.size - 1:,} of {one.size:,} bytes came; check the network" in said
    assert not list((root / "deployments").rglob("saved_model.pb"))


def test_what_the_page_says_of_download_and_verification_works(root: Path, hub: Hub, tmp_path: Path) -> None:
    hub.repository.private = True
    succeeds(root, hub, publish, "digits")
    (release,) = hub.repository.releases.values()
    page_works(root, hub, release.body, tmp_path / "user")
    (without_docker,) = [one for one in scripts(release.body) if "tox run" in one]
    served = tmp_path / "user/serving"
    shutil.rmtree(served)
    assert "tox run -e serve -- --path serving\n" in without_docker
    command = without_docker.replace("tox run -e serve --", f"exec {' '.join(SERVE)}")
    with running(tmp_path / "user", "sh", "-c", command) as server:
        assert f"serving models from {served} on {server.url}\n  digits 1.0.0\n" in server.said
        answer = server.post("/v1/models/digits:predict", {"instances": [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]})
        assert answer.json() == {"predictions": [[[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]]]}


def scripts(page: str) -> list[str]:
    return [part.partition("```")[0] for part in page.split("```sh\n")[1:]]


@pytest.mark.parametrize("largest", [400_000, 2_000_000])
def test_what_the_model_card_says_of_verification_works_and_stops_at_other_bytes(
    root: Path, hub: Hub, tmp_path: Path, largest: int
) -> None:
    build_again(root)
    run(root, hub, publish, "digits", first=in_parts(largest))
    (release,) = hub.repository.releases.values()
    folder = tmp_path / "user"
    folder.mkdir()
    for one in release.assets.values():
        shutil.copy(one.path, folder / one.name)
    script, *_ = scripts((folder / "model-card.md").read_text())
    assert paste(folder, script) == (0, f"{TAR}: OK\n")
    assert (folder / "serving/digits/1000000/saved_model.pb").read_text() == "J\nSavedModel"
    shutil.rmtree(folder / "serving")
    last = asset(hub, max(one.name for one in release.assets.values() if ".tar" in one.name))
    alter(last)
    shutil.copy(last.path, folder / last.name)
    assert paste(folder, script) == (1, f"{TAR}: FAILED\n")
    assert not (folder / "serving").exists()


def paste(folder: Path, script: str) -> tuple[int, str]:
    done = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout


def page_works(root: Path, hub: Hub, page: str, folder: Path) -> None:
    """Paste what a page says into a shell: the download without gh, then what comes after it up to Docker."""
    (use,) = [one for one in scripts(page) if "docker run" in one]
    (fetch,) = [one for one in scripts(page) if "python3 -c" in one]
    lines = [line for line in use.splitlines() if not line.startswith("gh ")]
    script = fetch.rstrip() + " &&\n" + "\n".join(lines).partition("&& docker")[0]
    folder.mkdir()
    environment = {"PATH": os.environ["PATH"], "GITHUB_TOKEN": hub.token}
    done = subprocess.run(["sh", "-e"], input=script, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{script}\n{done.stderr}"
    assert "digits-1.0.0.tar: OK" in done.stdout
    assert list(folder.rglob("saved_model.pb"))
    (got,) = folder.rglob("digits-1.0.0.tar")
    assert got.read_bytes() == (root / "candidates/digits/digits-1.0.0.tar").read_bytes()
    sums = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=got.parent, capture_output=True, text=True)
    assert sums.returncode == 0, sums.stderr


def test_a_large_artifact_that_was_stopped_after_its_tag_is_finished(root: Path, hub: Hub) -> None:
    build_again(root)
    note = hub.root / "pid"
    hub.faults.add("kill", method="POST", template="/repos/{owner}/{repo}/git/refs", pid=lambda: int(note.read_text()))

    def begin() -> None:
        small_parts()
        note.write_text(str(os.getpid()))

    run(root, hub, publish, "digits", first=begin)
    teams.update(root, hub)
    code, said = run(root, hub, publish, "digits", first=small_parts)
    assert (code, "finished what" in said) == (0, True), said
