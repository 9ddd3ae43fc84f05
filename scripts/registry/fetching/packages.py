"""A file inside a published package, from the index that pip is told of: archives are read, and nothing in them is run."""

import lzma
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO

from registry import console
from registry.errors import did_you_mean, refuse

PACKAGE, MEMBER = "package", "member"
SOURCES = Path(__file__).with_name("sourcepackage.py")
LARGEST = 8 * 1024**3  # bytes that a file of a package, with all those before it, may have
SAID, TOLD = 300, 400
BROKEN = (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError)  # fmt: skip
Opened = Callable[[], IO[bytes]]
WHEEL = ["pip", "download", "--no-deps", "--only-binary=:all:", "--progress-bar=raw"]


def extract(package: str, member: str, path: Path) -> None:
    """Write a file out of a package's wheel, else out of its source package, without the folder that holds all of that.

    Raises RegistryError whose field is PACKAGE or MEMBER.
    """
    with tempfile.TemporaryDirectory() as folder:
        wheel, source = Path(folder, "wheel"), Path(folder, "source")
        no_wheel = _fetched(["-m", *WHEEL, f"--dest={wheel}", package], package, wheel)
        names = [] if no_wheel else _take(next(wheel.iterdir()), member, path, package)
        if names is None:
            return
        no_source = _fetched(["-P", str(SOURCES), package, str(source)], package, source)
        if no_wheel and no_source:
            raise refuse("", f"{no_wheel}; check the name, the version and the index", field=PACKAGE)
        more = [] if no_source else _take(next(source.iterdir()), member, path, package)
        if more is not None:
            near = did_you_mean(member, [name for name in [*names, *more] if ".dist-info/" not in name])
            raise refuse("", f"{package} holds no {member}; {near}"[:TOLD], field=MEMBER)


def _fetched(words: list[str], package: str, folder: Path) -> str | None:
    """Run a command of pip's that fetches an archive into a new folder; return why there is none, in pip's words."""
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder
    ) as pip:
        try:
            said = _follow(pip, package)
        except BaseException:
            pip.kill()
            raise
    if pip.returncode == 0:
        return None
    errors = [line.removeprefix("ERROR: ") for line in said if line.startswith("ERROR: ")] or said[-1:]
    return f"pip can't fetch {package}: {' '.join(errors)[:SAID]}"


def _follow(pip: subprocess.Popen, package: str) -> list[str]:
    """Return what pip said; draw a bar from its `Progress DONE of TOTAL` lines."""
    said: list[str] = []
    with console.progress(f"fetching {package}") as show:
        for line in pip.stdout:
            words = line.split()
            if words[:1] == ["Progress"]:
                show(int(words[1]), int(words[3]))
            else:
                said.append(line.strip())
    return said


def _take(archive: Path, member: str, path: Path, package: str) -> list[str] | None:
    """Write one file of an archive; return None, or the names of its files where it is none of them."""
    names, before = [], 0
    try:
        for name, size, opened in (_zipped if zipfile.is_zipfile(archive) else _tarred)(archive):
            names.append(name if archive.suffix == ".whl" else name.partition("/")[2])
            before += size
            if before > LARGEST:
                text = f"{archive.name} unpacks to more than {LARGEST:,} bytes before {member} is through"
                raise refuse("", text, field=MEMBER)
            if names[-1] == member:
                with opened() as stream, path.open("wb") as file:
                    shutil.copyfileobj(stream, file)
                return None
    except BROKEN as error:
        text = f"{archive.name} can't be read: {' '.join(str(error).split())[:SAID]}"
        raise refuse("", text, field=PACKAGE) from error
    return names


def _zipped(archive: Path) -> Iterator[tuple[str, int, Opened]]:
    with zipfile.ZipFile(archive) as found:
        for one in found.infolist():
            if not one.is_dir():
                yield one.filename, one.file_size, partial(found.open, one)


def _tarred(archive: Path) -> Iterator[tuple[str, int, Opened]]:
    with tarfile.open(archive) as found:
        for one in found:
            if one.isreg():
                yield one.name, one.size, partial(found.extractfile, one)
