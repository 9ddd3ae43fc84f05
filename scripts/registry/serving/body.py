"""Reading a request's body, up to a limit."""

from starlette.requests import ClientDisconnect, Request

from registry.serving.errors import RequestError

LIMIT = 32 * 1024 * 1024  # bytes


async def read_body(request: Request) -> bytes:
    """Return the body; raise RequestError when it is too large, by its header or while it arrives, or compressed."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise RequestError(415, "the body is compressed; send plain JSON, without content-encoding")
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > LIMIT:
        raise _too_large()
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > LIMIT:
                raise _too_large()
            chunks.append(chunk)
    except ClientDisconnect as error:
        raise RequestError(400, "the connection was closed before the whole body had arrived") from error
    return b"".join(chunks)


def _too_large() -> RequestError:
    return RequestError(413, f"the body is larger than {LIMIT // 1024 // 1024} MiB; send fewer rows at once")
