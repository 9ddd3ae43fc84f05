"""YAML, read strictly: what two readers could take for two things is refused, and not written. The one door to yaml."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

import yaml

from registry.errors import Problem, RegistryError, one_line, refuse
from registry.formats import scalars, syntax

KEY = "a key must be plain text; write `field: value` lines"

Place = tuple[str | int, ...]


class Node(NamedTuple):
    """Where a value stands in its text, from its first character to behind its last; `is_whole` on one line."""

    start: int
    end: int
    column: int
    is_mapping: bool
    is_flow: bool
    is_whole: bool


@dataclass(frozen=True)
class Document:
    """A document's value, and for each place in it the line and the text that stand there."""

    file: str
    data: dict
    marks: dict[Place, tuple[int, str]] = field(repr=False)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, text: str, *place: str | int) -> Problem:
        """Return a problem at a place; one that does not exist counts as its nearest parent that does."""
        return Problem(self.file, self.line(*place), dotted(place), text)

    def is_sound(self, *fields: str) -> bool:
        """Say whether top-level fields are there and have no problem, within them or as a whole."""
        wrong = {problem.field.split(".")[0].split("[")[0] for problem in self.problems}
        return all(field in self.data and field not in wrong for field in fields)

    def is_left_out(self, *place: str | int) -> bool:
        """Say whether nothing stands at a place, not even `null`."""
        return self.marks[place][1] == ""

    def line(self, *place: str | int) -> int:
        """Return the line of a place, or of its nearest parent."""
        while place and place not in self.marks:
            place = place[:-1]
        return self.marks[place][0] if place else 1


def dotted(place: Place) -> str:
    """Return the name of a place as people write it: data.sha256, owners[0]."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{one_line(step)}" for step in place)
    return text.removeprefix(".")


def parse(file: str, raw: bytes) -> Document:
    """Return the document in `raw` with a strict reader's problems; raise RegistryError if it can't be read."""
    text = syntax.decode(file, raw)
    try:
        return _Reader(file).read(text)
    except yaml.YAMLError as error:
        raise syntax.explain(file, text, error) from error


def nodes(text: str) -> dict[Place, Node]:
    """Return where each value of a document stands that `parse` has no problem with."""
    return dict(_nodes(text, yaml.compose(text, Loader=yaml.CSafeLoader)))


def _nodes(text: str, node: yaml.Node, *place: str | int) -> Iterator[tuple[Place, Node]]:
    start, end = node.start_mark.index, node.end_mark.index
    is_mapping, is_scalar = isinstance(node, yaml.MappingNode), isinstance(node, yaml.ScalarNode)
    is_flow = bool(node.flow_style) if not is_scalar else node.style not in ("|", ">")
    yield place, Node(start, end, node.start_mark.column, is_mapping, is_flow, is_flow and "\n" not in text[start:end])
    if not is_scalar:
        below = ((key.value, value) for key, value in node.value) if is_mapping else enumerate(node.value)
        for step, value in below:
            yield from _nodes(text, value, *place, step)


def inline(value: object) -> str:
    """Return a plain value as YAML on one line."""
    if isinstance(value, float):
        shown = scalars.decimal(value)
        return shown if "." in shown else f"{shown}.0"
    listed = yaml.dump([value], Dumper=_Writer, default_flow_style=True, sort_keys=False, allow_unicode=True, width=inf)
    return listed.strip()[1:-1]  # as it may stand within a list too


def write(data: dict) -> str:
    """Return plain values as YAML that every reader takes for them, in their order."""
    return yaml.dump(data, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=100)


class _Writer(yaml.SafeDumper):
    """Writes text in quotes wherever a reader could take it for anything else."""

    def represent_text(self, text: str) -> yaml.Node:
        try:
            is_plain = scalars.resolve(text) == text
        except ValueError:
            is_plain = False
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_plain else '"')


_Writer.add_representer(str, _Writer.represent_text)


class _Reader:
    """Builds a document from YAML events, one at a time, so that depth never meets Python's stack."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.marks: dict[Place, tuple[int, str]] = {}
        self.problems: list[Problem] = []
        self.open: list[tuple[dict | list | None, Place]] = []  # all that the innermost stands in
        self.inner: dict | list | None = None
        self.place: Place = ()
        self.key: str | None = None
        self.key_line = 0
        self.first_line = 1
        self.documents: list[object] = []

    def read(self, text: str) -> Document:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            self._take(event)
        if self.documents in ([], [None]):
            raise refuse(self.file, syntax.EMPTY)
        if not isinstance(self.documents[0], dict):
            raise self._stop(self.first_line, "is not a mapping; write `field: value` lines")
        return Document(self.file, self.documents[0], self.marks, self.problems)

    def _take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1
        match event:
            case yaml.ScalarEvent():
                self._scalar(event, line)
            case yaml.CollectionStartEvent():
                self._start({} if isinstance(event, yaml.MappingStartEvent) else [], event, line)
            case yaml.CollectionEndEvent():
                self.inner, self.place = self.open.pop()
                self.key = None
            case yaml.DocumentStartEvent() if self.documents:
                raise self._stop(line, "holds several documents; keep one a file, without `---` lines")
            case yaml.DocumentStartEvent() if event.version or event.tags:
                self._complain(line, (), "starts with a %YAML or %TAG line; leave it out")
            case yaml.AliasEvent() if self._expects_key():
                raise self._stop(line, KEY)
            case yaml.AliasEvent():
                self._complain(line, self._next(), f"*{one_line(event.anchor)} is an alias; write the value out")
                self._put(None, line, "")

    def _refuse_magic(self, event: yaml.NodeEvent, line: int) -> None:
        if event.anchor:
            self._complain(
                line, self._next(), f"&{one_line(event.anchor)} is an anchor; leave it out and write values out"
            )
        if event.tag:
            self._complain(line, self._next(), f"{one_line(event.tag)} is a tag; leave it out and write plain values")

    def _start(self, value: dict | list, event: yaml.NodeEvent, line: int) -> None:
        self._refuse_magic(event, line)
        if len(self.open) >= syntax.DEEPEST:
            raise self._stop(line, syntax.DEEP)
        if self._expects_key():
            raise self._stop(line, KEY)
        place = self._put(value, line, "")
        self.open.append((self.inner, self.place))
        self.inner, self.place = value, place

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        if event.anchor or event.tag:
            self._refuse_magic(event, line)
        value = text = event.value
        if not event.style and event.implicit[0]:
            try:
                value = scalars.resolve(text)
            except ValueError as error:
                self._complain(line, self._next(text), str(error))
        elif event.style == '"' and syntax.CONTROLS.search(text):
            self._complain(line, self._next(text), "holds a control character; write plain text")
        if self._expects_key():
            self._set_key(text, value, line)
        else:
            self._put(value, line, text)

    def _set_key(self, text: str, value: object, line: int) -> None:
        if not isinstance(value, str):
            self._complain(line, (*self.place, text), "is a key that is not text; write it in quotes")
        if text in self.inner:
            first = self.marks[(*self.place, text)][0]
            self._complain(line, (*self.place, text), f"stands twice, first on line {first}; keep one")
        self.key = text
        self.key_line = line

    def _put(self, value: object, line: int, text: str) -> Place:
        """Put a value where the next one belongs, and return its place; of a key that stands twice the first counts."""
        parent = self.inner
        if isinstance(parent, dict):
            place = (*self.place, self.key)
            self.marks.setdefault(place, (self.key_line, text))
            parent.setdefault(self.key, value)
            self.key = None
        elif parent is None:
            place = ()
            self.documents.append(value)
            self.first_line = line
        else:
            place = (*self.place, len(parent))
            self.marks.setdefault(place, (line, text))
            parent.append(value)
        return place

    def _expects_key(self) -> bool:
        return self.key is None and isinstance(self.inner, dict)

    def _next(self, key: str | None = None) -> Place:
        """Return the place that comes next; where a key comes next, that of `key`, or of the mapping without one."""
        step = len(self.inner) if isinstance(self.inner, list) else key if self.key is None else self.key
        return self.place if step is None or self.inner is None else (*self.place, step)

    def _complain(self, line: int, place: Place, text: str) -> None:
        self.problems.append(Problem(self.file, line, dotted(place), text))

    def _stop(self, line: int, text: str) -> RegistryError:
        return RegistryError(*self.problems, Problem(self.file, line, "", text))
