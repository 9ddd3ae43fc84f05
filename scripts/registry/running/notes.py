"""What each thread of the process that runs models computes, noted where the server still reads it when that died."""

import faulthandler
import mmap
import os
import re
import struct
import tempfile
import threading
from collections import deque
from typing import BinaryIO

NOTE = struct.Struct("<QQ")  # a thread, and the number of what it computes
PLACES = 4096  # notes at the same time: four for each of a thousand models
SIZE = PLACES * NOTE.size
CRASHED = re.compile(rb"^Current thread 0x([0-9a-f]+)", re.MULTILINE)


class Notes:
    """Notes in a file, in the process that makes them. A crash adds to the file which thread it was."""

    def __init__(self, file: int) -> None:
        self._map = mmap.mmap(file, SIZE)
        self._free = deque(range(0, SIZE, NOTE.size))
        os.lseek(file, SIZE, os.SEEK_SET)
        faulthandler.enable(file)

    def begin(self, number: int) -> int:
        """Note what this thread begins to compute; return what `end` takes."""
        place = self._free.pop()
        NOTE.pack_into(self._map, place, threading.get_ident(), number)
        return place

    def end(self, place: int) -> None:
        """Take a note back."""
        NOTE.pack_into(self._map, place, 0, 0)
        self._free.append(place)


def make() -> BinaryIO:
    """Return a file for notes: one in memory where there is such, since a full disk would end who notes."""
    file = open(os.memfd_create("notes"), "rb+") if hasattr(os, "memfd_create") else tempfile.TemporaryFile()
    file.truncate(SIZE)
    return file


def read(file: int) -> tuple[set[int], int | None]:
    """Return the numbers of what was computed at the end, and that of the thread which crashed, where it is known."""
    content = os.pread(file, os.fstat(file).st_size, 0)
    computing = {thread: number for thread, number in NOTE.iter_unpack(content[:SIZE]) if number}
    crashed = CRASHED.search(content, SIZE)
    return set(computing.values()), computing.get(int(crashed[1], 16)) if crashed else None
