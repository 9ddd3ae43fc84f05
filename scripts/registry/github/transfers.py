"""Bytes on their way: a file that arrives in as many pieces as the connection breaks into, and a part that is sent."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import BinaryIO, Protocol

from registry import console
from registry.github import answers
from registry.github.parts import Part

CHUNK = 16 * 1024  # bytes; what arrived of an unfinished one is lost with its connection


class Answer(Protocol):
    """As much of requests' answer as is needed here."""

    status_code: int
    headers: Mapping[str, str]

    def iter_content(self, chunk_size: int) -> Iterable[bytes]: ...


class Download:
    """A file that is written into an open one, from where that stands.

    `size` is how many bytes it has, where that is known. `reached` is the most of it that was there at any time.
    """

    def __init__(self, file: BinaryIO, label: str, size: int | None = None) -> None:
        self.label = label
        self.reached = 0
        self._file, self._start, self._size = file, file.tell(), size
        self._is_encoded = False  # so that bytes that are here can't be counted in those that are sent

    @property
    def have(self) -> int:
        """How many bytes are there."""
        return self._file.seek(0, os.SEEK_END) - self._start

    def headers(self) -> dict[str, str]:
        """Return what asks for the rest, as it lies there: digests and sizes are those of the bytes that are kept."""
        rest = {"Range": f"bytes={self.have}-"} if self.have and not self._is_encoded else {}
        return {"Accept-Encoding": "identity"} | rest

    def is_all_there(self, status: int) -> bool:
        """Say whether an answer says that nothing is left of what was asked for."""
        return status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and self.have > 0

    def take(self, call: str, answer: Answer) -> None:
        """Write what an answer brings; raise GitHubError when it is not the rest, or not all of it."""
        self._begin(call, answer)
        done, length = self.have, answer.headers.get("Content-Length", "")
        total = int(length) + done if length.isdecimal() else self._size
        with console.progress(f"fetching {self.label}") as show:
            for chunk in answer.iter_content(CHUNK):
                self._file.write(chunk)
                done += len(chunk)
                self.reached = max(self.reached, done)
                show(done, total)
        self._file.flush()
        if not length and done < (self._size or 0):
            raise answers.silence(call, "the answer was cut short")

    def _begin(self, call: str, answer: Answer) -> None:
        """Go to where an answer's bytes belong: to the end of those that are here, else to the start."""
        is_rest = answer.status_code == HTTPStatus.PARTIAL_CONTENT
        if is_rest and _first(answer.headers) == self.have:
            return
        self._file.seek(self._start)
        self._file.truncate()
        if is_rest:
            raise answers.silence(call, "the answer begins elsewhere than was asked for")
        self._is_encoded = answer.headers.get("Content-Encoding", "identity") != "identity"


def _first(headers: Mapping[str, str]) -> int | None:
    found = re.match(r"bytes (\d+)-", headers.get("Content-Range", ""), re.ASCII)
    return int(found[1]) if found else None


class Upload:
    """A part as requests sends it: its length, which becomes the Content-Length, and its bytes, told as they go."""

    def __init__(self, part: Part, show: Callable[[int, int], None]) -> None:
        self._part, self._show = part, show

    def __len__(self) -> int:
        return self._part.size

    def __iter__(self) -> Iterator[bytes]:
        done = 0
        for chunk in self._part.read():
            yield chunk
            done += len(chunk)
            self._show(done, self._part.size)
