"""What the graphs in an .onnx file do, read without ONNX Runtime and without their constants.

Fields have the numbers of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. Where a node calls a function that
the file brings along, what is in that function counts, unless the runtime could take the name for an operation of its own.
"""

import os
from typing import BinaryIO, NamedTuple

from registry.graphs.operations import ONNX, Graph, Node
from registry.graphs.wire import Damaged, Wire

GRAPH, TRAINED, FUNCTION = 7, 20, 25  # fields of a model
NODE, CONSTANT, SPARSE = 1, 5, 15  # of a graph
INPUT, OUTPUT, NAME, OPERATION, ATTRIBUTE, DOMAIN = 1, 2, 3, 4, 5, 7  # of a node
FUNCTION_NAME, FUNCTION_NODE, FUNCTION_DOMAIN, DEFAULT = 1, 7, 10, 11  # of a function
TENSOR, INNER, TENSORS, INNERS, SPARSE_TENSOR, SPARSE_TENSORS = 5, 6, 10, 11, 22, 23  # of an attribute
TENSOR_NAME, EXTERNAL = 8, 13  # of a tensor
PLAIN = "ai.onnx"  # the domain that may be left out
RUNTIME = (PLAIN, "com.ms", "com.microsoft", "org.pytorch")  # what ONNX Runtime's own domains begin with
CALL = "(function)"
DEEPEST = 16
OTHER_FORM = b"ORTM"  # behind the first four bytes of what ONNX Runtime takes for a file in a form of its own

Stretch = tuple[int, int]


class _Raw(NamedTuple):
    """A node as it is written: its own name, what it does, the inputs that it has, the graphs that lie in it."""

    name: str
    domain: str
    operation: str
    inputs: tuple[bool, ...]
    graphs: tuple[str, ...]


def read(file: BinaryIO) -> list[Graph]:
    """Return the one graph of an .onnx file, each graph within it a function; raise Damaged when it can't be read."""
    wire = Wire(file, file.seek(0, os.SEEK_END))
    if wire.size >= 8 and wire.content(4, 8) == OTHER_FORM:
        raise Damaged("it is in a form that only ONNX Runtime reads; save it as ONNX")
    return [_Model(wire).graph()]


class _Model:
    """One pass over a model, then who calls whom in it."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.found: dict[str, list[_Raw]] = {}
        self.own: set[str] = set()  # functions that the file brings along
        self.external: list[str] = []
        kinds = {GRAPH: self._graph, TRAINED: self._training, FUNCTION: self._function}
        read = [kinds[number]((start, end)) for number, start, end in wire.messages(0, wire.size) if number in kinds]
        if not read:
            raise Damaged("it has no graph")

    def graph(self) -> Graph:
        """Return what was read."""
        outside = [Node(name, "EXTERNAL_DATA") for name in self.external[:1]]
        return Graph(ONNX, {name: [*map(self._node, nodes)] for name, nodes in self.found.items()} | {"": outside})

    def _node(self, raw: _Raw) -> Node:
        called = f"{raw.domain}:{raw.operation}"
        if called in self.own and raw.domain and not raw.domain.startswith(RUNTIME):
            return Node(raw.name, CALL, (called, *raw.graphs))
        return Node(raw.name, _operation(raw), raw.graphs)

    def _graph(self, where: Stretch, depth: int = 0) -> str:
        """Read a graph; return the name that it gets."""
        if depth > DEEPEST:
            raise Damaged(f"it has graphs within graphs, {DEEPEST} deep")
        name, nodes = str(len(self.found)), []
        self.found[name] = nodes
        for number, start, end in self.wire.messages(*where):
            if number == NODE:
                nodes.append(self._raw((start, end), depth))
            elif number == CONSTANT:
                self._constant((start, end))
            elif number == SPARSE:
                self._sparse((start, end))
        return name

    def _training(self, where: Stretch) -> None:
        for _, start, end in self.wire.messages(*where):
            self._graph((start, end))

    def _function(self, where: Stretch) -> None:
        names, domains, nodes = [], [], []
        for number, start, end in self.wire.messages(*where):
            if number == FUNCTION_NODE:
                nodes.append(self._raw((start, end), 0))
            elif number == DEFAULT:
                self._attribute((start, end), 0)
            elif number in (FUNCTION_NAME, FUNCTION_DOMAIN):
                (names if number == FUNCTION_NAME else domains).append(self.wire.text(start, end))
        called = f"{_once(domains)}:{_once(names)}"
        self.own.add(called)
        self.found.setdefault(called, []).extend(nodes)

    def _raw(self, where: Stretch, depth: int) -> _Raw:
        texts: dict[int, list[str]] = {number: [] for number in (NAME, OPERATION, DOMAIN, OUTPUT)}
        inputs, graphs = [], []
        for number, start, end in self.wire.messages(*where):
            if number in texts:
                texts[number].append(self.wire.text(start, end))
            elif number == INPUT:
                inputs.append(end > start)
            elif number == ATTRIBUTE:
                graphs += self._attribute((start, end), depth)
        outputs = texts.pop(OUTPUT)
        name, operation, domain = map(_once, texts.values())
        domain = "" if domain == PLAIN else domain
        return _Raw(name or "".join(outputs[:1]) or operation, domain, operation, tuple(inputs), tuple(graphs))

    def _attribute(self, where: Stretch, depth: int) -> list[str]:
        """Return the names of the graphs in an attribute."""
        graphs = []
        for number, start, end in self.wire.messages(*where):
            if number in (INNER, INNERS):
                graphs.append(self._graph((start, end), depth + 1))
            elif number in (TENSOR, TENSORS):
                self._constant((start, end))
            elif number in (SPARSE_TENSOR, SPARSE_TENSORS):
                self._sparse((start, end))
        return graphs

    def _sparse(self, where: Stretch) -> None:
        for _, start, end in self.wire.messages(*where):
            self._constant((start, end))

    def _constant(self, where: Stretch) -> None:
        parts = [*self.wire.messages(*where)]
        if any(number == EXTERNAL for number, *_ in parts):
            names = [self.wire.text(start, end) for number, start, end in parts if number == TENSOR_NAME]
            self.external.append("".join(names))


def _once(texts: list[str]) -> str:
    if len(texts) > 1:
        raise Damaged("it says twice what can be said once")
    return "".join(texts)


def _operation(raw: _Raw) -> str:
    """Return what a node does by the name that the list has, with its domain; no name on the list has a colon."""
    if not raw.operation.isidentifier():
        return f"{raw.domain}:{raw.operation}"
    if (raw.domain, raw.operation) == ("", "Dropout") and any(raw.inputs[2:]):
        return "Dropout(training_mode)"
    return f"{raw.domain}.{raw.operation}".lstrip(".")
