"""What model.py promises, read from its text: it is never run here, and needs no TensorFlow."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from registry.errors import Problem, did_you_mean
from registry.reader import Document


@dataclass(frozen=True)
class Signature:
    """How a function may be called: its line, how many arguments by position, and which by keyword after the first two."""

    line: int
    positional: int
    required: int
    needed: frozenset[str]
    optional: frozenset[str]
    takes_any: bool


def problems(file: str, source: str, spec: Document) -> Iterator[Problem]:
    """Yield what keeps model.py from being used with a spec: load() and train() and the arguments they take."""
    try:
        functions = _functions(source)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None) or 0
        yield Problem(file, line, "", f"is not Python: {getattr(error, 'msg', None) or error}")
        return
    yield from _shape(file, functions, "load", ["path"], "def load(path):")
    yield from _shape(file, functions, "train", ["features", "labels"], "def train(features, labels, *, seed):")
    if "train" in functions:
        yield from _arguments(functions["train"], spec)


@lru_cache(maxsize=4096)
def _functions(source: str) -> dict[str, Signature]:
    """Keeps the signatures of a source, never its syntax tree: a thousand trees would keep the garbage collector busy."""
    return {node.name: _signature(node) for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def _signature(node: ast.FunctionDef) -> Signature:
    args = node.args
    positional = [*args.posonlyargs, *args.args]
    required = len(positional) - len(args.defaults)
    names = [arg.arg for arg in positional]
    after = range(max(2, len(args.posonlyargs)), len(positional))
    keywords = {names[place]: place < required for place in after}
    keywords |= {arg.arg: default is None for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True)}
    return Signature(
        line=node.lineno,
        positional=len(positional),
        required=required,
        needed=frozenset(name for name, needed in keywords.items() if needed),
        optional=frozenset(name for name, needed in keywords.items() if not needed),
        takes_any=args.kwarg is not None,
    )


def _shape(file: str, functions: dict[str, Signature], name: str, first: list[str], example: str) -> Iterator[Problem]:
    if name not in functions:
        yield Problem(file, 0, name, f"is not defined at the top level; write `{example}`")
        return
    found = functions[name]
    if found.positional < len(first) or (name == "load" and found.required > len(first)):
        yield Problem(file, found.line, name, f"must take {' and '.join(first)}; write `{example}`")


def _arguments(train: Signature, spec: Document) -> Iterator[Problem]:
    given = spec.data["training"]
    accepted = train.optional | train.needed
    for name in sorted(train.needed - set(given)):
        text = f"is missing, and train() has no default for it; it accepts {', '.join(sorted(accepted))}"
        yield spec.problem(text, "training", name)
    if train.takes_any:
        return
    for name in sorted(set(given) - accepted):
        text = f"is no argument of train() in model.py, which accepts {', '.join(sorted(accepted)) or 'none'}"
        yield spec.problem(f"{text}; {did_you_mean(name, accepted)}", "training", name)
