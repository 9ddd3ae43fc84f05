"""Protocol buffers as bytes, read a window at a time: what is skipped, constants of any size, is never read.

What is written otherwise than usual is refused: two readers could take it for two things.
https://protobuf.dev/programming-guides/encoding/
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

WINDOW = 16 * 1024
MOST_FIELDS = 3_000_000
LONGEST_HEAD = 20  # bytes: a tag and a length
LONGEST_TEXT = 4 * 1024 * 1024
NUMBER, MESSAGE = 0, 2
FIXED = {1: 8, 5: 4}
OUTSIDE = "it has a field that ends behind what holds it"
PLAIN = frozenset(number << 3 | MESSAGE for number in range(1, 16))  # tags of one byte
TAGS = range(8, 1 << 32)  # of larger ones some readers take the lower 32 bits
LISTED = (
    b"\x3d\x40"  # tags of floats, field 7, and ints, field 8: of a forest ONNX has millions, each a field of its own
)
RUN = re.compile(rb"(?:\x3d.{4})+|(?:\x40[\x80-\xff]{0,9}[\x00-\x7f])+", re.DOTALL)


class Damaged(ValueError):
    """These bytes are not what they should be; the message says why."""


class Wire:
    """A file of nested messages; each is a stretch of it, from its first byte to behind its last."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        self._file = file
        self._window = b""
        self._first = self._last = 0
        self._left = MOST_FIELDS

    def messages(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield the fields of a message that are messages or text: number, start and end."""
        while start < end:
            self._left -= 1
            if self._left < 0:
                raise Damaged(f"it has more than {MOST_FIELDS:,} fields")
            if not self._first <= start < self._last:
                self._fill(start)
            window, at = self._window, start - self._first
            if window[at] in PLAIN and window[at + 1] < 128:  # most are so; a call for each would double the time
                number, kind, begin, behind = window[at] >> 3, MESSAGE, at + 2, at + 2 + window[at + 1]
            elif window[at] in LISTED and (run := RUN.match(window, at, min(end, self._last) - self._first)):
                number, kind, begin, behind = 0, NUMBER, at, run.end()
            else:
                number, kind, begin, behind = _field(window, at)
            start = behind + self._first
            if start > end:
                raise Damaged(OUTSIDE)
            if kind == MESSAGE:
                yield number, begin + self._first, start

    def content(self, start: int, end: int) -> bytes:
        """Return a stretch as bytes; raise Damaged for one that is longer than any text."""
        if end - start > LONGEST_TEXT:
            raise Damaged("it has a text that is longer than any")
        if not (self._first <= start and end <= self._last):
            self._fill(start, end - start)
        return self._window[start - self._first : end - self._first]

    def text(self, start: int, end: int) -> str:
        """Return a stretch as text."""
        return self.content(start, end).decode("utf-8", "replace")

    def _fill(self, start: int, size: int = 0) -> None:
        """Read the window that begins here. Behind the file's end follow zeros, which no message may reach into."""
        self._file.seek(start)
        self._window = self._file.read(max(WINDOW, size))
        self._first, read = start, len(self._window)
        self._last = start + read - LONGEST_HEAD if start + read < self.size else start + read
        self._window += bytes(LONGEST_HEAD)


def fields(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield the fields of a message in memory that are messages or text: number, start and end."""
    at, size = 0, len(content)
    padded = content + bytes(LONGEST_HEAD)
    while at < size:
        if padded[at] in PLAIN and padded[at + 1] < 128:
            number, kind, begin, at = padded[at] >> 3, MESSAGE, at + 2, at + 2 + padded[at + 1]
        else:
            number, kind, begin, at = _field(padded, at)
        if at > size:
            raise Damaged(OUTSIDE)
        if kind == MESSAGE:
            yield number, begin, at


def _field(window: bytes, at: int) -> tuple[int, int, int, int]:
    """Return a field's number, its type, where it begins (of a NUMBER its value) and where it ends."""
    tag, at = window[at], at + 1
    if tag > 127:
        tag, at = _varint(window, at - 1)
    kind = tag & 7
    if kind == MESSAGE or kind == NUMBER:
        value, at = window[at], at + 1
        if value > 127:
            value, at = _varint(window, at - 1)
        if tag in TAGS:
            return (tag >> 3, kind, at, at + value) if kind == MESSAGE else (tag >> 3, kind, value, at)
    elif kind in FIXED and tag in TAGS:
        return tag >> 3, kind, at, at + FIXED[kind]
    raise Damaged("it has a field of a kind that nothing has")


def _varint(window: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = window[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            if not byte:
                break  # a shorter form says the same
            return value, at
    raise Damaged("it has a number that is written in no usual way")
