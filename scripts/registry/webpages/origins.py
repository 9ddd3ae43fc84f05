"""What releases were made of: the spec and the files of the model's folder, as their commits hold them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from registry import git
from registry.errors import RegistryError
from registry.formats import reader
from registry.specs import models

SPEC = "model.yaml"
SECTION = re.compile(rb"^(?=[a-z_]+:)", re.MULTILINE)
SUBMODULE = b"160000"
Wanted = tuple[str, str]  # a commit and a model


class Origin(NamedTuple):
    """A spec, which may be of an older schema and is empty where it can't be read, and files: name in the folder -> blob."""

    spec: Mapping
    files: Mapping[str, str]


NOTHING = Origin({}, {})


def read(root: Path, wanted: Iterable[Wanted]) -> dict[Wanted, Origin]:
    """Return what commits hold of models, asking Git for all at once; nothing of those that they do not hold."""
    asked = list(dict.fromkeys(wanted))
    trees = git.objects(root, [f"{commit}:{models.FOLDER}/{model}" for commit, model in asked])
    found = dict(zip(asked, trees, strict=True))
    files = _files(root, {tree for tree in trees if tree})
    blobs = sorted({those[SPEC] for those in files.values() if SPEC in those})
    specs = dict(zip(blobs, map(_spec, git.read(root, blobs)), strict=True))
    return {
        one: Origin(specs.get(files[tree].get(SPEC, ""), {}), files[tree])
        for one, tree in found.items()
        if tree in files
    }


def _files(root: Path, tops: set[str]) -> dict[str, dict[str, str]]:
    """Return the files below trees, those of folders within them too."""
    known: dict[str, list[tuple[str, bool, str]]] = {}
    left = sorted(tops)
    while left:
        contents = git.read(root, left)
        known |= {tree: list(_entries(one, len(tree) // 2)) for tree, one in zip(left, contents, strict=True)}
        left = sorted({sha for tree in left for _, is_folder, sha in known[tree] if is_folder} - known.keys())
    return {tree: dict(_below(known, tree)) for tree in tops}


def _below(known: Mapping[str, list[tuple[str, bool, str]]], tree: str, place: str = "") -> Iterator[tuple[str, str]]:
    for name, is_folder, sha in known[tree]:
        if is_folder:
            yield from _below(known, sha, f"{place}{name}/")
        else:
            yield f"{place}{name}", sha


def _entries(content: bytes, digits: int) -> Iterator[tuple[str, bool, str]]:
    """Yield what a tree of Git's holds, whose objects' names have so many bytes: name, whether it is a folder, object."""
    start = 0
    while start < len(content):
        end = content.index(b"\0", start)
        mode, _, name = content[start:end].partition(b" ")
        start = end + 1 + digits
        if mode != SUBMODULE:
            yield name.decode("utf-8", "replace"), mode == b"40000", content[end + 1 : start].hex()


def _spec(raw: bytes) -> Mapping:
    """Versions share most sections of their specs, and to read YAML takes longest: each section is read once.

    What is no whole by itself, such as a text in quotes over several lines, is read with all the rest.
    """
    found: dict = {}
    for part in SECTION.split(raw):
        section = _read(part) if SECTION.match(part) else {}
        if section is None:
            return _read(raw) or {}
        found |= section
    return found


@cache
def _read(raw: bytes) -> Mapping | None:
    try:
        found = reader.parse(SPEC, raw).data
    except RegistryError:
        return None
    return found if isinstance(found, Mapping) else None
