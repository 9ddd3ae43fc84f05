"""A version of the template, released by who makes it: its record is committed first, then its tag is put on that."""

from dataclasses import replace
from pathlib import Path

from registry import files, git, tags, versions
from registry.errors import raise_all, refuse
from registry.formats import documents, reader
from registry.upgrading import template, upstream
from registry.upgrading.extent import RECORD
from registry.upgrading.template import Record


def record(root: Path, version: str, address: str | None) -> Record:
    """Return the record that the checked-out commit has to hold to be released; raise RegistryError where it can't be.

    Where no address is given it is this clone's origin, if others can fetch from that, too.
    """
    if fault := versions.fault(version):
        raise refuse("--release", fault)
    if git.objects(root, [f"refs/tags/v{version}"])[0]:
        raise refuse(f"v{version}", "is released already; choose a higher version")
    last = template.read(root, "HEAD")
    if last and versions.parse(version) < versions.parse(last.version):
        raise refuse("--release", f"{version} is not above {last.version}, which is the last; choose a higher version")
    wanted = Record(version, upstream.digest(root, upstream.entries(root, "HEAD")), address or git.origin(root) or None)
    problems = documents.hold(reader.parse(RECORD, template.text(wanted).encode()), "template").problems
    raise_all(problems if address else [])
    return replace(wanted, repository=None) if problems else wanted


def write(root: Path, wanted: Record) -> bool:
    """Write a record, where the checked-out commit has another one; say whether it had."""
    if template.read(root, "HEAD") == wanted:
        return False
    files.write(root / RECORD, template.text(wanted))
    return True


def tag(root: Path, wanted: Record) -> str:
    """Put the tag of a version on the checked-out commit, signed where settings ask for it; return its name."""
    name = f"v{wanted.version}"
    tags.create(root, name, "HEAD", f"template {wanted.version}\n\n{template.sealed(wanted.sha256)}\n")
    return name
