"""Artifacts: one uncompressed tar a version, packed the same on every machine, unpacked without trust in it."""

import hashlib
import os
import tarfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from registry import files
from registry.errors import RegistryError, one_line, refuse

BLOCK = tarfile.BLOCKSIZE
CHUNK = 1024 * 1024
MOST_MEMBERS = 10_000
PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)  # tarfile's own isreg() takes sparse and contiguous files for plain ones


@dataclass(frozen=True)
class Artifact:
    """An artifact's file name, size in bytes and SHA-256: what must arrive."""

    name: str
    size: int
    sha256: str


def describe(path: Path) -> Artifact:
    """Return a file's name, size and SHA-256."""
    return Artifact(path.name, path.stat().st_size, files.digest(path))


def pack(folder: Path, path: Path) -> Artifact:
    """Pack a folder's files: sorted, without times and owners, nothing but regular files."""
    hashed = hashlib.sha256()
    with files.named(path), path.open("wb") as file:
        for block in _blocks(folder):
            hashed.update(block)
            file.write(block)
        size = file.tell()
    return Artifact(path.name, size, hashed.hexdigest())


def holds(path: Path, name: str) -> bool:
    """Say whether a file of a name lies at the top of an artifact; of one that is damaged nobody knows."""
    try:
        with tarfile.open(path, "r:") as packed:
            return any(member.name == name for member in packed)
    except (OSError, tarfile.TarError):
        return False


def digest(folder: Path) -> str:
    """Return the SHA-256 of the artifact that packing a folder would give."""
    hashed = hashlib.sha256()
    for block in _blocks(folder):
        hashed.update(block)
    return hashed.hexdigest()


def _blocks(folder: Path) -> Iterator[bytes]:
    for name in sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()):
        member = tarfile.TarInfo(name)
        member.size = (folder / name).stat().st_size
        yield _packed(member)
        with (folder / name).open("rb") as source:
            while chunk := source.read(CHUNK):
                yield chunk
        yield bytes(-member.size % BLOCK)
    yield bytes(2 * BLOCK)


def _packed(member: tarfile.TarInfo) -> bytes:
    try:
        return member.tobuf(tarfile.USTAR_FORMAT)
    except ValueError as error:
        text = f"can't be packed: {error}; a file may have a name of 100 letters and 8 GiB at most"
        raise refuse(one_line(member.name), text) from error


def unpack(stream: BinaryIO, folder: Path, artifact: Artifact) -> dict[str, int]:
    """Unpack an artifact into a new folder, checking size and digest in the same pass; return name -> size.

    Raises RegistryError, before anything lands outside `folder`, for a wrong size or digest and for members that are
    no regular files, lead out of the folder or come twice. What was unpacked till then stays in `folder`, which is
    the caller's to take away.
    """
    folder.mkdir(parents=True)
    return _Unpacking(stream, folder, artifact).run()


class _Unpacking:
    """One pass over a tar stream. Only plain USTAR members exist here, so each header is one block."""

    def __init__(self, stream: BinaryIO, folder: Path, artifact: Artifact) -> None:
        self.stream = stream
        self.folder = folder
        self.artifact = artifact
        self.hashed = hashlib.sha256()
        self.left = artifact.size
        self.sizes: dict[str, int] = {}
        self.taken: set[str] = set()
        self.folders: set[str] = set()
        self.buffer = memoryview(bytearray(CHUNK))

    def run(self) -> dict[str, int]:
        while member := self._header():
            self._file(member)
        while self.left:
            self._take(min(self.left, CHUNK))
        if self.stream.read(1):
            raise self._refuse(f"is larger than the {self.artifact.size:,} bytes declared")
        if self.hashed.hexdigest() != self.artifact.sha256:
            raise self._refuse(f"has the digest {self.hashed.hexdigest()}, not {self.artifact.sha256}")
        return self.sizes

    def _header(self) -> tarfile.TarInfo | None:
        block = bytes(self._take(BLOCK))
        if block == bytes(BLOCK):
            return None
        try:
            member = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError, ValueError) as error:
            raise self._refuse(f"is no tar: {error}") from error
        if member.type not in PLAIN:
            raise self._refuse(f"holds {member.name!r}, which is no regular file")
        if not 0 <= member.size <= self.left:
            raise self._refuse(f"holds {member.name!r}, which is larger than the artifact")
        return member

    def _file(self, member: tarfile.TarInfo) -> None:
        path = self._claim(member.name)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with open(path, "wb", opener=lambda name, _: os.open(name, flags, 0o644), buffering=0) as file:
            left = member.size
            while left:
                chunk = self._take(min(left, CHUNK))
                with files.named(path):
                    _write_all(file, chunk)
                left -= len(chunk)
        self._take(-member.size % BLOCK)
        self.sizes[member.name] = member.size

    def _claim(self, name: str) -> Path:
        """Return where a member goes; refuse names that lead out, come twice or hide in one another."""
        parts = name.split("/")
        plain = name.isprintable() and "\\" not in name and not {"", ".", ".."} & set(parts)
        if not plain or PurePosixPath(name).is_absolute():
            raise self._refuse(f"holds {name!r}, which is no plain path inside it")
        same = unicodedata.normalize("NFC", name).casefold()
        above = {same.rsplit("/", depth)[0] for depth in range(1, len(parts))}
        if same in self.taken or same in self.folders or self.taken & above:
            raise self._refuse(f"holds {name!r} twice")
        if len(self.sizes) >= MOST_MEMBERS:
            raise self._refuse(f"holds more than {MOST_MEMBERS:,} files")
        self.taken.add(same)
        self.folders |= above
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _take(self, size: int) -> memoryview:
        """Return the next bytes, counted and hashed; they are valid until the next call."""
        if size > self.left:
            raise self._refuse("ends in the middle")
        got = 0
        while got < size:
            count = self.stream.readinto(self.buffer[got:size])
            if not count:
                raise self._refuse(f"is smaller than the {self.artifact.size:,} bytes declared")
            got += count
        self.left -= size
        self.hashed.update(self.buffer[:size])
        return self.buffer[:size]

    def _refuse(self, text: str) -> RegistryError:
        return refuse(self.artifact.name, f"{text}; publish or fetch it again, and don't trust this one")


def _write_all(file, chunk: memoryview) -> None:
    while chunk:
        chunk = chunk[file.write(chunk) :]
