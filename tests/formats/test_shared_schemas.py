"""What several documents tell stands in one schema, and the others name it in a way that every program can follow."""

import json
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import urljoin

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from registry.formats import schemas
from registry.formats.reader import Document

FILES = {path.as_uri(): path for path in sorted(schemas.FOLDER.glob("*.json"))}
EVENT = {
    "time": "2026-03-03T14:00:00Z", "kind": "pinned", "model": "digits", "version": "1.0.0", "environment": "staging",
    "before": None, "sha256": None, "reason": None, "person": {"name": "Ada", "email": "ada@example.com"},
    "commit": "c" * 40, "subject": "Pin digits", "pull": None, "reverts": None,
}  # fmt: skip


def parts(schema: object, place: str) -> Iterator[tuple[str, dict]]:
    """Yield every mapping in a schema, at any depth, with its place."""
    if isinstance(schema, dict):
        yield place, schema
    for name, part in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if isinstance(part, dict | list):
            yield from parts(part, f"{place}/{name}")


def shape(schema: object) -> object:
    """Return a schema less its words for people."""
    if isinstance(schema, dict):
        return {name: shape(part) for name, part in schema.items() if name != "description" or isinstance(part, dict)}
    return [shape(part) for part in schema] if isinstance(schema, list) else schema


def from_folder(address: str) -> Resource:
    """Return the schema at an address, as a program finds it that knows nothing of this repository."""
    return Resource.from_contents(json.loads(FILES[address].read_text("utf-8")))


def test_what_a_schema_names_lies_in_its_folder_and_nothing_is_defined_in_vain() -> None:
    named, defined = set(), set()
    for address, path in FILES.items():
        resolver = Registry(retrieve=from_folder).resolver(base_uri=address)
        for name in [part["$ref"] for _, part in parts(schemas.load(path.stem), "") if "$ref" in part]:
            Draft202012Validator.check_schema(resolver.lookup(name).contents)
            named.add(urljoin(address, name))
        defined |= {f"{address}#/$defs/{name}" for name in schemas.load(path.stem).get("$defs", {})}
    assert named == defined


def test_no_two_schemas_describe_a_mapping_in_the_same_way() -> None:
    found = defaultdict(set)
    for path in FILES.values():
        for place, part in parts(schemas.load(path.stem), path.stem):
            if len(part.get("properties", {})) > 1 and part.get("additionalProperties") is False:
                found[json.dumps(shape(part), sort_keys=True)].add(place)
    assert [sorted(places) for places in found.values() if len({place.split("/")[0] for place in places}) > 1] == []


def test_what_is_shared_is_held_and_explained_as_what_is_not() -> None:
    wrong = EVENT | {"kind": "pined", "person": {"name": "Ada", "mail": "ada@example.com"}}
    held = {
        event["kind"]: schemas.problems(Document("it", {"at": None, "events": [event], "more": 0}, {}), "history")
        for event in (EVENT, wrong)
    }
    assert {kind: [str(problem) for problem in problems] for kind, problems in held.items()} == {
        "pinned": [],
        "pined": [
            'it:1: events[0].kind: "pined" is not known here; did you mean pinned?',
            "it:1: events[0].person.mail: is not a field here; did you mean email?",
        ],
    }
