"""Model specs: models/<name>/model.yaml with the code beside it."""

import os
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from registry import git, versions
from registry.errors import Problem, RegistryError, did_you_mean, one_line, raise_all, refuse
from registry.formats import documents, reader
from registry.formats.reader import Document
from registry.specs import fingerprints, runners, signatures, thresholds
from registry.specs.fingerprints import Recipe

FOLDER = "models"
NO_DATA = ("model.yaml", "model.py")


@dataclass(frozen=True)
class Model:
    """A model spec that its schema accepts, with the recipe that decides its trained bytes."""

    name: str
    folder: Path
    document: Document
    recipe: Recipe

    @property
    def spec(self) -> dict:
        """The spec as a dictionary."""
        return self.document.data

    @property
    def version(self) -> str:
        """The version that the next release gets."""
        return self.spec["version"]

    @property
    def place(self) -> str:
        """The model's folder, from the top of the repository."""
        return f"{FOLDER}/{self.name}"

    @property
    def thresholds(self) -> dict:
        """What its metrics must reach."""
        return self.spec["thresholds"]

    @property
    def runs_on(self) -> str:
        """The label of the runner that trains the model."""
        return self.spec.get("runs_on", runners.DEFAULT)

    @cached_property
    def fingerprint(self) -> str:
        """What decides the trained bytes, as one number."""
        return self.recipe.fingerprint

    def section(self, name: str) -> dict:
        """Return a section of the spec with its defaults filled in."""
        return fingerprints.with_defaults(self.spec, name)


def names(root: Path) -> list[str]:
    """Return the names of all models; raise RegistryError when there is none."""
    folder = root / FOLDER
    found = sorted(one.name for one in folder.iterdir() if one.is_dir()) if folder.is_dir() else []
    found = [name for name in found if not name.startswith((".", "__"))]
    if not found:
        raise refuse(FOLDER, "holds no model; start one with `tox run -e new -- NAME`")
    return found


def load_some(
    root: Path, wanted: list[str], proven: Container[str] = frozenset()
) -> tuple[dict[str, Model], list[Problem]]:
    """Return the wanted models (all, when none is named) that can be used, and every problem of the others.

    The spec is held against what the code's train() takes, but for `proven` fingerprints: they were trained already.
    """
    known = names(root)
    files = _files_by_model(root)
    found: dict[str, Model] = {}
    problems = [Problem(f"{FOLDER}/{name}", 0, "", f"does not exist; {did_you_mean(name, known)}")
                for name in wanted if name not in known]  # fmt: skip
    problems += [] if wanted else _strays(root)
    for name in [name for name in wanted if name in known] or ([] if wanted else known):
        try:
            found[name] = _load(root, name, files.get(name, []), proven)
        except RegistryError as error:
            problems += error.problems
    return found, problems


def load(root: Path, wanted: list[str]) -> list[Model]:
    """Return the wanted models, as `load_some` does; raise RegistryError with the problems of all of them."""
    found, problems = load_some(root, wanted)
    raise_all(problems)
    return list(found.values())


def recipe_at(root: Path, commit: str, name: str) -> Recipe:
    """Return the recipe that a commit holds for a model; raise RegistryError when it holds none."""
    spec, files = _at(root, commit, name)
    return fingerprints.recipe(spec, files)


def thresholds_at(root: Path, commit: str, name: str) -> dict | None:
    """Return the thresholds that a commit asks of a model, or None when it has no such model that can be read."""
    try:
        return _at(root, commit, name)[0]["thresholds"]
    except RegistryError:
        return None


def _at(root: Path, commit: str, name: str) -> tuple[dict, dict[str, bytes]]:
    prefix = f"{FOLDER}/{name}/"
    files = {path.removeprefix(prefix): raw for path, raw in git.contents(root, commit, prefix).items()}
    if "model.yaml" not in files:
        raise refuse(f"{FOLDER}/{name}", f"has no model.yaml in commit {commit[:12]}")
    document = documents.check(reader.parse(f"{prefix}model.yaml", files["model.yaml"]), "model")
    return document.data, files


def _strays(root: Path) -> Iterator[Problem]:
    for path in sorted((root / FOLDER).iterdir()):
        if path.suffix in (".yaml", ".yml", ".py") and not path.is_dir():
            text = f"is not read, since a model is a folder; move it to {FOLDER}/{path.stem}/model{path.suffix}"
            yield Problem(f"{FOLDER}/{path.name}", 0, "", text.replace(".yml", ".yaml"))


def _files_by_model(root: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in git.files(root, FOLDER):
        _, name, *rest = path.split("/")
        if rest:
            found.setdefault(name, []).append("/".join(rest))
    return found


def _load(root: Path, name: str, files: list[str], proven: Container[str]) -> Model:
    place = f"{FOLDER}/{name}"
    if not versions.NAME.fullmatch(name):
        raise refuse(place, "is no name for a model; use lower-case letters, digits, - and _, a letter first")
    folder = os.path.join(root, place)
    if os.path.islink(folder):
        raise refuse(place, "is a link; put the folder itself there")
    if not os.path.lexists(os.path.join(folder, "model.yaml")):
        raise refuse(place, _no_spec(folder))
    document = documents.read(root, f"{place}/model.yaml", "model")
    data_file = document.data["data"].get("path") if document.is_sound("data") else None
    data_file = None if data_file in NO_DATA else data_file
    raise_all([Problem(f"{place}/{file}", 0, "", "is a link; put the file itself there")
               for file in files if os.path.islink(os.path.join(folder, file))])  # fmt: skip
    found = {file: _read(os.path.join(folder, file)) for file in files if fingerprints.is_code(file, data_file)}
    code = {file: raw for file, raw in found.items() if raw is not None}
    problems = [*document.problems, *alone(document), *_data(folder, document)]
    if problems:
        told = {problem.field for problem in problems}
        raise_all([*problems, *(one for one in _code(place, code, document) if one.field not in told)])
    model = Model(name, root / place, document, fingerprints.recipe(document.data, code))
    raise_all([] if model.fingerprint in proven else _code(place, code, document))
    return model


def _no_spec(folder: str) -> str:
    near = [name for name in sorted(os.listdir(folder)) if name.lower() in ("model.yaml", "model.yml")]
    advice = f"rename {near[0]} to model.yaml" if near else "write one, or take the folder away"
    return f"has no model.yaml; {advice}"


def _read(path: str) -> bytes | None:
    """Return a file's bytes; None for one that Git still knows but that is gone."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def alone(document: Document) -> list[Problem]:
    """Return what the schema can't say of one spec: versions that fit, metrics that the task has, numbers, runners."""
    fault = versions.fault(document.data["version"]) if document.is_sound("version") else None
    found = [document.problem(fault, "version")] if fault else []
    if document.is_sound("runs_on") and (fault := runners.build_fault(document.data.get("runs_on", runners.DEFAULT))):
        found.append(document.problem(fault, "runs_on"))
    return [*found, *_numbers(document), *_thresholds(document)]


def _numbers(document: Document) -> Iterator[Problem]:
    """Yield what JSON Schema lets through: 7.0 as a whole number, and arguments that somebody forgot to fill in."""
    for place in ("training", "seed"), ("evaluation", "folds"):
        value = document.data.get(place[0], {}).get(place[1]) if document.is_sound(place[0]) else None
        if isinstance(value, float):
            yield document.problem(f"{value} is no whole number; write {value:.0f}", *place)
    for name, value in document.data["training"].items() if document.is_sound("training") else []:
        if value is None and document.is_left_out("training", name):
            yield document.problem("is empty; write a value, or null if none is meant", "training", name)


def _thresholds(document: Document) -> Iterator[Problem]:
    """Yield thresholds that no model can reach or miss; a broken evaluation is not held against them."""
    if not document.is_sound("task", "thresholds"):
        return
    broken = "evaluation" in document.data and not document.is_sound("evaluation")
    evaluation = {"slices": ["label"]} if broken else fingerprints.with_defaults(document.data, "evaluation")
    for metric, threshold in document.data["thresholds"].items():
        if text := thresholds.fault(document.data["task"], metric, threshold, evaluation):
            yield document.problem(text, "thresholds", metric)


def _code(place: str, code: dict[str, bytes], document: Document) -> list[Problem]:
    file = f"{place}/model.py"
    if "model.py" not in code:
        return [Problem(file, 0, "", "is missing; write load(path) and train(features, labels, *, seed)")]
    try:
        source = code["model.py"].decode("utf-8")
    except UnicodeDecodeError as error:
        line = code["model.py"].count(b"\n", 0, error.start) + 1
        return [Problem(file, line, "", "is not UTF-8; save it as UTF-8")]
    return list(signatures.problems(file, source, document))


def _data(folder: str, document: Document) -> list[Problem]:
    name = document.data["data"].get("path") if document.is_sound("data") else None
    if name is None:
        return []
    path = os.path.join(folder, name)
    if name in NO_DATA:
        return [document.problem(f"{name} is not data; name the file that holds the rows", "data", "path")]
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        return [document.problem(f"{one_line(name)} leaves the model's folder; put the file into it", "data", "path")]
    if not os.path.isfile(path):
        return [document.problem(f"{one_line(name)} is no file in the model's folder; put it there", "data", "path")]
    return []
