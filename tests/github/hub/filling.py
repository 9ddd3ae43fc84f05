"""Answers hold what matters; what else GitHub's description requires is filled in, so that no client can lean on it.

Addresses that were filled in lead nowhere: https://unmodelled.invalid.
"""

from hub.schemas import chosen, operation, resolve, undeclared

PLAIN = {"integer": 0, "number": 0, "boolean": False}
TEXTS = {"uri": "https://unmodelled.invalid/{}", "date-time": "2000-01-01T00:00:00Z"}


class Invented(Exception):
    """The hub answers with a field that GitHub's description doesn't have."""


def filled(method: str, template: str, status: int, facts: object) -> object:
    """Return the facts as a complete answer to an operation."""
    answer = operation(method, template)["responses"].get(str(status))
    schema = resolve(answer or {}).get("content", {}).get("application/json", {}).get("schema")
    if schema is None or status >= 400:
        return facts
    if invented := list(undeclared(schema, facts)):
        raise Invented(f"{method} {template} {status}: {', '.join(invented)}")
    return complete(schema, facts)


def complete(schema: dict, facts: object) -> object:
    """Return facts with all that the schema requires."""
    schema = chosen(schema, facts)
    if isinstance(facts, list):
        return [complete(schema.get("items", {}), item) for item in facts]
    if not isinstance(facts, dict) or "properties" not in schema:
        return facts
    properties = schema["properties"]
    result = {name: complete(properties.get(name, {}), value) for name, value in facts.items()}
    for name in schema.get("required", []):
        result.setdefault(name, default(properties.get(name, {}), name))
    return result


def default(schema: dict, name: str) -> object:
    """Return a value that a schema allows and nobody can use."""
    schema = chosen(schema, None)
    if schema.get("nullable"):
        return None
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return []
    if schema.get("type") == "object" or "properties" in schema:
        return complete(schema, {})
    return PLAIN.get(schema.get("type"), TEXTS.get(schema.get("format"), "").format(name))
