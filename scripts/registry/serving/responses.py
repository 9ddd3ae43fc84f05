"""What goes back over HTTP: JSON, binary data after it, and each error in the protocols' form, {"error": "…"}."""

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from registry.protocols.metadata import BINARY_HEADER
from registry.protocols.refusals import RequestError, show

FIELDS = {
    401: {"www-authenticate": "Bearer"},
    408: {"connection": "close"},  # the rest of the body may never come
    503: {"retry-after": "1"},
}


def json(content: bytes, status: int = 200) -> Response:
    """Return an answer of JSON."""
    return Response(content, status, media_type="application/json")


def binary(content: bytes, length: int | None) -> Response:
    """Return an answer of JSON with binary data after it, `length` bytes from the beginning; plain JSON for None."""
    if length is None:
        return json(content)
    return Response(content, headers={BINARY_HEADER: str(length)}, media_type="application/octet-stream")


def _error(status: int, text: str) -> Response:
    response = json(orjson.dumps({"error": text}), status)
    response.headers.update(FIELDS.get(status, {}))
    return response


def refusal(error: RequestError) -> Response:
    """Return the answer to a request that is turned down."""
    return _error(error.status, error.text)


async def _refused(_: Request, error: RequestError) -> Response:
    return refusal(error)


async def _no_route(request: Request, error: HTTPException) -> Response:
    path = show(request.url.path)
    if error.status_code == 405:
        allowed = " or ".join(sorted(error.headers["Allow"].split(", ")))
        response = _error(405, f"{request.method} is not allowed for {path}; use {allowed}")
        response.headers.update(error.headers)
        return response
    return _error(error.status_code, f"there is nothing at {path}; models are under /v1/models/ and /v2/models/")


async def _bug(_: Request, error: Exception) -> Response:
    return _error(500, f"this is a fault of the server: {type(error).__name__}")


HANDLERS = {RequestError: _refused, HTTPException: _no_route, Exception: _bug}
