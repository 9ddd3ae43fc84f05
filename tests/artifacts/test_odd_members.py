"""Archives hold plain files: a member of any other of tar's types is refused before it is unpacked."""

import hashlib
import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from registry.artifacts import archive
from registry.artifacts.archive import Artifact
from registry.errors import RegistryError

PLAIN = {tarfile.REGTYPE, tarfile.AREGTYPE}
TYPES = [bytes([number]) for number in range(256) if bytes([number]) not in PLAIN]


def member(kind: bytes, name: str = "a", content: bytes = b"hi") -> bytes:
    """Return a member of a type with its content, and the end of the archive."""
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, len(content), "elsewhere"
    return info.tobuf(tarfile.USTAR_FORMAT) + content.ljust(-(-len(content) // 512) * 512, b"\0") + bytes(1024)


def refused(raw: bytes, folder: Path) -> str:
    """Unpack an archive, of which nothing may land anywhere; return what is said of it."""
    artifact = Artifact("m-1.0.0.tar", len(raw), hashlib.sha256(raw).hexdigest())
    with pytest.raises(RegistryError) as error:
        archive.unpack(io.BytesIO(raw), folder / "inside", artifact)
    assert [*(folder / "inside").iterdir()] == []
    return str(error.value)


def test_a_member_of_any_type_but_a_plain_file_s_is_refused(tmp_path: Path) -> None:
    for kind in TYPES:
        said = refused(member(kind), tmp_path / kind.hex())
        assert "m-1.0.0.tar: holds 'a', which is no regular file; " in said, kind


def test_a_folder_of_an_old_tar_is_refused(tmp_path: Path) -> None:
    assert "holds 'a', which is no regular file; " in refused(member(tarfile.AREGTYPE, "a/", b""), tmp_path)


@pytest.mark.parametrize("kind", sorted(PLAIN))
def test_a_plain_file_of_either_type_is_unpacked(tmp_path: Path, kind: bytes) -> None:
    raw = member(kind)
    artifact = Artifact("m-1.0.0.tar", len(raw), hashlib.sha256(raw).hexdigest())
    assert archive.unpack(io.BytesIO(raw), tmp_path / "inside", artifact) == {"a": 2}
    assert (tmp_path / "inside/a").read_bytes() == b"hi"


def made(folder: Path, *words: str) -> bytes:
    """Return what GNU tar makes of the file `a` in a folder."""
    command = ["tar", "--create", "--file=-", *words]
    return subprocess.run([*command, "a"], cwd=folder, check=True, capture_output=True).stdout


def is_gnu() -> bool:
    return "GNU tar" in subprocess.run(["tar", "--version"], capture_output=True, text=True).stdout


@pytest.mark.skipif(not is_gnu(), reason="there is another tar here")
@pytest.mark.parametrize(
    "words",
    [("--sparse", "--format=gnu"), ("--sparse", "--format=posix", "--sparse-version=0.0"),
     ("--sparse", "--format=posix", "--sparse-version=1.0"), ("--format=posix",), ("--format=gnu", "--label=v"),
     ("--format=gnu", f"--transform=s/a/{'b' * 200}/")],
    ids=["sparse", "sparse 0.0", "sparse 1.0", "pax", "volume", "long name"],
)  # fmt: skip
def test_what_gnu_tar_writes_besides_plain_files_is_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(50_000_000)
        file.seek(40_000_000)
        file.write(b"x")
    raw = made(tmp_path, *words)
    (tmp_path / "a").unlink()
    assert ", which is no regular file; " in refused(raw, tmp_path)


@pytest.mark.parametrize(("size", "name", "reason"), [
    (1, "a" * 101, f"{'a' * 50}…{'a' * 50}: can't be packed: name is too long"),
    (8 * 1024**3, "large", "large: can't be packed: overflow in number field"),
])  # fmt: skip
def test_a_file_that_no_archive_can_hold_is_refused(tmp_path: Path, size: int, name: str, reason: str) -> None:
    with (tmp_path / name).open("wb") as file:
        file.truncate(size)
    with pytest.raises(RegistryError) as error:
        archive.digest(tmp_path)
    assert str(error.value) == f"{reason}; a file may have a name of 100 letters and 8 GiB at most"
