"""Model specs: models/<name>/model.yaml with the code beside it."""

import os
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from registry import git, versions, worktree
from registry.errors import Problem, RegistryError, did_you_mean, raise_all, refuse
from registry.formats import documents, reader
from registry.formats.reader import Document
from registry.specs import contents, faults, fingerprints, requirements, runners, sense, sources
from registry.specs.contents import Contents
from registry.specs.fingerprints import Recipe
from registry.specs.runners import Wanted
from registry.worktree import Entries, Entry, Held

FOLDER = "models"
HIDDEN = (".", "__")  # folders that are no models
PROSE = ("description", "owners", "card")  # what a version says of itself; it trains nothing
NESTED = "is a repository of its own, which no clone of this one holds; put its files into this one"


@dataclass(frozen=True)
class Model:
    """A model spec that its schema accepts, with the recipe that decides its trained bytes; as a commit would hold it."""

    name: str
    folder: Path
    document: Document
    recipe: Recipe
    contents: Contents

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
    def runs_on(self) -> Wanted:
        """The runner that trains the model."""
        return self.spec.get("runs_on", runners.DEFAULT)

    @cached_property
    def fingerprint(self) -> str:
        """What decides the trained bytes, as one number."""
        return self.recipe.fingerprint

    @property
    def lock(self) -> bytes:
        """The lock of its own packages as a clone has it; empty where it has none."""
        name = requirements.LOCK
        return (
            self.contents.unlike.get(name) or (self.folder / name).read_bytes() if name in self.contents.code else b""
        )

    def section(self, name: str) -> dict:
        """Return a section of the spec with its defaults filled in."""
        return fingerprints.with_defaults(self.spec, name)


def names(root: Path) -> list[str]:
    """Return the names of all models; released ones whose folder went are none of them.

    Raises RegistryError where the models' own folder is something else, which no clone would have as it is here.
    """
    folder = root / FOLDER
    if folder.is_symlink():
        raise refuse(FOLDER, "is a link; put the folder itself there")
    if not folder.exists():
        return []
    if not folder.is_dir():
        raise refuse(FOLDER, "is no folder; put each model's folder into a folder of this name")
    if (folder / ".git").exists():
        raise refuse(FOLDER, NESTED)
    found = sorted(one.name for one in os.scandir(folder) if one.is_dir())
    return [name for name in found if not name.startswith(HIDDEN)]


def advice(root: Path) -> list[Problem]:
    """Return what is worth knowing where there is no model: a new repository begins so, and the last one may go."""
    text = "holds no model; start one with `tox run -e new -- NAME`"
    return [] if names(root) else [Problem(FOLDER, 0, "", text)]


def load_some(
    root: Path, wanted: list[str], proven: Container[str] = frozenset()
) -> tuple[dict[str, Model], list[Problem]]:
    """Return the wanted models (all, when none is named) that can be used, and every problem of the others.

    The spec is held against what the code's train() takes, but for `proven` fingerprints: they were trained already.
    """
    known = names(root)
    problems = [Problem(f"{FOLDER}/{name}", 0, "", f"does not exist; {did_you_mean(name, known)}")
                for name in wanted if name not in known]  # fmt: skip
    problems += [] if wanted else _strays(root)
    mine = [name for name in wanted if name in known] or ([] if wanted else known)
    here = worktree.entries(root, *([f"{FOLDER}/{name}" for name in mine] if wanted and mine else [FOLDER]))
    folders = _folders(here)
    held = worktree.held(root, here, _plain_specs(root, mine, here))
    specs, more = _each(mine, lambda name: _spec(root, name, folders.get(name, {}), held))
    held = worktree.held(root, here, _code_files(specs, folders))
    found, most = _each(
        specs, lambda name: _load(root, specs[name], _contents(specs[name], folders[name], held), proven)
    )
    return found, [*problems, *more, *most]


def _each(names: Iterable[str], make: Callable) -> tuple[dict, list[Problem]]:
    """Return what is made of each name, and every problem of those of which nothing can be made."""
    found, problems = {}, []
    for name in names:
        try:
            found[name] = make(name)
        except RegistryError as error:
            problems += error.problems
    return found, problems


def load(root: Path, wanted: list[str]) -> list[Model]:
    """Return the wanted models, as `load_some` does; raise RegistryError with the problems of all of them."""
    found, problems = load_some(root, wanted)
    raise_all(problems)
    return list(found.values())


def recipes_at(root: Path, commits: Mapping[str, str]) -> dict[str, Recipe]:
    """Return the recipe that a commit holds for each model (name -> commit); raise RegistryError without."""
    found = {}
    for commit in {*commits.values()}:
        those = [name for name in commits if commits[name] == commit]
        found |= {name: fingerprints.recipe(*one) for name, one in _at(root, commit, those).items()}
    return found


def is_at(root: Path, commit: str, model: Model) -> bool:
    """Say whether a commit holds a model just as it is: all of its spec, and the recipe."""
    try:
        spec, files = _at(root, commit, [model.name])[model.name]
    except RegistryError:
        return False  # a commit whose spec can't be read holds another
    return (spec, fingerprints.recipe(spec, files)) == (model.spec, model.recipe)


def spec_at(root: Path, commit: str, name: str) -> dict:
    """Return the spec that a commit holds for a model, which may be of an older schema; raise RegistryError without."""
    file = f"{FOLDER}/{name}/model.yaml"
    try:
        found = reader.parse(file, git.content(root, commit, file)).data
    except RegistryError as error:
        raise refuse(file, f"can't be read in commit {commit[:12]}: {error.problems[0].text}") from error
    if not isinstance(found, dict):
        raise refuse(file, f"holds no spec in commit {commit[:12]}")
    return found


def thresholds_at(root: Path, commit: str, name: str) -> dict | None:
    """Return the thresholds that a commit asks of a model, or None when it has no such model that can be read."""
    try:
        return _at(root, commit, [name])[name][0]["thresholds"]
    except RegistryError:
        return None


def words_at(root: Path, commit: str, name: str) -> dict | None:
    """Return the prose that a commit's spec of a model holds, or None where there is none that can be read."""
    try:
        spec = spec_at(root, commit, name)
    except RegistryError:
        return None
    return {field: spec.get(field) for field in PROSE}


def _at(root: Path, commit: str, names: list[str]) -> dict[str, tuple[dict, dict[str, bytes]]]:
    """Return the spec that a commit holds for each model, and the files of its folder (name within it -> bytes)."""
    files: dict[str, dict[str, bytes]] = {name: {} for name in names}
    for path, raw in git.contents(root, commit, *(f"{FOLDER}/{name}/" for name in names)).items():
        _, name, file = path.split("/", 2)
        files[name][file] = raw
    return {name: (_spec_of(commit, name, files[name]), files[name]) for name in names}


def _spec_of(commit: str, name: str, files: Mapping[str, bytes]) -> dict:
    place = f"{FOLDER}/{name}"
    if "model.yaml" not in files:
        raise refuse(place, f"has no model.yaml in commit {commit[:12]}")
    return documents.check(reader.parse(f"{place}/model.yaml", files["model.yaml"]), "model").data


def _strays(root: Path) -> Iterator[Problem]:
    folder = root / FOLDER
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.suffix in (".yaml", ".yml", ".py") and not path.is_dir():
            text = f"is not read, since a model is a folder; move it to {FOLDER}/{path.stem}/model{path.suffix}"
            yield Problem(f"{FOLDER}/{path.name}", 0, "", text.replace(".yml", ".yaml"))


def _folders(here: Entries) -> dict[str, dict[str, Entry]]:
    """Sort files by model: name within its folder -> entry; a folder that is none for Git is called nothing."""
    found: dict[str, dict[str, Entry]] = {}
    for path in sorted(here):
        _, name, *rest = path.split("/", 2)
        found.setdefault(name, {})["".join(rest)] = here[path]
    return found


def _plain_specs(root: Path, names: list[str], here: Entries) -> Iterator[str]:
    """Yield the specs that can be read; what keeps the others from it is told where they are read."""
    for place in (f"{FOLDER}/{name}/model.yaml" for name in names):
        path = root / place
        if place in here and os.access(path, os.R_OK) and os.path.getsize(path) <= documents.LARGEST:
            yield place


def _spec(root: Path, name: str, files: Mapping[str, Entry], held: Mapping[str, Held]) -> Document:
    place, folder = f"{FOLDER}/{name}", os.path.join(root, FOLDER, name)
    file, path = f"{place}/model.yaml", os.path.join(folder, "model.yaml")
    if not versions.NAME.fullmatch(name):
        raise refuse(place, "is no name for a model; use lower-case letters, digits, - and _, a letter first")
    if os.path.islink(folder):
        raise refuse(place, "is a link; put the folder itself there")
    if "" in files:
        raise refuse(place, NESTED)
    if not os.path.lexists(path):
        raise refuse(place, _no_spec(folder))
    if "model.yaml" not in files and os.path.isfile(path):
        raise RegistryError(contents.ignored(file))
    document = _read(root, file, held.get(file))
    raise_all(list(contents.problems(place, folder, files)))
    return document


def _read(root: Path, file: str, held: Held | None) -> Document:
    """Return a spec as a commit holds it; raise RegistryError when there is no telling what it holds."""
    if held and held.is_kept_by_lfs:
        raise RegistryError(contents.kept_by_lfs(file, held))
    if held and held.stored is not None:
        return documents.hold(reader.parse(file, held.stored), "model")
    return documents.read(root, file, "model")


def _code(document: Document, names: Iterable[str]) -> list[str]:
    """Return those files of a model's folder that count; a spec can't make its code data."""
    rows = sources.paths(document.data).values() if faults.has_sources(document) else ()
    return [name for name in names if name in faults.CODE or fingerprints.is_code(name, rows)]


def _code_files(specs: Mapping[str, Document], folders: Mapping[str, Mapping[str, Entry]]) -> Iterator[str]:
    for name, document in specs.items():
        yield from (f"{FOLDER}/{name}/{file}" for file in _code(document, folders[name]))


def _contents(document: Document, files: Mapping[str, Entry], held: Mapping[str, Held]) -> Contents:
    place = os.path.dirname(document.file)
    code = {name: held[path] for name in _code(document, files) if (path := f"{place}/{name}") in held}
    return Contents(place, files, code)


def _load(root: Path, document: Document, own: Contents, proven: Container[str]) -> Model:
    problems = [*document.problems, *sense.problems(document), *faults.data(root, own, document)]
    if problems:
        told = {problem.field for problem in problems}
        raise_all([*problems, *(one for one in faults.code(root, own, document) if one.field not in told)])
    recipe = fingerprints.from_digests(document.data, own.digests)
    model = Model(os.path.basename(own.place), root / own.place, document, recipe, own)
    raise_all([] if model.fingerprint in proven else faults.code(root, own, document))
    return model


def _no_spec(folder: str) -> str:
    near = [name for name in sorted(os.listdir(folder)) if name.lower() in ("model.yaml", "model.yml")]
    advice = f"rename {near[0]} to model.yaml" if near else "write one, or take the folder away"
    return f"has no model.yaml; {advice}"
