"""In what two versions differ: their specs field by field, their files line by line."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from registry.commits import revisions
from registry.formats.reader import Document
from registry.releases.ledger import Release
from registry.specs import fingerprints, models
from registry.specs.fingerprints import Difference

VERSION = "version"  # which always differs
SPEC = "model.yaml"


class File(NamedTuple):
    """A file of a model's folder that differs: how many lines came and went, None of what is no text."""

    name: str
    added: int | None
    removed: int | None


class Unlike(NamedTuple):
    """In what two versions differ: `fields` of their specs, None where one of these can't be read, and files."""

    fields: Sequence[Difference] | None
    files: Sequence[File]

    def document(self) -> dict:
        """Return it as documents have it."""
        fields = None if self.fields is None else [asdict(one) for one in self.fields]
        return {"spec": fields, "files": [one._asdict() for one in self.files]}

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Yield it as people read it: what differs, before and now."""
        for one in self.fields or ():
            yield one.field, *("-" if text is None else fingerprints.readable(text) for text in (one.old, one.new))
        for one in self.files:
            words = "other bytes" if one.added is None else f"+{one.added:,} -{one.removed:,} lines"
            yield one.name, "", words
        if self.fields is None:
            yield SPEC, "", "can't be told: one of the specs can't be read"


def between(root: Path, old: Release, new: Release, specs: tuple[Document | None, Document | None]) -> Unlike:
    """Return in what two versions differ, given their specs."""
    return Unlike(_fields(*specs), [*_files(root, old, new)])


def _fields(old: Document | None, new: Document | None) -> list[Difference] | None:
    if not (old and old.data and new and new.data):
        return None
    return [one for one in fingerprints.between(old.data, new.data) if one.field != VERSION]


def _files(root: Path, old: Release, new: Release) -> Iterator[File]:
    folder = f"{models.FOLDER}/{new.model}/"
    for path, added, removed in revisions.line_counts(root, old.commit, new.commit, folder):
        if (name := path.removeprefix(folder)) != SPEC:
            yield File(name, added, removed)
