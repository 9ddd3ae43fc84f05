"""Workflow runs: which pull request they belong to, and the artifacts they left, which are data and no more."""

import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from registry import files
from registry.errors import refuse
from registry.formats import documents
from registry.github.client import GitHub

CHECK = ".github/workflows/check.yml"
LARGEST_REPORT = 8 * 1024 * 1024  # bytes
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


def artifacts(github: GitHub, run: dict) -> dict[str, dict]:
    """Return the artifacts of a run by name; of several with one name the newest."""
    found = github.pages(f"actions/runs/{run['id']}/artifacts", key="artifacts")
    return {one["name"]: one for one in sorted(found, key=lambda one: one["id"])}


def reports(github: GitHub, run: dict) -> list[dict]:
    """Return the artifacts of a run that hold reports."""
    found = artifacts(github, run)
    return [found[name] for name in sorted(found) if name.startswith("report-")]


def report(github: GitHub, artifact: dict) -> dict:
    """Return the report in an artifact; raise RegistryError when it holds none, or that of another model."""
    place = f"artifact {artifact['name']}"
    if artifact["size_in_bytes"] > LARGEST_REPORT:
        raise refuse(place, f"is larger than {LARGEST_REPORT:,} bytes; it is no report")
    with unpacked(github, artifact) as take:
        found = documents.load_json(take("report.json", LARGEST_REPORT), "report", place, AGAIN)
    if artifact["name"] != f"report-{found['model']}":
        raise refuse(place, f"holds the report of {found['model']}; {AGAIN}")
    return found


@contextmanager
def unpacked(github: GitHub, artifact: dict) -> Iterator[Callable[[str, int], Path]]:
    """Yield `take(name, limit)`, which returns a file out of an artifact that holds at most that many bytes.

    Raises RegistryError when the bytes are not those that the run handed in, or when a file is missing or larger.
    """
    place = f"artifact {artifact['name']}"
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "artifact.zip")
        with path.open("wb") as file:
            github.download(f"actions/artifacts/{artifact['id']}/zip", file, artifact["name"])
        if artifact.get("digest") not in (None, f"sha256:{files.digest(path)}"):  # older servers tell none
            raise refuse(place, f"is not what the run handed in: its digest differs; {AGAIN}")
        with _opened(path, place) as archive:
            yield lambda name, limit: _member(archive, name, Path(scratch, "file"), limit, place)


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
