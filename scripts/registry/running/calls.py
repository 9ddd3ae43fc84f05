"""What the server and the process that runs models say to each other: a few words, and bytes that travel as they are."""

import pickle
import struct
from typing import NamedTuple

SIZES = struct.Struct("<II")
SMALL = 64 * 1024  # bytes, which take less time to copy than to send apart


class Call(NamedTuple):
    """Words, of which the first says what they are about, and content, which nobody looks at on the way."""

    words: tuple
    content: bytes = b""


def write(call: Call) -> list[bytes]:
    """Return the parts of a call as they go over a socket, one after the other."""
    words = pickle.dumps(call.words, pickle.HIGHEST_PROTOCOL)
    head = SIZES.pack(len(words), len(call.content)) + words
    return [head, call.content] if len(call.content) > SMALL else [head + call.content]


def joined(parts: list[bytes]) -> list[bytes]:
    """Return parts as one where they are small."""
    return [b"".join(parts)] if all(len(part) <= 2 * SMALL for part in parts) else parts


class Arriving:
    """Calls that come in pieces."""

    def __init__(self) -> None:
        self._held = bytearray()

    def take(self, data: bytes) -> list[Call]:
        """Return the calls that are whole with these bytes."""
        self._held += data
        found, place = [], 0
        while len(self._held) - place >= SIZES.size:
            words, content = SIZES.unpack_from(self._held, place)
            begin = place + SIZES.size
            if len(self._held) < begin + words + content:
                break
            with memoryview(self._held) as held:
                place = begin + words + content
                found.append(Call(pickle.loads(held[begin : begin + words]), bytes(held[begin + words : place])))
        del self._held[:place]
        return found
