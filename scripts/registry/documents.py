"""Documents on disk: YAML that people write, JSON that verbs write, both held against a schema."""

import json
import os
from pathlib import Path

from registry import reader, schemas
from registry.errors import raise_all, refuse
from registry.reader import Document

LARGEST, LARGEST_JSON = 256 * 1024, 8 * 1024 * 1024


def load(root: Path, file: str, schema: str) -> Document:
    """Read a YAML document of the repository and hold it against its schema; raise RegistryError with all its problems."""
    return check(reader.parse(file, _read(os.path.join(root, file), file, LARGEST)), schema)


def check(document: Document, schema: str) -> Document:
    """Return a document that its reader and its schema accept; raise RegistryError with all their problems."""
    if more := schemas.problems(document, schema):
        seen = {(problem.line, problem.field) for problem in document.problems}
        more = [one for one in more if (one.line, one.field) not in seen]
    raise_all(document.problems + more)
    return document


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


def _read(path: str | Path, file: str, largest: int, advice: str = "mend that and run the same command again") -> bytes:
    try:
        with open(path, "rb") as document:
            raw = document.read(largest + 1)
        if len(raw) > largest:
            raise refuse(file, f"is larger than {largest:,} bytes, the most that a document may have")
        return raw
    except OSError as error:
        raise refuse(file, f"can't be read: {(error.strerror or str(error)).lower()}; {advice}") from error
