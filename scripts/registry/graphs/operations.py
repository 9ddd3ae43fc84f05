"""What the graphs of a model may do, held against the list in operations.txt."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

LIST = "operations.txt"
SAVED_MODEL, LITE, ONNX = "SavedModel", "LiteRT", "ONNX"
CALLS, SAVING, RESTORING = ", calls", ", only to save", ", only to restore"
USES = CALLS, SAVING, RESTORING
UNLISTED = "is not on the list of what a model may do"
MISSING = "calls a function that the file does not hold"


class Node(NamedTuple):
    """One operation of a graph: its own name, what it does, the functions it calls, its first input."""

    name: str
    operation: str
    functions: tuple[str, ...] = ()
    first: str = ""


Callers = Mapping[str, tuple[str, Node]]


@dataclass(frozen=True)
class Graph:
    """A graph's functions by name, the graph itself among them, and what calls them.

    Nothing but TensorFlow's own saving and restoring of variables reaches `saves` and `restores`.
    """

    kind: str
    functions: Mapping[str, Sequence[Node]]
    saves: Set[str] = frozenset()
    restores: Set[str] = frozenset()


class Fault(NamedTuple):
    """What a model may not do: the layer, or the operation's own name where it is in none; the operation; why."""

    place: str
    operation: str
    reason: str


def _lines() -> Iterator[tuple[str, list[str], str]]:
    """Yield the lines of the list: the heading above, the operations, the reason beside them or nothing."""
    heading = ""
    for line in Path(__file__).with_name(LIST).read_text("utf-8").splitlines():
        names, _, reason = line.partition("#")
        if names.startswith("["):
            heading = names.strip(" []")
        yield heading, [] if names.startswith("[") else names.split(), reason.strip()


@cache
def known() -> dict[str, dict[str, str]]:
    """Return the list: by heading, the operations below it with the reasons that stand beside them, or nothing."""
    found: dict[str, dict[str, str]] = {}
    for heading, names, reason in _lines():
        found.setdefault(heading, {}).update((name.partition("=")[0], reason) for name in names)
    return found


@cache
def lite_codes() -> dict[int, str]:
    """Return LiteRT's own operations by their codes, as far as they are on the list."""
    named = [name.split("=") for _, names, _ in _lines() for name in names if "=" in name]
    return {int(code): name for name, code in named}


def faults(graph: Graph) -> list[Fault]:
    """Return what a graph may not do, once for each layer and operation, sorted."""
    callers = _callers(graph)
    return sorted({Fault(_place(name, node, callers), node.operation, reason)
                   for name in graph.functions for node, reason in _refusals(graph, name)})  # fmt: skip


def _refusals(graph: Graph, name: str) -> Iterator[tuple[Node, str]]:
    """Yield the nodes that may not stand in a function, with the reason."""
    saves, restores = ([use] * (name in names) for use, names in ((SAVING, graph.saves), (RESTORING, graph.restores)))
    allowed = {name for use in ("", CALLS, *saves, *restores) for name in known().get(graph.kind + use, ())}
    for node in graph.functions[name]:
        if node.operation not in allowed:
            yield node, _reason(graph.kind, node.operation)
        elif not graph.functions.keys() >= set(node.functions):
            yield node, MISSING


def _reason(kind: str, operation: str) -> str:
    name = operation.partition(":")[0]
    lists = [listed for heading, listed in known().items() if heading.startswith(f"{kind},")]
    return next((listed[name] for listed in lists if name in listed), UNLISTED)


def _callers(graph: Graph) -> Callers:
    """Return, for each function that is called, one place that calls it: the function and the node there."""
    return {called: (name, node) for name, nodes in graph.functions.items() for node in nodes
            for called in node.functions}  # fmt: skip


def _place(name: str, node: Node, callers: Callers) -> str:
    """Return the outermost layer around a node: Keras calls what stands in a layer `model/layer/operation`."""
    scope, seen = "", set()
    here: tuple[str, Node] | None = (name, node)
    while here and here[0] not in seen:
        seen.add(here[0])
        scope = here[1].name.rpartition("/")[0] or scope
        here = callers.get(here[0])
    return f"layer {scope}" if scope else f"operation {node.name}"
