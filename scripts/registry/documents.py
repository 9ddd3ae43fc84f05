"""Documents on disk: YAML that people write, JSON that verbs write, both held against a schema."""

import json
import math
import os
from pathlib import Path

from registry import reader, schemas
from registry.errors import raise_all, refuse
from registry.reader import Document

LARGEST, LARGEST_JSON = 256 * 1024, 8 * 1024 * 1024
DEEPEST_JSON = 40


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


def load_json(path: Path, schema: str, file: str) -> dict:
    """Read a JSON document that a verb wrote; raise RegistryError when it isn't what the verb would write."""
    try:
        data = json.loads(_read(path, file, LARGEST_JSON), parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:
        raise refuse(file, f"is not JSON: {error}") from error
    if _depth(data) > DEEPEST_JSON:
        raise refuse(file, f"is nested deeper than {DEEPEST_JSON} levels, which no verb writes")
    return check(Document(file, data, {}), schema).data


def _finite(text: str) -> float:
    """Return a number that a metric can have; Python would also read NaN, Infinity and 1e999."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is no finite number")
    return value


def _depth(data: object) -> int:
    depth, level = 0, [data]
    while level:
        inner = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        depth, level = depth + 1, [child for children in inner for child in children]
    return depth


def dump_json(data: object) -> str:
    """Return JSON as the verbs write it: sorted, indented, one line feed at the end, never NaN."""
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _read(path: str | Path, file: str, largest: int) -> bytes:
    try:
        with open(path, "rb") as document:
            raw = document.read(largest + 1)
        if len(raw) > largest:
            raise refuse(file, f"is larger than {largest:,} bytes, the most that a document may have")
        return raw
    except OSError as error:
        raise refuse(file, f"can't be read: {(error.strerror or str(error)).lower()}") from error
