"""What model.py promises, read from its text: it is never run here, and needs no TensorFlow."""

import ast
from collections.abc import Iterator
from functools import lru_cache

from registry.errors import Problem, did_you_mean
from registry.reader import Document

Functions = dict[str, ast.FunctionDef]


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
        yield from _arguments(functions["train"].args, spec)


@lru_cache(maxsize=4096)
def _functions(source: str) -> Functions:
    return {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def _shape(file: str, functions: Functions, name: str, first: list[str], example: str) -> Iterator[Problem]:
    if name not in functions:
        yield Problem(file, 0, name, f"is not defined at the top level; write `{example}`")
        return
    node = functions[name]
    positional = [*node.args.posonlyargs, *node.args.args]
    required = len(positional) - len(node.args.defaults)
    if len(positional) < len(first) or (name == "load" and required > len(first)):
        yield Problem(file, node.lineno, name, f"must take {' and '.join(first)}; write `{example}`")


def _arguments(args: ast.arguments, spec: Document) -> Iterator[Problem]:
    optional, required = _keywords(args)
    given = spec.data["training"]
    accepted = optional | required
    for name in sorted(required - set(given)):
        text = f"is missing, and train() has no default for it; it accepts {', '.join(sorted(accepted))}"
        yield spec.problem(text, "training", name)
    if args.kwarg is None:
        for name in sorted(set(given) - accepted):
            text = f"is no argument of train() in model.py, which accepts {', '.join(sorted(accepted)) or 'none'}"
            yield spec.problem(f"{text}; {did_you_mean(name, accepted)}", "training", name)


def _keywords(args: ast.arguments) -> tuple[set[str], set[str]]:
    """Return the names of the keyword arguments after features and labels: optional, required."""
    positional = args.args[max(0, 2 - len(args.posonlyargs)) :]
    split = len(positional) - min(len(args.defaults), len(positional))
    required = {arg.arg for arg in positional[:split]}
    optional = {arg.arg for arg in positional[split:]}
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        (required if default is None else optional).add(arg.arg)
    return optional, required
