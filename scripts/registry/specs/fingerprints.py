"""What decides a model's trained bytes, as one number and as a list of differences. Pure."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from registry.specs import requirements, sources

PROSE = (".md",)
WISHES = ("model.yaml", requirements.WANTED)
SECTIONS = ("task", "data", "training", "evaluation")
DEFAULTS = {"data": {"holdout": 0.2}, "evaluation": {"folds": 0, "slices": []}, sources.INPUTS: {}}


@dataclass(frozen=True)
class Recipe:
    """The sections of a spec and the code files (name -> SHA-256) that decide the trained bytes."""

    sections: dict
    code: dict[str, str]

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the recipe's canonical JSON."""
        text = json.dumps([self.sections, self.code], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Difference:
    """A field (values as JSON) or file (digests) in which two recipes differ; None where one has no such thing."""

    field: str
    old: str | None
    new: str | None


def recipe(spec: Mapping, files: Mapping[str, bytes]) -> Recipe:
    """Return the recipe of a spec and the files of its folder (name within the folder -> bytes)."""
    return from_digests(spec, {name: hashlib.sha256(content).hexdigest() for name, content in files.items()})


def from_digests(spec: Mapping, digests: Mapping[str, str]) -> Recipe:
    """Return the recipe of a spec and the files of its folder (name within the folder -> SHA-256)."""
    rows = sources.paths(spec).values()
    code = {name: digest for name, digest in digests.items() if is_code(name, rows)}
    more = [sources.INPUTS] if spec.get(sources.INPUTS) else []  # without them a fingerprint is what it ever was
    return Recipe({name: with_defaults(spec, name) for name in (*SECTIONS, *more)}, code)


def with_defaults(spec: Mapping, section: str) -> object:
    """Return a section of a spec with its defaults filled in."""
    default = DEFAULTS.get(section)
    return spec[section] if default is None else {**default, **spec.get(section, {})}


def is_code(name: str, rows: Collection[str]) -> bool:
    """Say whether a file counts, hidden ones too: not the spec, prose, or one of `rows` (its digest is in the spec).

    What Python compiled does not either, nor what packages were asked for, since their lock has the versions: where code
    runs there are only files that count.
    """
    return not ("__pycache__" in name.split("/") or name in (*WISHES, *rows) or is_prose(name))


def is_prose(name: str) -> bool:
    """Say whether a file is text for people."""
    return name.endswith(PROSE)


def differences(old: Recipe, new: Recipe) -> list[Difference]:
    """Return the fields and files in which two recipes differ, sorted: training.epochs 5 → 8, model.py 9d1f → 03ac."""
    return _unlike(_leaves(old), _leaves(new))


def between(old: Mapping, new: Mapping) -> list[Difference]:
    """Return the fields in which two sections of a spec, or several by their names, differ, sorted."""
    return _unlike(dict(_fields(old, "field")), dict(_fields(new, "field")))


def readable(value: str) -> str:
    """Return a value of a spec, as a difference has it, with its letters as people know them."""
    return json.dumps(json.loads(value), ensure_ascii=False)


def _unlike(before: Mapping[tuple[str, ...], str], after: Mapping[tuple[str, ...], str]) -> list[Difference]:
    places = sorted(place for place in before.keys() | after.keys() if before.get(place) != after.get(place))
    found = [Difference(".".join(path), before.get((kind, *path)), after.get((kind, *path))) for kind, *path in places]
    return sorted(found, key=lambda one: one.field)


def _leaves(recipe: Recipe) -> dict[tuple[str, ...], str]:
    """Return what stands at each field and file; the first step keeps a field and a file of the same name apart."""
    return {("file", name): digest for name, digest in recipe.code.items()} | dict(_fields(recipe.sections, "field"))


def _fields(value: Mapping, *place: str) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, child in value.items():
        if isinstance(child, Mapping) and child:
            yield from _fields(child, *place, key)
        else:
            yield (*place, key), json.dumps(child, sort_keys=True)
