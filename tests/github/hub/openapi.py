"""Every request that arrives and every answer that leaves is held against GitHub's own description of its API."""

import json
from collections.abc import Iterator, Mapping
from functools import cache

from jsonschema.protocols import Validator
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator, oas30_format_checker

from hub.messages import Request
from hub.schemas import description, operation, resolve, undeclared

HOSTS = {"api": "https://api.github.com", "uploads": "https://uploads.github.com"}
UPLOAD = "/repos/{owner}/{repo}/releases/{release_id}/assets"
JSON = "application/json"
WRITTEN = {"integer": int, "boolean": {"true": True, "false": False}.__getitem__}  # how values stand in an address


@cache
def _reading(kind: type[Validator]) -> Validator:
    return kind(description(), format_checker=oas30_format_checker)


def request_faults(ask: Request, template: str, variables: dict[str, str]) -> list[str]:
    """Return what is wrong with a request by the description, also what it holds beyond it."""
    described = operation(ask.method, template)
    if described is None:
        return ["is not in the description; add it to operations.txt and run trim.py"]
    places = [one["url"].partition("{")[0] for one in described.get("servers", description()["servers"])]
    if HOSTS[ask.host] not in places:
        return [f"it is at {HOSTS[ask.host]}, and described at {' '.join(places)}"]
    parameters = [resolve(one) for one in described.get("parameters", [])]
    known = {one["name"] for one in parameters if one["in"] == "query"}
    found = [f"the query parameter {name} is not described" for name in sorted(ask.query.keys() - known)]
    given = {"path": variables, "query": ask.query}
    for one in parameters:
        found += _parameter_faults(one, given[one["in"]])
    return found + list(_body_faults(ask, resolve(described.get("requestBody", {}))))


def answer_faults(ask: Request, template: str, status: int, headers: dict[str, str], body: bytes) -> list[str]:
    """Return what is wrong with an answer by the description, which doesn't list every error that GitHub gives."""
    described = operation(ask.method, template)["responses"]
    if str(status) not in described:
        return [] if status >= 400 else [f"status {status} is not described"]
    content = resolve(described[str(status)]).get("content")
    if not content:
        return ["it has a body and the description knows none"] if body and status < 300 else []
    if _kind(headers.get("Content-Type", JSON)) != JSON:
        return []  # raw bytes
    return list(_schema_faults(OAS30ReadValidator, content[JSON]["schema"], json.loads(body)))


def _parameter_faults(described: dict, given: Mapping[str, str]) -> list[str]:
    name, schema = described["name"], resolve(described["schema"])
    if name not in given:
        return [f"the {described['in']} parameter {name} is missing"] if described.get("required") else []
    if described["in"] == "query" and not given[name]:
        return [f"the query parameter {name} is empty"]
    try:
        value = WRITTEN.get(schema.get("type"), str)(given[name])
    except (KeyError, ValueError):
        return [f"the {described['in']} parameter {name} is {given[name]}, which is no {schema['type']}"]
    return list(_schema_faults(OAS30WriteValidator, schema, value, name))


def _body_faults(ask: Request, described: dict) -> Iterator[str]:
    """Yield what is wrong with what was sent, where that is JSON; files may be of any kind."""
    content = described.get("content", {})
    if JSON not in content or not (ask.body or described.get("required")):
        return
    if (kind := _kind(ask.headers.get("content-type", JSON))) != JSON:
        yield f"it is {kind}, and {JSON} is described"
        return
    try:
        value = json.loads(ask.body)
    except ValueError as error:
        yield f"its body is no JSON: {error}"
        return
    schema = content[JSON]["schema"]
    yield from _schema_faults(OAS30WriteValidator, schema, value)
    yield from (f"the field {place} is not described" for place in undeclared(schema, value))


def _kind(header: str) -> str:
    return header.split(";")[0]


def _schema_faults(kind: type[Validator], schema: dict, value: object, name: str = "body") -> Iterator[str]:
    for one in _reading(kind).evolve(schema=schema).iter_errors(value):
        yield f"{'/'.join(map(str, one.absolute_path)) or name}: {one.message[:300]}"
