"""Reading a request's body, up to a limit, packed or not."""

import asyncio
import zlib

from starlette.types import Receive

from registry.protocols import values
from registry.protocols.refusals import RequestError, bad_request

LIMIT = 32 * 1024 * 1024  # bytes, as sent and unpacked
ENCODINGS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


async def read_body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    """Return the body, unpacked; raise RequestError when it is too large, by its header, while it arrives or unpacked,
    and when it can't be unpacked."""
    encoding = _encoding(headers.get(b"content-encoding", b"").decode("latin-1"))
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > LIMIT:
        raise _too_large()
    body = await _receive(receive)
    return await asyncio.to_thread(_unpack, body, encoding) if encoding else body


def _encoding(given: str) -> str | None:
    if not given:
        return None
    names = [name for name in (part.strip().lower() for part in given.split(",")) if name not in ("", "identity")]
    if len(names) > 1 or not ENCODINGS.keys() >= set(names):
        raise RequestError(415, f"content-encoding {values.show(given)} is not taken here; send gzip, deflate or none")
    return names[0] if names else None


async def _receive(receive: Receive) -> bytes:
    chunks, size, more = [], 0, True
    while more:  # Starlette's stream() costs more than reading a small prediction does
        message = await receive()
        if message["type"] == "http.disconnect":
            raise bad_request("the connection was closed before the whole body had arrived")
        chunks.append(message["body"])
        size += len(message["body"])
        if size > LIMIT:
            raise _too_large()
        more = message["more_body"]
    return b"".join(chunks)


def _unpack(body: bytes, encoding: str) -> bytes:
    unpacking = zlib.decompressobj(ENCODINGS[encoding])
    try:
        content = unpacking.decompress(body, LIMIT + 1)
    except zlib.error as error:
        raise bad_request(f"the body can't be unpacked as {encoding}: {str(error).rpartition(': ')[2]}") from error
    if len(content) > LIMIT:
        raise _too_large(" when unpacked")
    if not unpacking.eof:
        raise bad_request(f"the body can't be unpacked as {encoding}: it ends in the middle")
    if unpacking.unused_data:
        raise bad_request(f"the body can't be unpacked as {encoding}: it goes on after its end")
    return content


def _too_large(when: str = "") -> RequestError:
    return RequestError(413, f"the body is larger than {LIMIT // 1024 // 1024} MiB{when}; send fewer rows at once")
