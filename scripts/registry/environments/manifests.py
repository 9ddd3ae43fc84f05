"""Environments and their pins: environments/<name>.yaml and environments/<name>/<model>.yaml."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from registry import git, versions
from registry.environments import scrutiny
from registry.environments.terms import RELEASES, Environment, Pin
from registry.errors import Problem, RegistryError, did_you_mean, raise_all, refuse
from registry.formats import documents, reader
from registry.formats.reader import Document
from registry.kube import objects

FOLDER = "environments"
PLAIN = re.compile(  # nothing that YAML takes for a number, or the schema for no digest
    rb"version: ((?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){2})\nsha256: (?=[0-9a-f]*[a-df])([0-9a-f]{64})\n"
)


def pin_place(environment: str, model: str) -> str:
    """Return the path of a pin, from the top of the repository."""
    return f"{FOLDER}/{environment}/{model}.yaml"


def pin_text(version: str, sha256: str, override: str = "") -> str:
    """Return the two lines of a pin, and a third with why it moves in a freeze, if it does."""
    return f"version: {version}\nsha256: {sha256}\n" + (f"override: {reader.inline(override)}\n" if override else "")


def load_all(root: Path) -> tuple[dict[str, Environment], list[Problem]]:
    """Return the environments that can be used and every problem of environments and pins, chains included.

    They come in the order in which a version passes through them.
    """
    found, problems = survey(root)
    broken = {problem.file.split("/")[1].removesuffix(".yaml") for problem in problems if "/" in problem.file}
    return {name: place for name, place in found.items() if name not in broken}, problems


def survey(root: Path) -> tuple[dict[str, Environment], list[Problem]]:
    """Return what `load_all` does, and environments that have problems too: as far as they can be read."""
    found: dict[str, Environment] = {}
    problems = list(_strays(root))
    known = names(root)
    for name in sorted(known):
        environment, more = _load(root, name)
        found |= {name: environment} if environment else {}
        problems += more
    problems += scrutiny.between(root, found, known)
    return {name: found[name] for name in scrutiny.in_order(scrutiny.sources_of(found))}, problems


def names(root: Path) -> set[str]:
    """Return the environments that there are."""
    return {path.stem for path in (root / FOLDER).glob("*.yaml")}


def first(places: Mapping[str, Environment]) -> list[Environment]:
    """Return the environments that take from releases: where a new version goes first."""
    return [place for place in places.values() if place.takes_from == RELEASES]


def find(root: Path, name: str) -> Environment:
    """Return an environment with its pins; raise RegistryError when it or one of its pins can't be used."""
    known = names(root)
    if name not in known:
        raise refuse(f"{FOLDER}/{name}.yaml", f"does not exist; {did_you_mean(name, known)}")
    environment, problems = _load(root, name)
    raise_all(problems)
    return environment


def _load(root: Path, name: str) -> tuple[Environment | None, list[Problem]]:
    """Return an environment with those of its pins that can be used, and every problem of it and of them."""
    file = f"{FOLDER}/{name}.yaml"
    if name == RELEASES:
        return None, [Problem(file, 0, "", "is a name that means every released version; choose another")]
    if not versions.NAME.fullmatch(name):
        text = "is no name for an environment; use lower-case letters, digits, - and _, a letter first"
        return None, [Problem(file, 0, "", text)]
    pins, problems = _load_pins(root, name)
    try:
        found = made(root, documents.read(root, file, "environment"), pins)
    except RegistryError as error:
        return None, [*error.problems, *problems]
    return found, [*problems, *_unnamed(found)]


def _unnamed(environment: Environment) -> Iterator[Problem]:
    for model in environment.pins if environment.kind == "kubernetes" else ():
        if fault := objects.fault(model):
            yield Problem(pin_place(environment.name, model), 0, "", fault)


def made(root: Path, document: Document, pins: dict[str, Pin]) -> Environment:
    """Return the environment that a document and pins make; raise RegistryError with all that is wrong with the document."""
    raise_all([*document.problems, *scrutiny.problems(root, document)])
    target = document.data["target"]
    path = root / target["path"] if "path" in target else None
    return Environment(Path(document.file).stem, document, path, pins)


def _load_pins(root: Path, environment: str) -> tuple[dict[str, Pin], list[Problem]]:
    folder = root / FOLDER / environment
    pins: dict[str, Pin] = {}
    problems: list[Problem] = []
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        text = "is no folder; put <model>.yaml files into a folder of this name"
        return {}, [Problem(f"{FOLDER}/{environment}", 0, "", text)]
    names = os.listdir(folder) if folder.exists() else []
    for name in sorted(name for name in names if not name.startswith(".")):
        model, ending = os.path.splitext(name)
        try:
            pins[model] = _load_pin(root, f"{FOLDER}/{environment}/{name}", model, ending)
        except RegistryError as error:
            problems += error.problems
    return pins, problems


def _load_pin(root: Path, file: str, model: str, ending: str) -> Pin:
    check_name(file, model, ending)
    return parse_pin(file, documents.contents(root, file))


def check_name(file: str, model: str, ending: str) -> None:
    """Raise RegistryError for a file in a folder of pins whose name is no pin's."""
    if ending != ".yaml" or not versions.NAME.fullmatch(model):
        raise refuse(file, "is no pin; only <model>.yaml files belong here")


def pins_at(root: Path, revision: str, environment: str) -> dict[str, Pin]:
    """Return the pins that an environment had in a commit; raise RegistryError when there is no such commit."""
    if git.resolve(root, revision) is None:
        raise refuse(revision, "is no commit here; name one, or fetch the whole history")
    files = git.contents(root, revision, f"{FOLDER}/{environment}/")
    return {Path(file).stem: pin for file, raw in files.items() if (pin := past_pin(file, raw))}


def past_pin(file: str, raw: bytes | None) -> Pin | None:
    """Return the pin in a file as a commit holds it, or None: no file, and one that can't be read, pins nothing."""
    try:
        return None if raw is None else parse_pin(file, raw)
    except RegistryError:
        return None


def parse_pin(file: str, raw: bytes) -> Pin:
    """Return the pin in a file's bytes; raise RegistryError with all that is wrong when they are none."""
    document = _plain(file, raw) or documents.hold(reader.parse(file, raw), "pin")
    fault = versions.fault(document.data["version"]) if document.is_sound("version") else None
    raise_all([*document.problems, *([document.problem(fault, "version")] if fault else [])])
    model = file.rpartition("/")[2].removesuffix(".yaml")
    return Pin(model, document.data["version"], document.data["sha256"], document, document.data.get("override", ""))


def _plain(file: str, raw: bytes) -> Document | None:
    """Return a pin as `promote` writes it, as the reader would, at a hundredth of the time; None of any other."""
    if (found := PLAIN.fullmatch(raw)) is None:
        return None
    version, sha256 = (text.decode() for text in found.groups())
    return Document(
        file,
        {"version": version, "sha256": sha256},
        {(): (1, ""), ("version",): (1, version), ("sha256",): (2, sha256)},
    )


def _strays(root: Path) -> Iterator[Problem]:
    folder = root / FOLDER
    if not any(folder.glob("*.yaml")):
        yield Problem(FOLDER, 0, "", "holds no environment; write one, such as environments/staging.yaml")
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        file, text = path.relative_to(root).as_posix(), "holds pins of an environment that does not exist"
        if path.is_dir() and path.suffix != ".yaml" and not path.with_name(f"{path.name}.yaml").exists():
            yield Problem(file, 0, "", f"{text}; write {file}.yaml, or take them away: `git rm -r {file}`")
        elif path.is_file() and path.suffix == ".yml":
            yield Problem(file, 0, "", f"is not read; rename it to {path.stem}.yaml")
