"""What data.py, model.py and checks.py promise, read from their text: never run here, without TensorFlow."""

import ast
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from registry.code import annotations, imports
from registry.code.annotations import Annotations, Wanted
from registry.code.imports import Taken
from registry.errors import Problem, nearest
from registry.formats.reader import Document

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
GIVEN = frozenset({"checkpoints", "batches"})  # what train() gets by these names where it takes them, and no spec says
CHECK = "def test_blank_is_no_seven(predict):"


@dataclass(frozen=True)
class Signature:
    """How a function may be called: its line, how many arguments by position, and which by keyword.

    The first two arguments of train() are fed with rows that load() returns; the others come from the spec. `wanted` is what
    the annotations of those by keyword take, `wanted_more` that of arguments without a name of their own. `named` are
    all that may be given by name, but the first; `demanded` those of them without a default.
    """

    line: int
    positional: int
    required: int
    needed: frozenset[str]
    optional: frozenset[str]
    fed: frozenset[str]
    takes_any: bool
    wanted: Mapping[str, tuple[Wanted, ...]]
    wanted_more: tuple[Wanted, ...]
    named: frozenset[str]
    demanded: frozenset[str]


def problems(file: str, source: str, spec: Document) -> Iterator[Problem]:
    """Yield what keeps a file of a model's own from being used: data.py by its load(), model.py by its train().

    What train() takes is held against the spec. checks.py needs one test or more.
    """
    try:
        functions, _, tests = _read(source)
    except UNREADABLE as error:
        reason = getattr(error, "msg", None) or str(error) or "too deep"
        text = f"is not Python: {reason}; run it through `python` and mend what that says"
        yield Problem(file, getattr(error, "lineno", None) or 0, "", text)
        return
    if file.endswith("/checks.py"):
        if not tests:
            yield Problem(file, 0, "", f"has no check; write one, such as `{CHECK}`, or take the file away")
        return
    if file.endswith("/metrics.py"):
        yield from _metrics(file, functions, spec)
        return
    if file.endswith("/data.py"):
        inputs = _inputs(spec)
        yield from _shape(file, functions, "load", ["path"], "def load(path):", "inputs" in spec.data)
        for name in sorted(functions["load"].demanded - inputs if inputs and "load" in functions else ()):
            text = f"takes {name}, which the spec has not among its inputs; name it there, or give it a default"
            yield Problem(file, functions["load"].line, "load", text)
        return
    if spec.data.get("task") == "clustering":
        yield from _shape(file, functions, "train", ["features"], "def train(features, *, seed):")
    else:
        yield from _shape(file, functions, "train", ["features", "labels"], "def train(features, labels, *, seed):")
    if "train" in functions and spec.is_sound("training"):
        yield from _arguments(functions["train"], spec)
        yield from _values(functions["train"], spec)


def line(source: str, function: str) -> int | None:
    """Return the line where a source defines a function at its top level, or None."""
    try:
        return _read(source).functions[function].line
    except (*UNREADABLE, KeyError):
        return None


def found(source: str, function: str) -> Signature:
    """Return how a function may be called that a source is known to define at its top level."""
    return _read(source).functions[function]


def taken(source: str | bytes) -> tuple[Taken, ...]:
    """Return what a source imports; nothing of one that Python can't read, since it can't run that either."""
    try:
        return _read(source if isinstance(source, str) else _decoded(source)).taken
    except UNREADABLE:
        return ()


def _decoded(source: bytes) -> str:
    """Return a source as Python reads it, in the encoding that it names."""
    from importlib.util import decode_source  # what only models of several files need is not to cost each start

    return decode_source(source)


class Code(NamedTuple):
    """What a source promises and takes: its functions at the top level, its imports, and whether pytest may find tests."""

    functions: dict[str, Signature]
    taken: tuple[Taken, ...]
    tests: bool


@lru_cache(maxsize=4096)
def _read(source: str) -> Code:
    """Keeps what was read of a source, never its syntax tree: a thousand trees would busy the garbage collector."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes and the like, which are not about what a model promises
        tree = ast.parse(source)
    meant = Annotations(annotations.aliases(tree.body))
    functions = {node.name: _signature(node, meant) for node in tree.body if isinstance(node, ast.FunctionDef)}
    return Code(functions, imports.taken(source, tree), any(map(_is_test, imports.statements(tree))))


def _is_test(node: ast.AST) -> bool:
    """Say whether a statement makes a test, or may: nobody knows here what stands in another file."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return name.lower().startswith("test")
        case ast.ImportFrom(names=names):
            return any(alias.name == "*" or (alias.asname or alias.name).startswith("test") for alias in names)
    return False


def _signature(node: ast.FunctionDef, meant: Annotations) -> Signature:
    args = node.args
    positional = [*args.posonlyargs, *args.args]
    required = len(positional) - len(args.defaults)
    names = [arg.arg for arg in positional]
    after = range(max(2, len(args.posonlyargs)), len(positional))
    keywords = {names[place]: place < required for place in after}
    keywords |= {arg.arg: default is None for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True)}
    named = {place.arg for place in [*args.args, *args.kwonlyargs]} - set(names[:1])
    given = {arg.arg for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True) if default is not None}
    return Signature(
        line=node.lineno,
        positional=len(positional),
        required=required,
        needed=frozenset(name for name, needed in keywords.items() if needed),
        optional=frozenset(name for name, needed in keywords.items() if not needed),
        fed=frozenset(names[len(args.posonlyargs) : 2]),
        takes_any=args.kwarg is not None,
        wanted={arg.arg: meant.read(arg.annotation) for arg in [*positional, *args.kwonlyargs]},
        wanted_more=meant.read(args.kwarg.annotation) if args.kwarg else (),
        named=frozenset(named),
        demanded=frozenset(named - given - set(names[required:])),
    )


def _shape(
    file: str, functions: dict[str, Signature], name: str, first: list[str], example: str, more: bool = False
) -> Iterator[Problem]:
    if name not in functions:
        yield Problem(file, 0, name, f"is not defined at the top level; write `{example}`")
        return
    found = functions[name]
    if found.positional < len(first) or (name == "load" and found.required > len(first) and not more):
        yield Problem(file, found.line, name, f"must take {' and '.join(first)}; write `{example}`")
    elif first == ["features"] and found.positional > 1:
        yield Problem(
            file,
            found.line,
            name,
            f"must take features alone, since a clustering learns without labels; write `{example}`",
        )


def _metrics(file: str, functions: dict[str, Signature], spec: Document) -> Iterator[Problem]:
    """Yield which metrics that a spec names are no functions, or none that can be given outputs, labels and columns."""
    named = spec.data.get("evaluation", {}).get("metrics", {}) if spec.is_sound("evaluation") else {}
    if not named and spec.is_sound("thresholds"):
        advice = "name them there, as `metrics: {cost: {better: lower}}`, or take the file away"
        yield Problem(file, 0, "", f"has metrics, and evaluation.metrics in model.yaml names none; {advice}")
    for name in named:
        example = f"def {name}(outputs, labels):"
        if name not in functions:
            near = nearest(name, functions)
            advice = f"did you mean {near}?" if near else f"write `{example}`"
            yield Problem(file, 0, name, f"is not defined at the top level; {advice}")
        elif not _takes_answers(functions[name]):
            text = f"must take outputs and labels, and maybe columns as a third; write `{example}`"
            yield Problem(file, functions[name].line, name, text)


def _takes_answers(found: Signature) -> bool:
    """Say whether a function can be given two or three arguments by position, and nothing by keyword."""
    by_keyword = len(found.needed) - max(found.required - 2, 0)
    return 2 <= found.positional <= 3 and not by_keyword


def _inputs(spec: Document) -> set[str]:
    """Return the names of the files that a spec hands to load() and train(), as far as it can be read."""
    found = spec.data.get("inputs")
    return {name for name in found if isinstance(name, str)} if isinstance(found, Mapping) else set()


def takes(source: str, function: str, names: Iterable[str]) -> list[str]:
    """Return which inputs a function of a source takes, all where it takes any."""
    found = _read(source).functions[function]
    own = found.fed | GIVEN if function == "train" else set()
    return [name for name in names if found.takes_any or name in found.named - own]


def input_faults(data: str, model: str, spec: Document) -> Iterator[Problem]:
    """Yield the inputs of a spec that neither load() nor train() takes, and those that show train() all rows."""
    if not spec.is_sound("inputs"):
        return
    try:
        trained = {*takes(model, "train", _inputs(spec))}
        taken = trained | {*takes(data, "load", _inputs(spec))}
    except (*UNREADABLE, KeyError):
        return  # which is told by itself
    rows = _digests(spec.data.get("data"))
    for name in sorted(trained):
        if spec.data["inputs"][name]["sha256"] in rows:
            text = "is the file of the rows, held-out ones among them, which train() must not see; let load() alone take it"
            yield spec.problem(f"{text}, or leave it out", "inputs", name)
    for name in sorted(_inputs(spec) - taken):
        text = "is taken by neither load() in data.py nor train() in model.py; let one of them take it by this name"
        yield spec.problem(f"{text}, or leave it out", "inputs", name)


def _digests(data: object) -> set[object]:
    """Return the digests of the files of rows, as far as a spec says them."""
    found = [data, data.get("holdout")] if isinstance(data, Mapping) else []
    return {one.get("sha256") for one in found if isinstance(one, Mapping)} - {None}


def _arguments(train: Signature, spec: Document) -> Iterator[Problem]:
    given, inputs = set(spec.data["training"]), _inputs(spec)
    told = train.fed | (train.optional | train.needed) & GIVEN
    accepted = (train.optional | train.needed) - GIVEN
    listed = ", ".join(sorted(accepted)) or "none"
    unknown = given & told if train.takes_any else given - accepted
    meant = {name: nearest(name, accepted - given) for name in sorted(unknown - told)}
    for name in sorted(given & inputs):
        yield spec.problem("is an argument in training, too; call one of them otherwise", "inputs", name)
    for name in sorted(train.needed - GIVEN - given - inputs - set(meant.values())):
        text = f"is missing, and train() in model.py has no default for it; it accepts {listed}"
        yield spec.problem(text, "training", name)
    for name, near in meant.items():
        advice = f"did you mean {near}?" if near else "leave it out, or let train() take it"
        yield spec.problem(f"is no argument of train() in model.py, which accepts {listed}; {advice}", "training", name)
    for name in sorted(unknown & told):
        origin = "load()" if name in train.fed else "the registry"
        yield spec.problem(f"is what train() gets from {origin}; leave it out", "training", name)


def _values(train: Signature, spec: Document) -> Iterator[Problem]:
    """Yield the values that the annotations of train() don't allow."""
    for name, value in spec.data["training"].items():
        if name not in train.fed | GIVEN:
            for place, text in annotations.faults(train.wanted.get(name, train.wanted_more), value):
                yield spec.problem(text, "training", name, *place)
