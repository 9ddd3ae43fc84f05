"""Reading a request's body, up to a limit."""

from starlette.requests import Request

from registry.serving.errors import RequestError

LIMIT = 32 * 1024 * 1024  # bytes


async def read_body(request: Request) -> bytes:
    """Return the body; raise RequestError when it is too large, by its header or while it arrives, or compressed."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RequestError(415, "the body is compressed; send plain JSON, without content-encoding")
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > LIMIT:
        raise _too_large()
    chunks, size, more = [], 0, True
    while more:  # Request.stream() costs more than reading a small prediction does
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise RequestError(400, "the connection was closed before the whole body had arrived")
        chunks.append(message["body"])
        size += len(message["body"])
        if size > LIMIT:
            raise _too_large()
        more = message["more_body"]
    if not size and "upgrade" in request.headers:  # the parser takes what follows for another protocol's
        raise RequestError(400, "this server speaks HTTP/1.1 and nothing else; leave out the header `upgrade`")
    return b"".join(chunks)


def _too_large() -> RequestError:
    return RequestError(413, f"the body is larger than {LIMIT // 1024 // 1024} MiB; send fewer rows at once")
