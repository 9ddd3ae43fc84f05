"""A spec with other arguments: its text edited in place, and the version that it then must have. Pure."""

from collections.abc import Container, Mapping
from dataclasses import replace

from registry import versions
from registry.errors import refuse
from registry.formats import editing
from registry.releases.ledger import Release
from registry.specs.models import Model


def version(model: Model, arguments: Mapping, last: Release | None, taken: Container[str]) -> str:
    """Return the version of a model with other arguments: its own, or the next minor one where that is released.

    `last` is its last release, `taken` are the versions of tags that are none. Raises RegistryError where none is left.
    """
    sections = model.recipe.sections
    recipe = replace(model.recipe, sections=sections | {"training": sections["training"] | arguments})
    is_same = last is None or recipe.fingerprint == last.fingerprint
    if is_same or versions.parse(model.version) > versions.parse(last.version):
        return model.version
    if (found := versions.next_minor(last.version, taken)) == "none":
        raise refuse(
            model.document.file, f"has no version left above {last.version}; raise it yourself", field="version"
        )
    return found


def text(model: Model, now: str, arguments: Mapping, version: str) -> str:
    """Return the text of a spec with other arguments and another version; comments, order and style stay."""
    spec = model.spec
    changes = {("training", name): value for name, value in arguments.items()
               if name not in spec["training"] or repr(spec["training"][name]) != repr(value)}  # fmt: skip
    if version != spec["version"]:
        changes[("version",)] = version
    return editing.replaced(model.document.file, now, changes)
