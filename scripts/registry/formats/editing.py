"""YAML that a person wrote, changed in place: values by their positions in the text, and nothing else of it. Pure."""

from collections.abc import Iterable, Mapping

from registry.errors import Problem, RegistryError, raise_all
from registry.formats import reader
from registry.formats.reader import Node, Place

ONE_LINE = "stands on several lines, of which comments could be lost; write it on one, then run the same command again"


def replaced(file: str, text: str, changes: Mapping[Place, object]) -> str:
    """Return a document with values put in place of others, or behind their neighbours where they are new.

    Comments, order, quotes and style stay. Raises RegistryError where the text is not as it can be edited.
    """
    document = reader.parse(file, text.encode())
    raise_all(document.problems)
    known = reader.nodes(text)
    raise_all([Problem(file, document.line(*place), reader.dotted(place), ONE_LINE)
               for place in changes if place in known and not known[place].is_whole])  # fmt: skip
    edits = [_replacement(text, known[place], value) if place in known else _addition(text, known, place, value)
             for place, value in changes.items()]  # fmt: skip
    parts, done = [], 0
    for start, end, words in sorted(edits, key=lambda edit: edit[:2]):
        parts += [text[done:start], words]
        done = end
    made = "".join([*parts, text[done:]])
    _check(file, made, changes)
    return made


def _replacement(text: str, node: Node, value: object) -> tuple[int, int, str]:
    quote = text[node.start : node.start + 1]
    is_quoted = isinstance(value, str) and quote in ("'", '"') and value.isprintable()
    if is_quoted and not {"'", '"', "\\"} & {*value}:
        return node.start, node.end, f"{quote}{value}{quote}"
    return node.start, node.end, reader.inline(value)


def _addition(text: str, known: Mapping[Place, Node], place: Place, value: object) -> tuple[int, int, str]:
    """Return a new field behind the last of its neighbours that stands on one line."""
    *parent, name = place
    line = f"{reader.inline(name)}: {reader.inline(value)}"
    mapping = known[(*parent,)]
    beside = [node for other, node in known.items() if other[:-1] == (*parent,) and other != () and node.is_whole]
    last = max(beside, key=lambda node: node.end)
    if mapping.is_flow:
        return last.end, last.end, f", {line}"
    end = text.find("\n", last.end)
    ending = "\r\n" if text[end - 1 : end] == "\r" else "\n"
    if end < 0:
        return len(text), len(text), f"\n{' ' * mapping.column}{line}"
    return end + 1, end + 1, f"{' ' * mapping.column}{line}{ending}"


def _check(file: str, text: str, changes: Mapping[Place, object]) -> None:
    """A text that does not say what it was changed to is refused: better none than another."""
    try:
        found = reader.parse(file, text.encode()).data
        wrong = [place for place, value in changes.items() if not _says(found, place, value)]
    except RegistryError:
        wrong = [*changes]
    advice = "can't be edited as it stands; write `{}` there yourself"
    raise_all([Problem(file, 0, reader.dotted(place), advice.format(_line(place, changes[place]))) for place in wrong])


def _line(place: Place, value: object) -> str:
    return f"{reader.inline(place[-1])}: {reader.inline(value)}"


def _says(found: object, place: Iterable, value: object) -> bool:
    for step in place:
        found = found.get(step) if isinstance(found, Mapping) else None
    return repr(found) == repr(value)  # 1 is not 1.0
