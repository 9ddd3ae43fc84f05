"""Candidates that are larger than they say, and disks that are full of one: the other models' releases go on."""

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import disks
import forks
import pytest
import teams
from hub import Hub
from registries import candidate, commit, git
from reviewing import REPORT, collects, reviewed, saying

from registry.artifacts import archive

HUGE = 10**15  # bytes, as a report may say


def bomb(root: Path, size: int) -> bytes:
    """Return a zip of a few KB that holds the report of a candidate, and a tar of that size."""
    buffer, folder = io.BytesIO(), root / "candidates/digits"
    report = {REPORT: (folder / "report.json").read_bytes()}
    asset = json.loads(report[REPORT])["artifact"] | {"size": HUGE}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(REPORT, saying(report, artifact=asset)[REPORT])
        packed.writestr(f"digits/{asset['name']}", bytes(size))
    return buffer.getvalue()


def test_no_more_is_unpacked_than_github_lists_whatever_a_report_says(root: Path, hub: Hub, tmp_path: Path) -> None:
    pull, made = reviewed(root, hub)
    raw = bomb(root, 50_000_000)
    hub.repository.artifacts.clear()
    teams.accept(hub, made, candidates=raw)
    teams.merge(root, hub, pull)
    said = collects(root, hub, tmp_path, trains=True)
    assert "holds a digits/digits-1.1.0.tar of more than 8,388,608 bytes; it is not read" in said


@pytest.fixture
def disk(root: Path) -> Iterator[Path]:
    """A small disk that takes one candidate, and not one of 2 MB."""
    with disks.small(root / "releases", "256k") as folder:
        yield folder


def test_a_release_that_a_disk_has_no_room_for_holds_no_other_up(root: Path, disk: Path) -> None:
    shutil.copytree(root / "models/digits", root / "models/apples")
    commit(root)
    candidate(root)
    shutil.copytree(root / "candidates/digits", root / "candidates/apples")
    report = root / "candidates/apples/report.json"
    facts = json.loads(report.read_text("utf-8"))
    large = root / "candidates/apples/apples-1.0.0.tar"
    (large.parent / "digits-1.0.0.tar").rename(large)
    with large.open("ab") as file:
        file.write(bytes(2_000_000))
    facts |= {"model": "apples", "artifact": asdict(archive.describe(large))}
    report.write_text(json.dumps(facts), "utf-8")
    said = forks.verb(root, "publish", "apples", "digits", code=1)
    assert "published digits@v1.0.0" in said
    assert said.endswith(
        "releases/.drafts/apples@v1.0.0/apples-1.0.0.tar: no space left on device; mend that and run the same command"
        " again\n1 problem\n"
    )
    assert [path.name for path in disk.glob("*@v*")] == ["digits@v1.0.0"]
    assert git(root, "tag") == "digits@v1.0.0\n"
