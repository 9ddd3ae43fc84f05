"""Environments and their pins: environments/<name>.yaml and environments/<name>/<model>.yaml."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from registry import documents, versions
from registry.errors import Problem, RegistryError, did_you_mean, raise_all, refuse
from registry.reader import Document

FOLDER = "environments"
RELEASES = "releases"


@dataclass(frozen=True)
class Pin:
    """The version of a model that an environment runs, and the SHA-256 of its artifact."""

    model: str
    version: str
    sha256: str
    document: Document = field(compare=False, repr=False)


@dataclass(frozen=True)
class Environment:
    """What an environment is, and what it pins (model -> pin)."""

    name: str
    document: Document
    path: Path
    pins: dict[str, Pin]

    @property
    def takes_from(self) -> str:
        """The environment where a version must run first, or `releases`."""
        return self.document.data["takes_from"]

    @property
    def soak(self) -> int:
        """How many seconds a version must have been pinned in `takes_from` first."""
        text = self.document.data.get("soak", "0m")
        return int(text[:-1]) * {"m": 60, "h": 3600, "d": 86400}[text[-1]]


def pin_place(environment: str, model: str) -> str:
    """Return the path of a pin, from the top of the repository."""
    return f"{FOLDER}/{environment}/{model}.yaml"


def pin_text(version: str, sha256: str) -> str:
    """Return the two lines of a pin."""
    return f"version: {version}\nsha256: {sha256}\n"


def load_all(root: Path) -> tuple[dict[str, Environment], list[Problem]]:
    """Return the environments that can be used and every problem of environments and pins, chains included.

    They come in the order in which a version passes through them.
    """
    found: dict[str, Environment] = {}
    problems = list(_strays(root))
    for path in sorted((root / FOLDER).glob("*.yaml")):
        try:
            found[path.stem] = _load(root, path.stem)
        except RegistryError as error:
            problems += error.problems
    known = {path.stem for path in (root / FOLDER).glob("*.yaml")}
    problems += [*_chains(found, known), *_shared_targets(found)]
    return dict(sorted(found.items(), key=lambda pair: len(_chain(found, pair[0])))), problems


def first(places: Mapping[str, Environment]) -> list[Environment]:
    """Return the environments that take from releases: where a new version goes first."""
    return [place for place in places.values() if place.takes_from == RELEASES]


def find(root: Path, name: str) -> Environment:
    """Return an environment with its pins; raise RegistryError when it or one of its pins can't be used."""
    known = {path.stem for path in (root / FOLDER).glob("*.yaml")}
    if name not in known:
        raise refuse(f"{FOLDER}/{name}.yaml", f"does not exist; {did_you_mean(name, known)}")
    return _load(root, name)


def _load(root: Path, name: str) -> Environment:
    file = f"{FOLDER}/{name}.yaml"
    if not versions.NAME.fullmatch(name) or name == RELEASES:
        raise refuse(file, "is no name for an environment; use lower-case letters, digits, - and _, a letter first")
    document = documents.load(root, file, "environment")
    return Environment(name, document, root / document.data["target"]["path"], _load_pins(root, name))


def _load_pins(root: Path, environment: str) -> dict[str, Pin]:
    folder = root / FOLDER / environment
    pins: dict[str, Pin] = {}
    problems: list[Problem] = []
    names = os.listdir(folder) if folder.exists() else []
    for name in sorted(name for name in names if not name.startswith(".")):
        model, ending = os.path.splitext(name)
        try:
            pins[model] = _load_pin(root, f"{FOLDER}/{environment}/{name}", model, ending)
        except RegistryError as error:
            problems += error.problems
    raise_all(problems)
    return pins


def _load_pin(root: Path, file: str, model: str, ending: str) -> Pin:
    if ending != ".yaml" or not versions.NAME.fullmatch(model):
        raise refuse(file, "is no pin; only <model>.yaml files belong here")
    document = documents.load(root, file, "pin")
    fault = versions.fault(document.data["version"])
    raise_all([document.problem(fault, "version")] if fault else [])
    return Pin(model, document.data["version"], document.data["sha256"], document)


def _strays(root: Path) -> Iterator[Problem]:
    folder = root / FOLDER
    if not any(folder.glob("*.yaml")):
        yield Problem(FOLDER, 0, "", "holds no environment; write one, such as environments/staging.yaml")
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        file = path.relative_to(root).as_posix()
        if path.is_dir() and not path.with_name(f"{path.name}.yaml").exists():
            yield Problem(file, 0, "", f"holds pins of an environment that does not exist; write {file}.yaml")
        elif path.is_file() and path.suffix == ".yml":
            yield Problem(file, 0, "", f"is not read; rename it to {path.stem}.yaml")


def _chains(found: dict[str, Environment], known: set[str]) -> Iterator[Problem]:
    for name, environment in found.items():
        source = environment.takes_from
        if source != RELEASES and source not in known:
            advice = did_you_mean(source, known - {name} | {RELEASES})
            yield environment.document.problem(f"{source} is no environment; {advice}", "takes_from")
        elif name in (chain := _chain(found, name))[1:]:
            text = f"takes from itself: {' ← '.join(chain)}; let one of them take from {RELEASES}"
            yield environment.document.problem(text, "takes_from")


def _chain(found: dict[str, Environment], name: str) -> list[str]:
    chain = [name]
    while (source := found[chain[-1]].takes_from) in found and source not in chain[1:]:
        chain.append(source)
    return chain


def _shared_targets(found: dict[str, Environment]) -> Iterator[Problem]:
    first: dict[Path, str] = {}
    for name, environment in found.items():
        other = first.setdefault(environment.path.resolve(), name)
        if other != name:
            yield environment.document.problem(f"is the target of {other} too; give each its own", "target", "path")
