"""What people lay over an object: merged into it last, name by name; what it may not touch is told by path. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Path = tuple[str, ...]


def merge(one: Any, other: Any) -> Any:
    """Return a part of an object with another merged into it.

    Null takes a field away, and lists of what has names are merged name by name; other lists are replaced.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        merged = {name: merge(one.get(name), part) for name, part in other.items()}
        return {name: part for name, part in (one | merged).items() if part is not None}
    if isinstance(one, list) and isinstance(other, list) and one and all(map(is_named, [*one, *other])):
        parts = {part["name"]: part for part in one}
        return [*(parts | {part["name"]: merge(parts.get(part["name"]), part) for part in other}).values()]
    return merge({}, other) if isinstance(other, dict) else other


def is_named(part: object) -> bool:
    """Say whether an item of a list is known by its name, and not by where it stands."""
    return isinstance(part, dict) and isinstance(part.get("name"), str)


def touched(overlay: Mapping, own: Iterable[Path]) -> list[Path]:
    """Return the fields of an overlay that are, hold, or lie in one of some others; a last step `a/` is all that begins so."""
    reserved = [*own]
    return [leaf for leaf, part in _leaves(overlay) if any(_meet(leaf, part, one) for one in reserved)]


def _meet(leaf: Path, part: Any, own: Path) -> bool:
    if part == {} and len(leaf) <= len(own):  # it changes nothing of what holds ours
        return False
    return all(step == mine or (mine.endswith("/") and step.startswith(mine)) for step, mine in zip(leaf, own))


def _leaves(part: Any, *path: str) -> Iterator[tuple[Path, Any]]:
    if isinstance(part, Mapping) and part:
        for name, below in part.items():
            yield from _leaves(below, *path, name)
    elif isinstance(part, list) and part and all(map(is_named, part)):
        for one in part:
            yield from _leaves({name: below for name, below in one.items() if name != "name"}, *path, one["name"])
    else:
        yield path, part
