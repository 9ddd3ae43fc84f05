"""Documents on disk: YAML that people write, JSON that verbs write, both held against a schema."""

import json
from pathlib import Path

from registry import reader, schemas
from registry.errors import raise_all, refuse
from registry.reader import Document

LARGEST, LARGEST_JSON = 256 * 1024, 8 * 1024 * 1024


def load(path: Path, schema: str, root: Path) -> Document:
    """Read a YAML document and hold it against its schema; raise RegistryError with all its problems."""
    file = path.relative_to(root).as_posix()
    return check(reader.parse(file, _read(path, file, LARGEST)), schema)


def check(document: Document, schema: str) -> Document:
    """Return a document that its reader and its schema accept; raise RegistryError with all their problems."""
    seen = {(problem.line, problem.field) for problem in document.problems}
    more = [one for one in schemas.problems(document, schema) if (one.line, one.field) not in seen]
    raise_all(document.problems + more)
    return document


def load_json(path: Path, schema: str, file: str) -> dict:
    """Read a JSON document that a verb wrote; raise RegistryError when it isn't what the verb would write."""
    try:
        data = json.loads(_read(path, file, LARGEST_JSON))
    except (ValueError, RecursionError) as error:
        raise refuse(file, f"is not JSON: {error}") from error
    return check(Document(file, data, {}), schema).data


def dump_json(data: object) -> str:
    """Return JSON as the verbs write it: sorted, indented, one line feed at the end, never NaN."""
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _read(path: Path, file: str, largest: int) -> bytes:
    try:
        size = path.stat().st_size
        if size > largest:
            raise refuse(file, f"is {size:,} bytes; a document has at most {largest:,}")
        return path.read_bytes()
    except OSError as error:
        raise refuse(file, f"can't be read: {(error.strerror or str(error)).lower()}") from error
