"""What a model's code takes from outside its folder, read from its text: no fingerprint covers what lies there."""

import ast
import os
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from registry.errors import Problem

SCRIPTS = Path(__file__).parents[2]
OURS = "registry"  # is imported already where a model's code runs, so that a file of that name would not be found
OUTSIDE = (OURS, "scripts", "models")
PATHS = ("sys.path", "sys.meta_path", "sys.path_hooks", "site.addsitedir")
BY_NAME = ("__import__", "import_module", "run_module", "find_spec")
INDIRECT = re.compile(rf"\b(?:sys|site|{'|'.join(BY_NAME)})\b")


class Taken(NamedTuple):
    """A line of code, and the module that it imports, by its full name; or one of PATHS that it uses."""

    line: int
    name: str


def taken(source: str, tree: ast.AST) -> tuple[Taken, ...]:
    """Return what code imports, and where it changes how Python finds what is imported; wherever in it that stands."""
    nodes = list(ast.walk(tree) if _is_indirect(source) else statements(tree))
    imported = [alias for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    called = {alias.asname or alias.name: alias.name for alias in imported}
    found = {Taken(node.lineno, name) for node in nodes for name in _names(node, called)}
    return tuple(sorted(found))


def _is_indirect(source: str) -> bool:
    """Say whether expressions need a look too, which takes as long as to parse; Python takes names as normalized."""
    return INDIRECT.search(unicodedata.normalize("NFKC", source)) is not None


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every statement below a node, however deep it stands; their expressions would take as long as to parse."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield child
            yield from statements(child)


def _names(node: ast.AST, called: dict[str, str]) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=str(module), names=names, level=0):
            yield from (full if (full := f"{module}.{alias.name}") in PATHS else module for alias in names)
        case ast.Attribute(value=ast.Name(id=name), attr=attr):
            if (full := f"{called.get(name, name)}.{attr}") in PATHS:
                yield full
        case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]) if _called(function) in BY_NAME:
            yield name
        case ast.Subscript(value=ast.Attribute(attr="modules"), slice=ast.Constant(value=str(name))):
            yield name


def _called(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def problems(file: str, those: Iterable[Taken], files: Collection[str]) -> Iterator[Problem]:
    """Yield what of that is outside of a model's folder, whose files (names within it) may be called as they like."""
    own = {name.split("/")[0].removesuffix(".py") for name in files} - {OURS}
    for line, name in those:
        if name in PATHS:
            text = f"changes where Python looks for code ({name}), and no fingerprint covers what it finds elsewhere"
            yield Problem(file, line, "", f"{text}; put that into the model's folder, where imports find it")
        elif (top := name.split(".")[0]) in {*OUTSIDE, *_verbs()} - own:
            text = f"takes {name} from outside the model's folder, where no fingerprint covers it"
            yield Problem(file, line, "", f"{text}; put what it needs of {top} into a file beside this one")


@cache
def _verbs() -> frozenset[str]:
    return frozenset(name.removesuffix(".py") for name in os.listdir(SCRIPTS) if name.endswith(".py"))
