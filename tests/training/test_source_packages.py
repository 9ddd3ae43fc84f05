"""Data out of a source package, which pip's settings find: its archive is read, and nothing in it is run."""

import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from registry.errors import RegistryError
from registry.fetching import packages

CONTENT = b"1,2,0\n3,4,1\n"
MEMBER = "data/rows.csv"
SEEDS = "seeds-1.0"
PACKAGE = "Seeds==1.0"
Add = Callable[..., None]


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages, which a file of settings names as a team's index."""
    folder = tmp_path / "index"
    folder.mkdir()
    (tmp_path / "pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {folder}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return folder


def source(index: Path, *members: tuple[str, bytes | tarfile.TarInfo]) -> None:
    """Put a source package there that leaves a mark where anything of it runs."""
    run = f"open({str(index / 'ran')!r}, 'w')".encode()
    with tarfile.open(index / f"{SEEDS}.tar.gz", "w:gz") as archive:
        for name, held in ((f"{SEEDS}/setup.py", run), (f"{SEEDS}/pyproject.toml", b""), *members):
            info = held if isinstance(held, tarfile.TarInfo) else tarfile.TarInfo(name)
            raw = b"" if isinstance(held, tarfile.TarInfo) else held
            info.name, info.size = name, len(raw)
            archive.addfile(info, io.BytesIO(raw))


def wheel(index: Path, *names: str) -> None:
    with zipfile.ZipFile(index / f"{SEEDS}-py3-none-any.whl", "w") as archive:
        for name in names:
            archive.writestr(name, CONTENT)
        archive.writestr(f"{SEEDS}.dist-info/METADATA", "Metadata-Version: 2.1\nName: seeds\nVersion: 1.0\n")
        archive.writestr(f"{SEEDS}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{SEEDS}.dist-info/RECORD", "")


def taken(index: Path, member: str = MEMBER) -> bytes:
    path = index.parent / "taken"
    packages.extract(PACKAGE, member, path)
    return path.read_bytes()


def refused(index: Path, member: str = MEMBER) -> str:
    with pytest.raises(RegistryError) as error:
        taken(index, member)
    assert not (index / "ran").exists()
    return str(error.value)


def test_a_member_of_the_source_alone_is_found_whether_there_is_a_wheel_or_not(index: Path) -> None:
    source(index, (f"{SEEDS}/{MEMBER}", CONTENT))
    assert taken(index) == CONTENT
    wheel(index, "seeds/__init__.py")
    assert taken(index) == CONTENT
    assert taken(index, "seeds/__init__.py") == CONTENT
    assert not (index / "ran").exists()
    assert refused(index, "data/row.csv") == f"member: {PACKAGE} holds no data/row.csv; did you mean {MEMBER}?"


def test_one_in_a_zip_is_found_too_and_a_damaged_one_told(index: Path) -> None:
    with zipfile.ZipFile(index / f"{SEEDS}.zip", "w") as archive:
        archive.writestr(f"{SEEDS}/{MEMBER}", CONTENT)
    assert taken(index) == CONTENT
    (index / f"{SEEDS}.zip").unlink()
    source(index, (f"{SEEDS}/{MEMBER}", os.urandom(100_000)))
    path = index / f"{SEEDS}.tar.gz"
    path.write_bytes(path.read_bytes()[:50_000])
    told = "Compressed file ended before the end-of-stream marker was reached"
    assert refused(index) == f"package: {SEEDS}.tar.gz can't be read: {told}"


def link(kind: bytes, to: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type, info.linkname, info.mode = kind, to, stat.S_IRUSR
    return info


def test_what_is_no_file_is_not_followed(index: Path) -> None:
    kinds = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE
    source(index, *((f"{SEEDS}/{MEMBER}", link(kind, "/etc/hostname")) for kind in kinds))
    assert refused(index).startswith(f"member: {PACKAGE} holds no {MEMBER}; ")


def test_names_that_lead_out_lead_nowhere(index: Path, tmp_path: Path) -> None:
    out = f"{SEEDS}/../../../../{tmp_path}/out"
    source(index, (out, CONTENT), (f"/{tmp_path}/out", CONTENT), (f"{SEEDS}/{MEMBER}", CONTENT))
    assert taken(index) == CONTENT
    assert not (tmp_path / "out").exists()


def test_one_that_unpacks_to_too_much_is_not_read_to_its_end(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "LARGEST", 10_000)
    source(index, (f"{SEEDS}/zeros", b"\0" * 10_000), (f"{SEEDS}/{MEMBER}", CONTENT))
    text = f"{SEEDS}.tar.gz unpacks to more than 10,000 bytes before {MEMBER} is through"
    assert refused(index) == f"member: {text}"


def test_where_there_is_neither_pip_says_so(index: Path) -> None:
    told = refused(index)
    assert told.startswith(f"package: pip can't fetch {PACKAGE}: ")
    assert told.endswith(f"No matching distribution found for {PACKAGE}; check the name, the version and the index")
