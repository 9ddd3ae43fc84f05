"""A model.py of the older form, with load() beside train(), made two files: data.py is the examination. Pure."""

import ast
import io
from collections.abc import Iterable, Iterator
from typing import NamedTuple

LOAD, TRAIN = "load", "train"
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


class Part(NamedTuple):
    """A statement of a module: its text with what stands above it, what it defines, and which names it uses."""

    text: str
    node: ast.stmt
    defines: frozenset[str]
    uses: frozenset[str]

    @property
    def is_import(self) -> bool:
        return isinstance(self.node, ast.Import | ast.ImportFrom)

    @property
    def is_docstring(self) -> bool:
        return isinstance(self.node, ast.Expr) and isinstance(self.node.value, ast.Constant)

    @property
    def is_plain(self) -> bool:
        """Whether it does nothing but define names: anything else may need its place."""
        known = self.is_import or self.is_docstring or isinstance(self.node, DEFINITIONS)
        return self.text != "" and known and "*" not in self.defines and not _changes(self.node)

    @property
    def is_future(self) -> bool:
        return isinstance(self.node, ast.ImportFrom) and self.node.module == "__future__"


def divide(source: str) -> tuple[str, str] | None:
    """Return the texts of data.py and model.py, or None where a person has to say what belongs where.

    load() takes along what it needs, and imports stay where others may need them. Anything else that both need is not
    copied.
    """
    try:
        parts = list(_parts(source))
    except (SyntaxError, ValueError):
        return None
    wanted = [part for part in parts if LOAD in part.defines]
    if not wanted or not all(part.is_plain for part in parts):
        return None
    data = _needed(parts, wanted)
    rest = [part for part in parts if part not in data]
    if not any(TRAIN in part.defines for part in rest):
        return None
    both = _needed(parts, rest)
    if [part for part in both if part in data and not part.is_import]:
        return None
    apart = [part for part in parts if part.is_future or (part in data and not part.is_docstring)]
    return _text(apart), _text([part for part in parts if part.is_future or part in both])


def _text(parts: list[Part]) -> str:
    return "".join(part.text for part in parts).lstrip("\r\n")


def _parts(source: str) -> Iterator[Part]:
    lines, end = io.StringIO(source, newline="").readlines(), 0  # as Python counts them
    body = ast.parse(source).body
    for number, node in enumerate(body):
        last = len(lines) if number + 1 == len(body) else node.end_lineno
        names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        yield Part("".join(lines[end:last]), node, frozenset(_defined(node)), frozenset(names))
        end = last


def _defined(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in names)
        case ast.Assign() | ast.AnnAssign():
            yield from (
                one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
            )


def _changes(node: ast.stmt) -> bool:
    """Say whether a statement puts something into what is there already, such as `os.environ["…"] = "…"`."""
    parts = ast.walk(node) if isinstance(node, ast.Assign | ast.AnnAssign) else ()
    return any(isinstance(one, ast.Attribute | ast.Subscript) and isinstance(one.ctx, ast.Store) for one in parts)


def _needed(parts: list[Part], wanted: Iterable[Part]) -> list[Part]:
    """Return those parts and all that they need, in their order."""
    found, left = set(), [*wanted]
    while left:
        part = left.pop()
        found.add(part)
        left += [one for one in parts if one not in found and one.defines & part.uses]
    return [part for part in parts if part in found]
