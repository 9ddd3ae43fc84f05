"""GitHub's description of its API as trim.py left it, and how to walk its schemas."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

KINDS = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "number": (int, float)}


@cache
def description() -> dict:
    return json.loads(Path(__file__).with_name("openapi.json").read_text())


def operation(method: str, template: str) -> dict | None:
    return description()["paths"].get(template, {}).get(method.lower())


def resolve(node: dict) -> dict:
    """Follow a reference."""
    while "$ref" in node:
        found = description()
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def chosen(schema: dict, facts: object) -> dict:
    """Return one plain schema: references followed, allOf joined, of alternatives the one that fits."""
    schema = resolve(schema)
    for word in ("oneOf", "anyOf"):
        if word in schema and "properties" not in schema:
            those = [chosen(one, facts) for one in schema[word]]
            best = next((one for one in those if fits(one, facts)), those[0])
            return best | ({"nullable": True} if schema.get("nullable") else {})
    if "allOf" in schema:
        parts = [chosen(one, facts) for one in schema["allOf"]]
        joined = {key: value for part in [*parts, schema] for key, value in part.items()}
        joined["properties"] = {key: value for part in parts for key, value in part.get("properties", {}).items()}
        joined["required"] = [name for part in parts for name in part.get("required", [])]
        return joined
    return schema


def fits(schema: dict, facts: object) -> bool:
    """Say whether facts could be of this schema."""
    if facts is None or not isinstance(facts, KINDS.get(schema.get("type"), object)):
        return False
    properties = schema.get("properties", {})
    if not isinstance(facts, dict) or not properties:
        return True
    named = all(facts[key] in resolve(one).get("enum", [facts[key]]) for key, one in properties.items() if key in facts)
    return named and facts.keys() <= properties.keys()


def undeclared(schema: dict, facts: object, place: str = "") -> Iterator[str]:
    """Yield the places of fields that a schema doesn't know, where it names any."""
    schema = chosen(schema, facts)
    if isinstance(facts, list):
        for number, item in enumerate(facts):
            yield from undeclared(schema.get("items", {}), item, f"{place}{number}/")
    properties = schema.get("properties", {})
    if isinstance(facts, dict) and properties:
        for name, value in facts.items():
            if name in properties:
                yield from undeclared(properties[name], value, f"{place}{name}/")
            elif not schema.get("additionalProperties"):
                yield f"{place}{name}"
