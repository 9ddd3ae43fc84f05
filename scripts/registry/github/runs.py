"""Workflow runs: which pull request they belong to, and the artifacts they left, which are data and no more."""

import posixpath
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from registry import files
from registry.errors import RegistryError, refuse
from registry.formats import documents
from registry.github.client import GitHub

CHECK, REVIEW = ".github/workflows/check.yml", ".github/workflows/review.yml"
GATE = "gate"
ACCEPTED, CANDIDATES, REPORTS = "accepted.json", "candidates", "reports"
REPORT, LARGEST_REPORT = "report.json", 8 * 1024 * 1024  # bytes
SOUGHT = 4096  # reports that are looked at for those that do not pass
CHUNK = 1024 * 1024
ENCRYPTED = 0x1
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
AGAIN = "run the checks again"


def pull_of(github: GitHub, run: dict) -> dict | None:
    """Return the open pull request whose head a run of `check` looked at, or None; of several that into main.

    The run's own list is empty for forks, so it is found by the branch, and believed when the commit is the same.
    """
    if run["head_repository"] is None:
        return None
    head = f"{run['head_repository']['owner']['login']}:{run['head_branch']}"
    found = [one for one in github.pages("pulls", state="open", head=head) if one["head"]["sha"] == run["head_sha"]]
    return max(found, key=lambda one: one["base"]["ref"] == one["base"]["repo"]["default_branch"], default=None)


def jobs(github: GitHub, run: dict) -> list[dict]:
    """Return the jobs of a run, as they went the last time."""
    return list(github.pages(f"actions/runs/{run['id']}/jobs", key="jobs"))


def accepted(github: GitHub, run: dict) -> dict[str, dict]:
    """Return the artifacts of a run that hold what was judged, by what they hold: `candidates`, `reports`.

    Code of a model can hand in artifacts under any name; it has ended when the gate, the last job, says which of them
    count, by number and digest. In a run that was cancelled the gate says nothing, so its word is one that came while
    it ran. Raises RegistryError where that can't be read.
    """
    gates = [one for one in jobs(github, run) if one["name"] == GATE and one["completed_at"]]
    found = list(github.pages(f"actions/runs/{run['id']}/artifacts", key="artifacts"))
    words = [one for one in found if one["name"] == ACCEPTED.removesuffix(".json") and _is_of(gates, one)]
    if not words:
        return {}
    last = max(words, key=lambda one: one["id"])
    with unpacked(github, last) as inside:
        told = documents.load_json(inside.take(ACCEPTED, LARGEST_REPORT), "accepted", inside.place, AGAIN)
    there = {one["id"]: one for one in found}
    return {
        kind: there[one["id"]] | {"digest": f"sha256:{one['sha256']}"}
        for kind, one in told.items()
        if one["id"] in there
    }


def _is_of(jobs: list[dict], artifact: dict) -> bool:
    """Say whether an artifact came while one of the jobs ran; times are alike, and sort as texts."""
    return any(one["started_at"] <= artifact["created_at"] <= one["completed_at"] for one in jobs)


def reports(github: GitHub, artifact: dict, most: int, good: str) -> tuple[dict[str, dict | RegistryError], int]:
    """Return the first reports in an artifact by model, or why one can't be read; and how many more there are.

    Of more than `most` those with the verdict `good` come last.
    """
    with unpacked(github, artifact) as inside:
        names = sorted(name for name in inside.names if posixpath.basename(name) == REPORT)
        if not names:
            raise refuse(inside.place, f"holds no {REPORT}; {AGAIN}")
        if len(names) > most:
            names[:SOUGHT] = sorted(names[:SOUGHT], key=lambda name: _verdict(_report(inside, name)) == good)
        return {posixpath.dirname(name): _report(inside, name) for name in names[:most]}, max(0, len(names) - most)


def _verdict(report: dict | RegistryError) -> str | None:
    return None if isinstance(report, RegistryError) else report["verdict"]


def _report(inside: "Unpacked", name: str) -> dict | RegistryError:
    place = f"{name} in {inside.place}"
    try:
        found = documents.load_json(inside.take(name, LARGEST_REPORT), "report", place, AGAIN)
        if name != f"{found['model']}/{REPORT}":
            raise refuse(place, f"is the report of {found['model']}; {AGAIN}")
    except RegistryError as error:
        return error
    return found


@dataclass(frozen=True)
class Unpacked:
    """The zip of an artifact, of which files are taken one by one; `place` is what it is called."""

    place: str
    zip: zipfile.ZipFile
    scratch: Path

    @property
    def names(self) -> list[str]:
        """The names of its files."""
        return self.zip.namelist()

    def take(self, name: str, limit: int) -> Path:
        """Return a file of at most `limit` bytes, which lies there until the next is taken."""
        return _member(self.zip, name, self.scratch / "file", limit, self.place)


@contextmanager
def unpacked(github: GitHub, artifact: dict) -> Iterator[Unpacked]:
    """Yield what an artifact holds.

    Raises RegistryError when the bytes are not those that the run handed in, or when a file is missing or larger.
    """
    place = f"artifact {artifact['name']}"
    if artifact["expired"]:
        raise refuse(place, f"is not kept any longer; {AGAIN}")
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "artifact.zip")
        with path.open("wb") as file:
            github.download(f"actions/artifacts/{artifact['id']}/zip", file, artifact["name"])
        if artifact.get("digest") not in (None, f"sha256:{files.digest(path)}"):  # older servers tell none
            raise refuse(place, f"is not what the run handed in: its digest differs; {AGAIN}")
        with _opened(path, place) as archive:
            yield Unpacked(place, archive, Path(scratch))


@contextmanager
def _opened(path: Path, place: str) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, UnicodeError) as error:
        raise refuse(place, f"is no zip that can be read: {error}; {AGAIN}") from error


def _member(archive: zipfile.ZipFile, name: str, path: Path, limit: int, place: str) -> Path:
    if name not in archive.namelist():
        raise refuse(place, f"holds no {name}; {AGAIN}")
    if (found := archive.getinfo(name)).flag_bits & ENCRYPTED or found.compress_type not in PACKINGS:
        raise refuse(place, f"holds a {name} that is encrypted, or packed as no run does it; {AGAIN}")
    with archive.open(name) as source, path.open("wb") as target:
        left = limit + 1
        while left and (chunk := source.read(min(left, CHUNK))):
            target.write(chunk)
            left -= len(chunk)
    if not left:
        raise refuse(place, f"holds a {name} of more than {limit:,} bytes; it is not read")
    return path
