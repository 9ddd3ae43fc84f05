"""Every request that arrives and every answer that leaves is held against GitHub's own description of its API."""

from collections.abc import Iterator
from functools import cache

from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from hub.messages import Request
from hub.schemas import description, operation, resolve, undeclared

HOSTS = {"api": "https://api.github.com", "uploads": "https://uploads.github.com"}
UPLOAD = "/repos/{owner}/{repo}/releases/{release_id}/assets"


@cache
def _checker() -> OpenAPI:
    return OpenAPI.from_dict(description(), config=Config(spec_validator_cls=None))


def request_faults(ask: Request, template: str, variables: dict[str, str]) -> list[str]:
    """Return what is wrong with a request by the description, also what it holds beyond it."""
    described = operation(ask.method, template)
    if described is None:
        return ["is not in the description; add it to operations.txt and run trim.py"]
    known = {resolve(one)["name"] for one in described.get("parameters", []) if resolve(one)["in"] == "query"}
    found = [f"the query parameter {name} is not described" for name in sorted(ask.query.keys() - known)]
    try:
        _checker().validate_request(_request(ask, template, variables))
    except OpenAPIError as error:
        return found + list(reasons(error))
    content = resolve(described.get("requestBody", {})).get("content", {})
    if ask.body and "application/json" in content:
        unknown = undeclared(content["application/json"]["schema"], ask.json)
        found += [f"the field {place} is not described" for place in unknown]
    return found


def answer_faults(
    ask: Request, template: str, variables: dict[str, str], status: int, headers: dict[str, str], body: bytes
) -> list[str]:
    """Return what is wrong with an answer by the description, which doesn't list every error that GitHub gives."""
    described = operation(ask.method, template)["responses"]
    if str(status) not in described:
        return [] if status >= 400 else [f"status {status} is not described"]
    if not resolve(described[str(status)]).get("content"):
        return ["it has a body and the description knows none"] if body and status < 300 else []
    kind = headers.get("Content-Type", "application/json").split(";")[0]
    if kind != "application/json":
        return []  # raw bytes
    try:
        answer = MockResponse(body, status, headers, kind)
        _checker().validate_response(_request(ask, template, variables), answer)
    except OpenAPIError as error:
        return list(reasons(error))
    return []


def _request(ask: Request, template: str, variables: dict[str, str]) -> MockRequest:
    kind = ask.headers.get("content-type", "application/json").split(";")[0]
    if template == UPLOAD:
        kind = "application/octet-stream"  # the description names one type, GitHub takes any
    return MockRequest(
        HOSTS[ask.host], ask.method, ask.path, template, ask.query, variables, ask.headers, None, ask.body, kind
    )


def reasons(error: BaseException) -> Iterator[str]:
    """Yield the innermost words of an error: what a schema found, or what the error itself says."""
    if found := getattr(error, "schema_errors", None):
        yield from (f"{'/'.join(map(str, one.absolute_path)) or 'body'}: {one.message[:300]}" for one in found)
    elif error.__cause__ is not None:
        yield from reasons(error.__cause__)
    else:
        yield str(error)[:300] or repr(error)
