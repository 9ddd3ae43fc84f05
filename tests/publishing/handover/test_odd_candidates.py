"""Candidates, runs and artifacts that are not what they should be are never taken over."""

import io
import shutil
import zipfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import mistakes
import pytest
import teams
from hub import Hub
from reviewing import NO_RUN, REPORT, TAR, collects, handed, reviewed, saying
from talking import hub_of


@pytest.fixture(scope="module")
def merged(start: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Hub, dict]]:
    """A pull request was checked and merged; each test finds its run and artifact as they were."""
    folder = tmp_path_factory.mktemp("merged")
    root = shutil.copytree(start, folder / "root")
    with hub_of(root, folder / "hub") as hub:
        pull, made = reviewed(root, hub)
        teams.merge(root, hub, pull)
        yield root, hub, made


def change(**facts: object) -> Callable:
    """The run is another one than it should be."""
    return lambda hub, made: hub.repository.runs[made["id"]].update(facts)


def artifact(change: Callable[[dict], object], name: str = "candidates") -> Callable:
    """An artifact is another one than it should be."""
    return lambda hub, made: change(named(hub, name))


def named(hub: Hub, name: str) -> dict:
    (found,) = [one for one in hub.repository.artifacts.values() if one["name"] == name]
    return found


def alter(one: dict) -> None:
    one["path"].write_bytes(mistakes.damaged(one["path"].read_bytes()))


def report(**facts: object) -> Callable:
    """The report says something else."""
    return handed(lambda files: files.update(saying(files, **facts)))


def put(report: bytes) -> Callable:
    return handed(lambda files: files.update({REPORT: report}))


def zipped(raw: bytes) -> Callable:
    def act(hub: Hub, made: dict) -> None:
        hub.repository.artifacts.clear()
        teams.accept(hub, made, candidates=raw)

    return act


def gone(name: str) -> Callable:
    return lambda hub, made: hub.repository.artifacts.pop(named(hub, name)["id"])


def again(hub: Hub, made: dict) -> None:
    """Code of a model hands the same in once more, under the same name, and so deletes what was judged."""
    one = named(hub, "candidates")
    hub.add_artifact(made, "candidates", hub.repository.artifacts.pop(one["id"])["path"].read_bytes())


def accepts(word: bytes) -> Callable:
    return lambda hub, made: hub.add_artifact(made, "accepted", {"accepted.json": word})


def archive(kind: int, name: str = REPORT, content: bytes = b"{}") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as file:
        file.writestr(name, content)
    return buffer.getvalue()


def encrypted() -> bytes:
    raw = archive(zipfile.ZIP_STORED)
    for mark, place in (b"PK\3\4", 6), (b"PK\1\2", 8):
        at = raw.index(mark) + place
        raw = raw[:at] + b"\1" + raw[at + 1 :]
    return raw


def tar(files: dict[str, bytes], content: bytes) -> None:
    files[TAR] = content


UNACCEPTED = "left no candidates that its gate accepted"
LONG_AGO, NOT_YET = "2020-01-01T00:00:00Z", "2120-01-01T00:00:00Z"
ODD = {
    "another event": (change(event="push"), NO_RUN),
    "by hand": (change(event="workflow_dispatch"), NO_RUN),
    "another workflow": (change(path=".github/workflows/other.yml"), NO_RUN),
    "a failed run": (change(conclusion="failure"), NO_RUN),
    "a run that goes on": (change(conclusion=None, status="in_progress"), NO_RUN),
    "another commit": (change(head_sha="0" * 40), NO_RUN),
    "no artifact": (lambda hub, made: hub.repository.artifacts.clear(), UNACCEPTED),
    "an expired artifact": (artifact(lambda one: one.update(expired=True)), "is not kept any longer"),
    "altered bytes": (artifact(alter), "is not what the run handed in: its digest differs"),
    "no last word": (gone("accepted"), UNACCEPTED),
    "no gate": (change(jobs={"build (digits)": "success"}), UNACCEPTED),
    "a last word from before the gate": (artifact(lambda one: one.update(created_at=LONG_AGO), "accepted"), UNACCEPTED),
    "a last word from after the gate": (artifact(lambda one: one.update(created_at=NOT_YET), "accepted"), UNACCEPTED),
    "an expired last word": (artifact(lambda one: one.update(expired=True), "accepted"), "is not kept any longer"),
    "another artifact in place of what was judged": (again, UNACCEPTED),
    "a last word on nothing": (accepts(b"{}"), UNACCEPTED),
    "a last word that is none": (accepts(b'{"candidates": 1}'), "is damaged (candidates 1 is a number)"),
    "no zip": (zipped(b"no zip"), "is no zip that can be read"),
    "half a zip": (zipped(archive(zipfile.ZIP_STORED)[:-30]), "is no zip that can be read"),
    "an encrypted zip": (zipped(encrypted()), "report.json that is encrypted"),
    "a zip packed otherwise": (zipped(archive(zipfile.ZIP_BZIP2)), "report.json that is encrypted"),
    "odd names": (zipped(archive(zipfile.ZIP_DEFLATED, "../../report.json")), "holds no digits/report.json"),
    "a bomb": (
        zipped(archive(zipfile.ZIP_DEFLATED, content=b" " * 8_388_609)), "holds a digits/report.json of more than 8,388,608"),
    "a large tar": (handed(lambda files: tar(files, bytes(2_000_000))), "holds a digits/digits-1.1.0.tar of more than"),
    "another tar": (
        handed(lambda files: tar(files, b"x" * len(files[TAR]))), "is not about the digits-1.1.0.tar beside it"),
    "no tar": (handed(lambda files: files.pop(TAR)), "holds no digits/digits-1.1.0.tar"),
    "no report": (put(b"[]"), "is damaged"),
    "no JSON": (put(b"{"), "is not JSON"),
    "NaN": (put(b'{"metrics": NaN}'), "is not JSON"),
    "another model": (report(model="letters"), "is of another model"),
    "another version": (report(version="1.2.0"), "is of another version"),
    "another fingerprint": (report(fingerprint="0" * 64), "is of another fingerprint"),
    "several others": (report(version="1.2.0", fingerprint="0" * 64), "is of another version and fingerprint"),
    "another branch": (change(head_branch="other"), NO_RUN),
    "another commit in the report": (report(commit="0" * 40), "was built from 000000000000, which is no merge of"),
    "no commit in the report": (report(commit=None, clean=False), "was built from files that no commit holds"),
    "uncommitted changes": (report(clean=False), "was built from files that no commit holds"),
    "odd metrics of the incumbent": (
        report(incumbent={"version": "1.0.0", "metrics": {"accuracy": "high"}, "reason": None}), "is damaged"),
    "no thresholds": (report(thresholds={"latency_ms": {"max": 20}}), "has a verdict that does not follow"),
    "another verdict": (report(metrics={"accuracy": 0.5, "latency_ms": 0.1}), "has a verdict that does not follow"),
    "odd thresholds": (report(thresholds={"accuracy": {"min": 0.9, "slice": "best"}}), "is damaged"),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD)
def test_anything_odd_is_trained_again_and_the_reason_told(
    merged: tuple[Path, Hub, dict], tmp_path: Path, case: str
) -> None:
    root, hub, made = merged
    change, reason = ODD[case]
    kept = deepcopy(hub.repository.runs), deepcopy(hub.repository.artifacts)
    raw = {one["path"]: one["path"].read_bytes() for one in kept[1].values()}
    change(hub, made)
    said = collects(root, hub, tmp_path, trains=True)
    hub.repository.runs, hub.repository.artifacts = kept
    for path, content in raw.items():
        path.write_bytes(content)
    assert said.startswith("digits 1.1.0: must be trained again: ")
    assert reason in said
    assert said.endswith("next: `tox run -e build -- digits`\n")
