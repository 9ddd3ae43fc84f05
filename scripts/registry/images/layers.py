"""The layer of an image: an artifact's files where servers look for them, the same bytes on every machine.

A SavedModel lies as TensorFlow Serving wants it below /models, which KServe shows it as its base path:
`/models/1001000/saved_model.pb`; a link makes that `/models/digits/1001000` as well, as `serve` wants it. ONNX lies in
`/models/digits/1001000/model.onnx` alone: Triton takes all that is in /models for models.
"""

import hashlib
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from registry import versions
from registry.artifacts import archive
from registry.artifacts.archive import BLOCK, Artifact
from registry.errors import one_line, refuse

TOP = "models"
CHUNK = 64 * 1024  # bytes; each of them has the whole of an upload's timeout to go out
FOLDER_MODE, FILE_MODE = 0o755, 0o644  # servers in clusters run as any user


@dataclass(frozen=True)
class Layer:
    """The layer that an artifact becomes, made anew each time that it is read: none lies on a disk.

    `is_onnx` says what the artifact at `path` holds.
    """

    path: Path
    model: str
    version: str
    is_onnx: bool

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self._described[1]

    @property
    def digest(self) -> str:
        """The SHA-256 of its bytes, which are not compressed: float weights hardly shrink, and compressors differ."""
        return self._described[0]

    @cached_property
    def _described(self) -> tuple[str, int]:
        hashed, size = hashlib.sha256(), 0
        for block in self.read():
            hashed.update(block)
            size += len(block)
        return f"sha256:{hashed.hexdigest()}", size

    def read(self) -> Iterator[bytes]:
        """Yield its bytes; raise RegistryError where the artifact is none."""
        number = str(versions.to_integer(self.version))
        place = PurePosixPath(TOP, self.model if self.is_onnx else "", number)
        yield from _folders(place, made := set())
        try:
            with tarfile.open(self.path, "r:") as packed:
                for member in packed:
                    yield from self._file(packed, member, place, made)
        except tarfile.TarError as error:
            raise refuse(self.path.name, f"is no tar: {error}; publish or fetch it again") from error
        if not self.is_onnx:
            yield from _folders(PurePosixPath(TOP, self.model), made)
            yield _header(f"{TOP}/{self.model}/{number}", tarfile.SYMTYPE, FILE_MODE, link=f"../{number}")
        yield bytes(2 * BLOCK)

    def _file(
        self, packed: tarfile.TarFile, member: tarfile.TarInfo, place: PurePosixPath, made: set[PurePosixPath]
    ) -> Iterator[bytes]:
        name = PurePosixPath(member.name)
        if not member.isreg() or name.is_absolute() or ".." in name.parts:
            text = f"holds {one_line(member.name)}, which is no plain file inside it; don't trust it"
            raise refuse(self.path.name, text)
        yield from _folders((place / name).parent, made)
        yield _header(f"{place / name}", tarfile.REGTYPE, FILE_MODE, size=member.size)
        content = packed.extractfile(member)
        while chunk := content.read(CHUNK):
            yield chunk
        yield bytes(-member.size % BLOCK)


def layer(path: Path, artifact: Artifact, report: dict) -> Layer:
    """Return the layer of a release's artifact, which is at a path; raise RegistryError where that has other bytes."""
    if archive.describe(path) != artifact:
        raise refuse(artifact.name, "is not the one that was released; don't trust it, and fetch it again")
    return Layer(path, report["model"], report["version"], report["runtime"] == "onnx")


def _folders(folder: PurePosixPath, made: set[PurePosixPath]) -> Iterator[bytes]:
    """Yield a folder and those above it, as far as none was yielded yet."""
    for one in [*reversed(folder.parents[:-1]), folder]:
        if one not in made:
            made.add(one)
            yield _header(str(one), tarfile.DIRTYPE, FOLDER_MODE)


def _header(name: str, kind: bytes, mode: int, size: int = 0, link: str = "") -> bytes:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.size, member.linkname = kind, mode, size, link
    return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")
