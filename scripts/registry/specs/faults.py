"""What is wrong with one model beyond its spec: its code as text, and its data file."""

import os
from collections.abc import Iterator
from pathlib import Path

from registry.code import imports, signatures
from registry.errors import Problem, RegistryError, one_line, refuse
from registry.formats.reader import Document
from registry.specs import contents, requirements, sources
from registry.specs.contents import Contents

DATA, MODEL, CHECKS, METRICS = CODE = "data.py", "model.py", "checks.py", "metrics.py"
NO_DATA = ("model.yaml", *CODE)
NEEDED = {MODEL: "train(features, labels, *, seed)", DATA: "load(path)"}


def code(root: Path, own: Contents, document: Document) -> list[Problem]:
    """Return what keeps a model's code from being run: it is not there, is no text, or its functions do not fit."""
    found, sources = [], {}
    found += _no_metrics(root, own, document)
    for name in (*NEEDED, CHECKS, METRICS):
        file = f"{own.place}/{name}"
        is_there = name in own.code or os.path.isfile(root / file)
        if not is_there and name not in NEEDED:
            continue
        try:
            if not is_there:
                raise refuse(file, f"is missing; {_old_form(sources.get(MODEL)) or f'write {NEEDED[name]}'}")
            sources[name] = _source(root, own, name)
            found += signatures.problems(file, sources[name], document)
        except RegistryError as error:
            found += error.problems
    if DATA in sources and MODEL in sources:
        found += signatures.input_faults(sources[DATA], sources[MODEL], document)
    return [*found, *_outside(root, own, sources), *_packages(root, own)]


def _no_metrics(root: Path, own: Contents, document: Document) -> Iterator[Problem]:
    """Yield that a spec names metrics of the team's own, and the file that is to hold them is missing."""
    those = document.data.get("evaluation", {}).get("metrics", {}) if document.is_sound("evaluation") else {}
    if those and METRICS not in own.code and not os.path.isfile(root / own.place / METRICS):
        wanted = " and ".join(f"`def {name}(outputs, labels):`" for name in those)
        yield document.problem(
            f"names functions of {METRICS}, which is missing; write {wanted} there", "evaluation", "metrics"
        )


def _outside(root: Path, own: Contents, sources: dict[str, str]) -> Iterator[Problem]:
    """Yield what a model's code takes from outside its folder; of code in Git LFS nobody could tell."""
    others = [name for name in own.code if name.endswith(".py") and name not in CODE]
    for name in [*sources, *others]:
        file = f"{own.place}/{name}"
        if name in others and own.code[name].is_kept_by_lfs:
            yield contents.kept_by_lfs(file, own.code[name])
        else:
            source = sources[name] if name in sources else _raw(root, own, name)
            yield from imports.problems(file, signatures.taken(source), own.entries)


def _packages(root: Path, own: Contents) -> Iterator[Problem]:
    """Yield what is wrong with what a model says of its own packages; nothing is installed to tell it."""
    texts = {}
    for name in requirements.WANTED, requirements.LOCK:
        if name in own.entries:
            texts[name] = _raw(root, own, name).decode("utf-8", "replace")
        elif os.path.isfile(root / own.place / name):
            yield contents.ignored(f"{own.place}/{name}")
    yield from requirements.problems(own.place, texts)


def _raw(root: Path, own: Contents, name: str) -> bytes:
    """Return one of a model's own files as a clone has it."""
    raw = own.code[name].cloned if name in own.code else None
    return (root / own.place / name).read_bytes() if raw is None else raw


def _old_form(source: str | None) -> str | None:
    """Say what to move where a model has load() beside train(): who sets the examination does not sit it."""
    line = signatures.line(source, "load") if source else None
    return line and f"move load() there from {MODEL}:{line}, with what it needs"


def _source(root: Path, own: Contents, name: str) -> str:
    """Return the text of one of a model's own files as a clone has it; raise RegistryError where there is none."""
    file = f"{own.place}/{name}"
    if name not in own.code:
        raise RegistryError(contents.ignored(file))
    if own.code[name].is_kept_by_lfs:
        raise RegistryError(contents.kept_by_lfs(file, own.code[name]))
    raw = _raw(root, own, name)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise RegistryError(Problem(file, line, "", "is not UTF-8; save it as UTF-8")) from error


def has_sources(document: Document) -> bool:
    """Say whether the files that a spec names can be told from it."""
    return document.is_sound("data") and (sources.INPUTS not in document.data or document.is_sound(sources.INPUTS))


def data(root: Path, own: Contents, document: Document) -> list[Problem]:
    """Return what is wrong with the files that a spec names: those in the model's folder, and one that is both."""
    if not has_sources(document):
        return []
    found = _both(document) if sources.is_apart(document.data["data"]) else []
    for place, name in sources.paths(document.data).items():
        if fault := _path_fault(root, own, name):
            found.append(document.problem(fault, *place, "path"))
        elif name not in own.entries:
            found.append(contents.ignored(f"{own.place}/{name}"))
    return found


def _both(document: Document) -> list[Problem]:
    """Return what is wrong where the rows held out are those to train with."""
    training, held_out = sources.of_rows(document.data).values()
    same = [name for name in ("path", "sha256") if name in held_out and held_out[name] == training.get(name)]
    text = "is that of the rows to train with, too; name another file, or write a share such as 0.2"
    return [document.problem(text, *sources.HOLDOUT, name) for name in same]


def _path_fault(root: Path, own: Contents, name: str) -> str | None:
    """Say what keeps a file from being read as one of the model's folder, or None."""
    folder, path = os.path.join(root, own.place), os.path.join(root, own.place, name)
    if name in NO_DATA:
        return f"{name} is not data; name a file of data"
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        return f"{one_line(name)} leaves the model's folder; put the file into it"
    if near := [one for one in own.entries if one != name and one.lower() == name.lower()]:
        return f"{one_line(name)} is no file in the model's folder; write {near[0]}"
    return None if os.path.isfile(path) else f"{one_line(name)} is no file in the model's folder; put it there"
