"""Damaged, misplaced and replaced files: each is named with what to do, and what runs goes on."""

import json
import os
import re
import shutil
from pathlib import Path

import deploy
import publish
import pytest
from saying import DEPLOY, RELEASE, TARGET, refused, say

from registry.artifacts import archive, golden, litert
from registry.errors import RegistryError

FOLDERS_FOR_FILES = {
    "candidates/digits/report.json": (
        publish, "candidates/digits/report.json: can't be read: is a directory; build digits again"),
    "candidates/digits/digits-1.0.0.tar": (
        publish, "candidates/digits/digits-1.0.0.tar: is missing; build digits again"),
    f"{RELEASE}/release.json": (
        publish, "digits@v1.0.0/release.json: can't be read: is a directory; "
        "move the release's folder away and publish it again"),
    "environments/staging/digits.yaml": (
        deploy, "environments/staging/digits.yaml: can't be read: is a directory; "
        "mend that and run the same command again"),
    "deployments/staging/.owner.json": (
        deploy, "{root}/deployments/staging/.owner.json: is damaged, so nothing here is touched; "
        "put it back, or write another target.path"),
    "models/digits/model.py": (
        publish, "models/digits/model.py: is a directory; mend that and run the same command again"),
}  # fmt: skip


@pytest.mark.parametrize("place", FOLDERS_FOR_FILES)
def test_a_folder_where_a_file_should_be_is_named(pinned: Path, place: str) -> None:
    verb, line = FOLDERS_FOR_FILES[place]
    (pinned / place).unlink(missing_ok=True)
    (pinned / place / "inside").mkdir(parents=True)
    assert refused(pinned, *((verb, "digits") if verb is publish else DEPLOY)) == line.format(root=pinned)


FILES_FOR_FOLDERS = {
    "candidates/digits": (publish, "candidates/digits: holds no candidate; make one with `tox run -e build -- digits`"),
    RELEASE: (
        publish, "digits@v1.0.0/release.json: can't be read: not a directory; "
        "move the release's folder away and publish it again"),
    "environments/staging": (
        deploy, "environments/staging: is no folder; put <model>.yaml files into a folder of this name"),
    TARGET: (
        deploy, "{root}/deployments/staging: is not empty and has no owner (digits), so nothing in it is touched; write "
        "another target.path, or take it over: `tox run -e deploy -- staging --adopt` shows what an earlier deploy left "
        "there"),
}  # fmt: skip


@pytest.mark.parametrize("place", FILES_FOR_FOLDERS)
def test_a_file_where_a_folder_should_be_is_named(pinned: Path, place: str) -> None:
    verb, line = FILES_FOR_FOLDERS[place]
    shutil.rmtree(pinned / place, ignore_errors=True)
    (pinned / place).parent.mkdir(parents=True, exist_ok=True)
    (pinned / place).write_text("a file")
    assert refused(pinned, *((verb, "digits") if verb is publish else DEPLOY)) == line.format(root=pinned)


def test_a_target_that_is_a_file_is_named(pinned: Path) -> None:
    (pinned / "deployments").mkdir()
    (pinned / "deployments/staging").write_text("a file")
    assert refused(pinned, *DEPLOY) == f"{pinned}/deployments/staging: is no folder; write another target.path"


DAMAGE = {
    "": "is not JSON (Expecting value: line 1 column 1 (char 0))",
    "[" * 100_000: "is not JSON (maximum recursion depth exceeded while decoding a JSON array from a unicode string)",
    '{"tag": NaN}': "is not JSON (Out of range float values are not JSON compliant",
    "[]": "is damaged (it is empty)",
    "{}": "is damaged (",
}


@pytest.mark.parametrize("text", DAMAGE, ids=["empty", "deep", "NaN", "list", "mapping"])
def test_a_damaged_report_or_release_is_named_with_what_to_do(pinned: Path, text: str) -> None:
    facts = (pinned / RELEASE / "release.json").read_text()
    (pinned / RELEASE / "release.json").write_text(text)
    line = refused(pinned, *DEPLOY)
    assert line.startswith(f"digits@v1.0.0/release.json: {DAMAGE[text]}")
    assert line.endswith("; move the release's folder away and publish it again")
    (pinned / RELEASE / "release.json").write_text(facts)
    (pinned / "candidates/digits/report.json").write_text(text)
    line = refused(pinned, publish, "digits")
    assert line.startswith(f"candidates/digits/report.json: {DAMAGE[text]}")
    assert line.endswith("; build digits again")


@pytest.mark.parametrize("value", ["x", 1, [], {"min": "much"}, {"min": 10**400}], ids=str)
def test_a_report_with_thresholds_that_no_spec_can_have_is_refused(fresh: Path, value: object) -> None:
    place = fresh / "candidates/digits/report.json"
    report = json.loads(place.read_text())
    place.write_text(json.dumps(report | {"thresholds": {"accuracy": value}}))
    assert refused(fresh, publish, "digits").endswith("; build digits again")


RECORDS = [
    "", "{", "[]", "null", "[" * 100_000, '{"version": 1}', '{"version": "1.0.0"}', '{"version": "../.."}',
    '{"version": "1.0.0", "sha256": "x", "files": {}}', '{"version": "1.0.0", "sha256": "x", "files": {"a": []}}',
    '{"version": "1.0.0", "sha256": "x", "files": {"saved_model.pb": ""}}',
    '{"version": "1.0.0", "sha256": "x", "files": {"saved_model.pb": []}}',
    '{"version": "1.0.0", "sha256": "x", "files": ["\\u0000"]}',
]  # fmt: skip


@pytest.mark.parametrize("text", [*RECORDS, None], ids=[*map(str, range(len(RECORDS))), "folder"])
def test_a_damaged_record_is_drift_and_gets_repaired(deployed: Path, text: str | None) -> None:
    record = deployed / TARGET / "deployed.json"
    if text is None:
        record.unlink()
        record.mkdir()
    else:
        record.write_text(text)
    assert say(deployed, *DEPLOY).startswith(("  ! digits   1.0.0 (drift: repair)\n", "  ~ digits   1.0.0 → 1.0.0\n"))
    assert say(deployed, *DEPLOY) == "staging: nothing to do; it runs what is pinned\n"


GOLDEN = ["", "[]", "{}", "[" * 100_000, '{"inputs": [], "outputs": {}}', '{"inputs": {"x": 1}}']


@pytest.mark.parametrize("text", GOLDEN, ids=range(len(GOLDEN)))
def test_damaged_golden_predictions_are_told(pinned: Path, tmp_path: Path, text: str) -> None:
    folder = tmp_path / "version"
    with (pinned / RELEASE / "digits-1.0.0.tar").open("rb") as tar:
        facts = json.loads((pinned / RELEASE / "release.json").read_text())
        archive.unpack(tar, folder, archive.Artifact(**facts["report"]["artifact"]))
    (folder / golden.FILE).write_text(text)
    with pytest.raises(RegistryError, match=r"can't be read|does not take its golden inputs"):
        golden.check(folder, litert.load(folder / "assets.extra/model.tflite"), "digits@v1.0.0")


def test_a_damaged_artifact_leaves_what_runs(deployed: Path) -> None:
    tar = deployed / RELEASE / "digits-1.0.0.tar"
    good = tar.read_bytes()
    (deployed / TARGET / "1000000/saved_model.pb").write_text("broken")
    distrust = "publish or fetch it again, and don't trust this one"
    tar.write_bytes(good[:1000])
    assert refused(deployed, *DEPLOY) == (
        f"digits-1.0.0.tar: is smaller than the {len(good):,} bytes declared; {distrust}"
    )
    tar.write_bytes(good.replace(b"J\nSavedModel", b"b SavedModel"))
    assert re.fullmatch(
        rf"digits-1\.0\.0\.tar: has the digest \w{{64}}, not \w{{64}}; {distrust}", refused(deployed, *DEPLOY)
    )
    tar.unlink()
    assert refused(deployed, *DEPLOY) == (
        f"digits@v1.0.0: digits-1.0.0.tar is not in {deployed}/releases; "
        "publish it again, or name its folder with --releases"
    )
    shutil.rmtree(deployed / "releases")
    assert refused(deployed, *DEPLOY) == (
        f"digits@v1.0.0: is not in {deployed}/releases; name the folder that holds it with --releases, or its --repository"
    )


def test_a_release_of_other_bytes_than_the_pin_is_refused_before_it_is_unpacked(pinned: Path) -> None:
    pin = pinned / "environments/staging/digits.yaml"
    right = pin.read_text().split()[-1]
    pin.write_text(f"version: 1.0.0\nsha256: {'a' * 64}\n")
    assert refused(pinned, *DEPLOY) == (
        f"environments/staging/digits.yaml:2: sha256: is not the digest of digits@v1.0.0 in {pinned}/releases, "
        f"which is {right}; promote it again, or name the right folder"
    )


@pytest.mark.parametrize("name", ["digits-1.0.0.tar", "report.json", "report.svg", "model-card.md"])
def test_publish_names_what_is_damaged_in_a_published_release(pinned: Path, name: str) -> None:
    with (pinned / RELEASE / name).open("ab") as file:
        file.write(b" ")
    assert refused(pinned, publish, "digits") == (
        f"digits@v1.0.0/{name}: is missing or damaged; move the release's folder away and publish it again"
    )


def test_publish_sees_that_release_json_was_changed(pinned: Path) -> None:
    with (pinned / RELEASE / "release.json").open("ab") as file:
        file.write(b" ")
    assert refused(pinned, publish, "digits") == (
        "digits@v1.0.0/release.json: is missing or damaged; move the release's folder away and publish it again"
    )


def test_a_damage_that_keeps_sizes_and_times_is_noticed(deployed: Path) -> None:
    place = deployed / TARGET / "1000000/saved_model.pb"
    times = place.stat()
    place.write_text("b SavedModel")
    os.utime(place, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert "  ! digits   1.0.0 (drift: repair)\n" in say(deployed, deploy, "staging")
    say(deployed, *DEPLOY)
    assert place.read_text() == "J\nSavedModel"


def test_files_that_were_only_touched_or_copied_are_no_drift(deployed: Path) -> None:
    (deployed / TARGET / "1000000/saved_model.pb").touch()
    shutil.copytree(deployed / TARGET, deployed / "copy")
    shutil.rmtree(deployed / TARGET)
    (deployed / "copy").rename(deployed / TARGET)
    assert say(deployed, deploy, "staging") == "staging: nothing to do; it runs what is pinned\n"
