"""Data files that are committed with a model, held against their digests as a clone has them; fetching them: data."""

from collections.abc import Iterable
from pathlib import Path

from registry import files, git, lfs, worktree
from registry.errors import Problem
from registry.specs import contents, sources
from registry.specs.models import Model
from registry.specs.sources import Place
from registry.worktree import Entry

LARGEST = 100 * 1024 * 1024  # bytes: what GitHub takes without LFS at most, and what is read to validate


def survey(root: Path, those: Iterable[Model]) -> tuple[list[Problem], list[Problem]]:
    """Return which data files in models' folders a clone has otherwise than their specs say, and what to know of them.

    No file over LARGEST is read, but what Git LFS says of it counts.
    """
    mine = {f"{one.place}/{name}": (one, place) for one in those for place, name in sources.paths(one.spec).items()}
    known = {path: model.contents.entries[path.removeprefix(f"{model.place}/")] for path, (model, _) in mine.items()}
    small = [path for path in mine if (root / path).stat().st_size <= LARGEST]
    problems, advice = [], []
    with worktree.cloned(root, known, small) as found:
        for path, file in found.items():
            problems += _fault(*mine[path], lfs.target_of(file) or files.digest(file))
            advice += _differences(root / path, path, known[path], file)
    for path in mine.keys() - small:
        if kept := _kept(root, path, known[path]):
            problems += _fault(*mine[path], kept)
    return problems, advice


def _fault(model: Model, place: Place, found: str) -> list[Problem]:
    """Say that a clone has a file of another digest than the spec says at the place of a source."""
    source = sources.of(model.spec)[place]
    name, wanted = source["path"], source["sha256"]
    here = model.folder / name
    if found == wanted:
        return []
    if lfs.target_of(here) and files.digest(here) == wanted:
        text = f"is the digest of a Git LFS pointer, not of {name}, which has {found}; write that"
    elif here.stat().st_size <= LARGEST and files.digest(here) == wanted:
        text = f"is the digest of {name} as it lies here; a clone has other bytes, of the digest {found}; write that"
    else:
        text = unexpected(name, found, wanted)
    return [model.document.problem(text, *place, "sha256")]


def _differences(here: Path, path: str, entry: Entry, file: Path) -> list[Problem]:
    if lfs.target_of(here):
        return [contents.pointer(path)]
    if file == here or files.digest(file) == files.digest(here):
        return []
    return [contents.difference(path, entry, here.read_bytes(), file.read_bytes())]


def _kept(root: Path, path: str, entry: Entry) -> str | None:
    """Return the digest of a file that Git LFS keeps, as a commit has it."""
    is_kept = entry.blob and worktree.attributes(root, [path])[path]["filter"] == "lfs"
    return lfs.target(git.run(root, "cat-file", "blob", entry.blob).encode()) if is_kept else None


def unexpected(origin: str, found: str, wanted: str) -> str:
    """Return what to say of a file that has another digest than its spec says."""
    return f"{origin} has the digest {found}, not {wanted}; if the file is right, write its digest here"
