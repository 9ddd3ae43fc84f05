"""What a pull request changes of what a released version says of itself, for which nothing is published. Pure."""

from collections.abc import Collection, Iterator, Mapping

from registry.formats.markdown import code, listed, text
from registry.specs.models import PROSE

MOST = 20
Specs = Mapping[str, tuple[Mapping | None, Mapping | None]]  # a model -> its spec on main and as it will be


def changed(specs: Specs, built: Collection[str]) -> dict[str, list[str]]:
    """Return by model the prose of its spec that changes, of those that keep their version and are not built."""
    found = {}
    for model, (before, after) in specs.items():
        if before and after and model not in built and before["version"] == after["version"]:
            found[model] = [field for field in PROSE if before.get(field) != after.get(field)]
    return {model: fields for model, fields in found.items() if fields}


def told(those: Mapping[str, Collection[str]]) -> str:
    """Return what becomes of changed prose; nothing where there is none."""
    return "\n\n".join(_told(those))


def _told(those: Mapping[str, Collection[str]]) -> Iterator[str]:
    if those:
        shown = [f"{text(model)} ({listed([code(one) for one in those[model]])})" for model in sorted(those)]
        more = [f"{len(shown) - MOST:,} more"] if len(shown) > MOST else []
        rule = "what is released never changes, and the next version says it"
        yield f"**Words change** of {listed([*shown[:MOST], *more])}. Merging publishes nothing for that: {rule}."
