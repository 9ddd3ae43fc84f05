"""Drift: what runs is compared with its release, file by file, whatever the record beside it says."""

import json
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import forks
import pytest
import rich.table  # noqa: F401  what status imports late is here before the forks
from registries import candidate, commit, template

import deploy
from registry import console
from registry.artifacts import archive
from registry.destinations import aiming, glance, unpacked
from registry.environments import manifests

VERSION = "deployments/staging/digits/1000000"
NOTHING = "staging: nothing to do; it runs what is pinned\n"


def say(root: Path, *words: str) -> str:
    found, said = forks.run(root, partial(console.run, deploy.main), "staging", *words)
    assert (found, "Traceback" in said) == (0, False), said
    return said


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = template(tmp_path_factory.mktemp("drift") / "start")
    candidate(root)
    forks.verb(root, "publish", "digits")
    forks.verb(root, "promote", "digits", "staging")
    commit(root)
    say(root, "--apply")
    return root


def test_who_looks_again_and_again_reads_only_what_changed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a deploy that waits does, and an agent."""
    reads, real = [], unpacked.is_intact
    monkeypatch.setattr(unpacked, "is_intact", lambda *one: reads.append(one) or real(*one))
    monkeypatch.setattr(glance, "MOMENT", -1)  # what was written just now may be written once more in the same moment
    place, file = aiming.find(root, manifests.find(root, "staging")), root / VERSION / "saved_model.pb"
    found = [place.running()["digits"].healthy for _ in range(3)]
    before, raw = file.stat().st_mtime_ns, file.read_bytes()
    for content in raw[::-1], raw:
        file.write_bytes(content)
        os.utime(file, ns=(before, before))
        found += [place.running()["digits"].healthy for _ in range(2)]
    assert (found, len(reads)) == ([True] * 3 + [False] * 2 + [True] * 2, 3)


def test_what_a_folder_tells_one_kind_of_target_is_not_taken_for_what_it_tells_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent goes on with what it knows when main makes another kind of target of the same folder."""
    monkeypatch.setattr(glance, "MOMENT", -1)
    memory, asked = glance.Memory(), []

    def files(folder: Path) -> list[str]:
        asked.append("files")
        return os.listdir(folder)

    def has(folder: Path, name: str) -> bool:
        asked.append("has")
        return (folder / name).exists()

    for _ in range(2):
        assert memory(tmp_path, files, tmp_path) == [] and memory(tmp_path, has, tmp_path, "a") is False
    assert asked == ["files", "has"]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"[]", b'{"digits": 1}', b'{"digits": {"version": 1, "sha256": ""}}'])
def test_what_was_kept_in_mind_and_is_damaged_is_as_good_as_nothing(start: Path, tmp_path: Path, content: bytes) -> None:
    root = Path(shutil.copytree(start, tmp_path / "root"))
    mind = root / "deployments/staging/.brought.json"
    before = mind.read_bytes()
    mind.write_bytes(content)
    assert say(root, "--apply") == NOTHING
    assert mind.read_bytes() == before


def forge(folder: Path, **facts: object) -> None:
    """Write into a version's record what would excuse its files as they are now."""
    record = folder.parent / "deployed.json"
    states = {str(one.relative_to(folder)): one.stat() for one in folder.rglob("*") if one.is_file()}
    files = {name: [one.st_size, one.st_mtime_ns, one.st_ctime_ns] for name, one in states.items()}
    record.write_text(json.dumps(json.loads(record.read_text()) | {"files": files} | facts))


def swapped_for_a_link(folder: Path) -> None:
    shutil.move(folder / "saved_model.pb", folder.parents[3])
    (folder / "saved_model.pb").symlink_to(folder.parents[3] / "saved_model.pb")


def swapped_folder(folder: Path) -> None:
    shutil.move(folder, folder.parents[3] / "elsewhere")
    folder.symlink_to(folder.parents[3] / "elsewhere")


HARM: dict[str, Callable[[Path], object]] = {
    "planted": lambda folder: (folder / "assets.extra/another.tflite").write_bytes(b"planted"),
    "planted with a long name": lambda folder: (folder / ("x" * 200)).write_bytes(b"planted"),
    "planted with a name that is not utf-8": lambda folder: open(os.fsencode(folder) + b"/\xff", "w").close(),
    "planted and empty": lambda folder: (folder / "assets.extra/fingerprint.pb").touch(),
    "planted and hidden": lambda folder: (folder / ".hidden").write_bytes(b"planted"),
    "a planted folder": lambda folder: (folder / "variables").mkdir(),
    "a planted link": lambda folder: (folder / "variables").symlink_to("/etc"),
    "a planted pipe": lambda folder: os.mkfifo(folder / "pipe"),
    "a planted version": lambda folder: (folder.parent / "9000000").mkdir(),
    "a planted link to a version": lambda folder: (folder.parent / "9000000").symlink_to(folder),
    "changed": lambda folder: (folder / "saved_model.pb").write_text("b SavedModel"),
    "longer": lambda folder: (folder / "saved_model.pb").write_text("a SavedModel and more"),
    "gone": lambda folder: (folder / "assets.extra/model.tflite").unlink(),
    "renamed": lambda folder: (folder / "saved_model.pb").rename(folder / "saved_model.pbtxt"),
    "a link to the same bytes": swapped_for_a_link,
    "a link to the same folder": swapped_folder,
    "writable by others": lambda folder: (folder / "saved_model.pb").chmod(0o666),
    "a folder writable by others": lambda folder: (folder / "assets.extra").chmod(0o777),
    "a model's folder writable by others": lambda folder: folder.parent.chmod(0o777),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARM)
def test_what_differs_from_the_release_is_drift_whatever_the_record_says(root: Path, harm: str) -> None:
    folder = root / VERSION
    HARM[harm](folder)
    forge(folder)
    assert "  ! digits   1.0.0 (drift: repair)\n" in say(root)
    assert "1.0.0, runs 1.0.0 (damaged)" in forks.verb(root, "status")
    assert "staging: 1 change made\n" in say(root, "--apply")
    assert say(root) == NOTHING
    assert sorted(one.name for one in folder.parent.iterdir()) == ["1000000", "deployed.json"]
    assert not folder.is_symlink()
    assert Path("/etc").is_dir()


def test_a_record_forged_down_to_the_digest_is_held_against_the_pin(root: Path) -> None:
    folder = root / VERSION
    (folder / "saved_model.pb").write_text("b SavedModel")
    forge(folder, sha256=archive.digest(folder))
    assert "  ~ digits   1.0.0 → 1.0.0\n" in say(root)
    assert "1.0.0, runs 1.0.0 (other bytes)" in forks.verb(root, "status")
    say(root, "--apply")
    assert (folder / "saved_model.pb").read_text() == "J\nSavedModel"


def test_files_given_to_another_user_are_drift_and_become_the_deployer_s_again(root: Path) -> None:
    if os.getuid():
        pytest.skip("only root can give a file away")
    folder = root / VERSION
    for one in (folder / "saved_model.pb", folder / "assets.extra", folder.parent):
        os.chown(one, 65534, -1)
        assert "(drift: repair)" in say(root, "--apply")
        assert say(root) == NOTHING
    assert {one.stat().st_uid for one in folder.parents[1].rglob("*")} == {os.geteuid()}
