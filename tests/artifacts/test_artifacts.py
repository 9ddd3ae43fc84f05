"""Archives: packed the same every time, and refused before anything lands outside their folder."""

import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.artifacts import archive
from registry.artifacts.archive import Artifact
from registry.errors import RegistryError

DISTRUST = "; publish or fetch it again, and don't trust this one"


def member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 2) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, "elsewhere", size
    return info.tobuf(tarfile.USTAR_FORMAT) + (b"hi".ljust(512, b"\0") if kind == tarfile.REGTYPE else b"")


def unpack(raw: bytes, folder: Path, size: int | None = None, sha256: str | None = None) -> str:
    artifact = Artifact("m-1.0.0.tar", size or len(raw), sha256 or hashlib.sha256(raw).hexdigest())
    with pytest.raises(RegistryError) as error:
        archive.unpack(io.BytesIO(raw), folder / "inside", artifact)
    assert [path.name for path in folder.iterdir()] == ["inside"]
    return str(error.value).removesuffix(DISTRUST)


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../../up", "a//b", "./a", "a\\b", "a\nb"])
def test_a_name_that_is_no_plain_path_is_refused(tmp_path: Path, name: str) -> None:
    assert unpack(member(name), tmp_path) == f"m-1.0.0.tar: holds {name!r}, which is no plain path inside it"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_a_member_that_is_no_regular_file_is_refused(tmp_path: Path, kind: bytes) -> None:
    said = unpack(member("a", kind, 0), tmp_path)
    assert said.startswith("m-1.0.0.tar: holds 'a") and said.endswith("which is no regular file")


@pytest.mark.parametrize("second", ["a", "A", "a/b"])
def test_a_name_that_comes_twice_is_refused(tmp_path: Path, second: str) -> None:
    assert unpack(member("a") + member(second), tmp_path) == f"m-1.0.0.tar: holds {second!r} twice"


def test_a_wrong_digest_names_both(tmp_path: Path) -> None:
    raw = member("a") + bytes(1024)
    found, wanted = hashlib.sha256(raw).hexdigest(), "0" * 64
    assert unpack(raw, tmp_path, sha256=wanted) == f"m-1.0.0.tar: has the digest {found}, not {wanted}"


def test_more_and_fewer_bytes_than_declared_are_refused(tmp_path: Path) -> None:
    raw = member("a") + bytes(1024)
    assert unpack(raw, tmp_path, size=len(raw) - 512) == "m-1.0.0.tar: is larger than the 1,536 bytes declared"


def test_a_member_larger_than_the_archive_is_refused(tmp_path: Path) -> None:
    said = unpack(member("a", size=10**9), tmp_path)
    assert said == "m-1.0.0.tar: holds 'a', which is larger than the artifact"


@given(cut=st.integers(0, 2047), flip=st.integers(0, 255))
def test_a_damaged_archive_is_never_accepted(tmp_path_factory: pytest.TempPathFactory, cut: int, flip: int) -> None:
    raw = member("a") + bytes(1024)
    damaged = raw[:cut] + bytes([flip]) + raw[cut + 1 :]
    artifact = Artifact("m-1.0.0.tar", len(raw), hashlib.sha256(raw).hexdigest())
    folder = tmp_path_factory.mktemp("damaged")
    if damaged == raw:
        assert archive.unpack(io.BytesIO(damaged), folder / "inside", artifact) == {"a": 2}
        return
    with pytest.raises(RegistryError):
        archive.unpack(io.BytesIO(damaged), folder / "inside", artifact)


def test_packing_twice_gives_the_same_bytes_and_unpacking_gives_the_files_back(tmp_path: Path) -> None:
    (tmp_path / "from/sub").mkdir(parents=True)
    (tmp_path / "from/sub/b").write_bytes(b"x" * 5000)
    (tmp_path / "from/a").write_bytes(b"")
    first = archive.pack(tmp_path / "from", tmp_path / "1.tar")
    second = archive.pack(tmp_path / "from", tmp_path / "2.tar")
    assert (first.size, first.sha256) == (second.size, second.sha256)
    with (tmp_path / "1.tar").open("rb") as stream:
        assert archive.unpack(stream, tmp_path / "to", first) == {"a": 0, "sub/b": 5000}
    assert (tmp_path / "to/sub/b").read_bytes() == b"x" * 5000
