"""The record of which version of the template a repository has; the template's own release writes it, and nobody else."""

from dataclasses import asdict, dataclass
from pathlib import Path

from registry import git
from registry.formats import documents, reader
from registry.upgrading.extent import RECORD


@dataclass(frozen=True)
class Record:
    """A version of the template, the SHA-256 of its files, and, where it is known, the repository that has its versions."""

    version: str
    sha256: str
    repository: str | None = None


def read(root: Path, revision: str) -> Record | None:
    """Return the record that a commit holds, None without one; raise RegistryError where it is none."""
    found = git.find(root, revision, RECORD)
    return None if found is None else Record(**documents.check(reader.parse(RECORD, found), "template").data)


def text(record: Record) -> str:
    """Return the record as it is written."""
    return documents.dump_json({field: value for field, value in asdict(record).items() if value})


def sealed(sha256: str) -> str:
    """Return the line that a version's tag has of its digest, so that a signature of the tag is one of that."""
    return f"SHA256: {sha256}"
