"""Documents on disk: YAML that people write, JSON that verbs write, both held against a schema."""

import errno
import json
import os
import stat
from dataclasses import replace
from pathlib import Path

from registry.errors import raise_all, refuse
from registry.formats import reader, schemas
from registry.formats.reader import Document

LARGEST, LARGEST_JSON = 256 * 1024, 8 * 1024 * 1024
USUAL = 8 * 1024  # making room for the largest takes longer than reading


def load(root: Path, file: str, schema: str) -> Document:
    """Return a YAML document of the repository that its schema accepts; raise RegistryError with all its problems."""
    document = read(root, file, schema)
    raise_all(document.problems)
    return document


def read(root: Path, file: str, schema: str) -> Document:
    """Return a YAML document of the repository with the problems that its reader and its schema have with it.

    Raises RegistryError when there is no telling what it holds.
    """
    return hold(reader.parse(file, contents(root, file)), schema)


def contents(root: Path, file: str) -> bytes:
    """Return a document of the repository as it lies there; raise RegistryError when it can't be read, or is too large."""
    return _read(os.path.join(root, file), file, LARGEST)


def whole(file: str, raw: bytes, largest: int = LARGEST) -> bytes:
    """Return a document's bytes; raise RegistryError where they are more than a document may have."""
    if len(raw) > largest:
        raise refuse(file, f"is larger than {largest:,} bytes, the most that a document may have")
    return raw


def hold(document: Document, schema: str) -> Document:
    """Return a document with its schema's problems added to its own; none is told twice."""
    seen = {problem.field for problem in document.problems}
    more = [one for one in schemas.problems(document, schema) if one.field not in seen]
    return replace(document, problems=document.problems + more) if more else document


def check(document: Document, schema: str) -> Document:
    """Return a document that its reader and its schema accept; raise RegistryError with all their problems."""
    held = hold(document, schema)
    raise_all(held.problems)
    return held


def load_json(path: Path, schema: str, file: str, advice: str) -> dict:
    """Read a JSON document that a verb wrote; raise RegistryError, with advice, when no verb wrote it so."""
    try:
        data = json.loads(_read(path, file, LARGEST_JSON, advice))
        dump_json(data).encode()
    except (ValueError, RecursionError) as error:
        raise refuse(file, f"is not JSON ({error}); {advice}") from error
    for problem in schemas.problems(Document(file, data, {}), schema):
        raise refuse(file, f"is damaged ({problem.field or 'it'} {problem.text.split('; ')[0]}); {advice}")
    return data


def dump_json(data: object) -> str:
    """Return JSON as the verbs write it: sorted, indented, one line feed at the end, never NaN."""
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def dump_long(data: object) -> str:
    """Return JSON that tells of thousands, which is for programs alone: sorted, on one line, never NaN."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, allow_nan=False, check_circular=False) + "\n"


def _read(path: str | Path, file: str, largest: int, advice: str = "mend that and run the same command again") -> bytes:
    try:
        with open(path, "rb", buffering=0, opener=_open_plainly) as document:
            if not stat.S_ISREG(os.fstat(document.fileno()).st_mode):
                raise refuse(file, "is no regular file; put the document itself there")
            raw = document.read(USUAL)
            while len(raw) <= largest and (more := document.read(largest + 1 - len(raw))):
                raw += more
        return whole(file, raw, largest)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise refuse(file, "is a link; put the document itself there") from error
        raise refuse(file, f"can't be read: {(error.strerror or str(error)).lower()}; {advice}") from error


def _open_plainly(path: str, flags: int) -> int:
    """Open without following a link and without waiting for a pipe's other end."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
