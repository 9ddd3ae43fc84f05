"""What the graphs in a saved_model.pb do, read without TensorFlow and without their constants.

Fields have the numbers of TensorFlow's saved_model.proto, meta_graph.proto, graph.proto, function.proto, node_def.proto,
attr_value.proto and saved_object_graph.proto. Nearly all operations are harmless wherever they stand; these are passed
over as fast as can be, and only the others become nodes.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import BinaryIO

from registry.graphs.operations import CALLS, SAVED_MODEL, USES, Graph, Node, known
from registry.graphs.wire import PLAIN, Damaged, Wire, fields

OWN = "(own)"  # the graph itself, beside its functions
LARGE, DEEPEST = 16 * 1024, 16
NAME, OPERATION, INPUT, ATTRIBUTE = 1, 2, 3, 5  # fields of a node
NAMED, OPERATES, ATTRIBUTED = (number << 3 | 2 for number in (NAME, OPERATION, ATTRIBUTE))  # as bytes
BETWEEN = PLAIN - {NAMED, OPERATES, ATTRIBUTED}
PARTITIONED = "PartitionedCall", "StatefulPartitionedCall"  # hand their inputs on as they are
EXCHANGED = "api_implements"  # TensorFlow runs another function with the same value in place of this one

Stretch = tuple[int, int]


def read(file: BinaryIO) -> list[Graph]:
    """Return the graphs of a saved_model.pb; raise Damaged when it is not as TensorFlow writes it."""
    wire = Wire(file, file.seek(0, os.SEEK_END))
    return [_MetaGraph(wire, part).graph() for part in _parts(wire, (0, wire.size), 2)]


def _parts(wire: Wire, where: Stretch, *path: int) -> Iterator[Stretch]:
    """Yield where the messages, or texts, lie that a path of field numbers leads to."""
    for number, start, end in wire.messages(*where):
        if number == path[0] and path[1:]:
            yield from _parts(wire, (start, end), *path[1:])
        elif number == path[0]:
            yield start, end


class _MetaGraph:
    """One pass over a meta graph, then who calls whom in it."""

    def __init__(self, wire: Wire, where: Stretch) -> None:
        self.wire = wire
        self.nodes = _Nodes(wire)
        self.own: dict[str, Node | None] = {}  # the graph's own nodes; None for a harmless one
        self.inputs: dict[str, bytes | list[str]] = {}  # of each, the bytes that hold them until somebody asks
        self.functions: dict[str, list[Node]] = {}
        self.restoring: set[str] = set()
        self.saver = ["", "", ""]
        self.named: set[str] = set()  # nodes that signatures and collections name
        self.exposed: set[str] = set()  # functions that objects have
        kinds = {2: self._graph, 3: self._saver, 4: self._collection, 5: self._signature, 7: self._objects}
        for number, start, end in wire.messages(*where):
            if number in kinds:
                kinds[number]((start, end))

    def _texts(self, where: Stretch, *path: int) -> list[str]:
        return [self.wire.text(*part) for part in _parts(self.wire, where, *path)]

    def _text(self, where: Stretch, *path: int) -> str:
        """Return a text that TensorFlow writes once at most: of two, readers may take either."""
        texts = self._texts(where, *path)
        if len(texts) > 1:
            raise Damaged("it says twice what can be said once")
        return "".join(texts)

    def _graph(self, where: Stretch) -> None:
        for number, start, end in self.wire.messages(*where):
            if number == 1:
                name, inputs, node = self.nodes.own(start, end)
                if name in self.own:
                    raise Damaged("it has two operations of one name")
                self.own[name], self.inputs[name] = node, inputs
            elif number == 2:
                for part in _parts(self.wire, (start, end), 1):
                    self._function(part)

    def _function(self, where: Stretch) -> None:
        names, arguments, nodes = [], [], []
        for number, start, end in self.wire.messages(*where):
            if number == 3:
                nodes.append(self.nodes.read(start, end))
            elif number == 1:
                names.append(self._text((start, end), 1))
                arguments += [self._text(part, 1) for part in islice(_parts(self.wire, (start, end), 2), 1)]
            elif number == 5 and EXCHANGED in self._texts((start, end), 1):
                raise Damaged("it has a function that may be run in place of another")
        if len(names) != 1 or names[0] in self.functions.keys() | {OWN}:
            raise Damaged("it has a function without a name of its own")
        self.functions[names[0]] = [node for node in nodes if node]
        if all(node.first == "".join(arguments) for node in nodes if node and node.operation == "RestoreV2"):
            self.restoring.add(names[0])

    def _saver(self, where: Stretch) -> None:
        if any(self.saver):
            raise Damaged("it says twice how it is saved")
        self.saver = [self._text(where, number) for number in (1, 2, 3)]

    def _collection(self, where: Stretch) -> None:
        self.named |= {*map(_plain, self._texts(where, 2, 1, 1))}

    def _signature(self, where: Stretch) -> None:
        """Note the tensors that a signature takes and gives: dense, sparse, or of several parts."""
        for side in (1, 2):
            for tensor in _parts(self.wire, where, 2, side, 2):
                self._tensor(tensor)

    def _tensor(self, where: Stretch, depth: int = 0) -> None:
        if depth > DEEPEST:
            raise Damaged(f"it has tensors within tensors, {DEEPEST} deep")
        for path in (1,), (4, 1), (4, 2), (4, 3):
            self.named |= {*map(_plain, self._texts(where, *path))}
        for part in _parts(self.wire, where, 5, 2):
            self._tensor(part, depth + 1)

    def _objects(self, where: Stretch) -> None:
        for part in _parts(self.wire, where, 1):
            content = self.wire.content(*part)
            functions = [content[begin:behind] for number, begin, behind in fields(content) if number in (6, 8)]
            self.exposed |= {_text([name]) for function in functions for name in _inner(function, 1)}

    def graph(self) -> Graph:
        """Return what is to be held against the list."""
        filename, save, restore = self.saver[0], *map(_plain, self.saver[1:])
        apart = {save, restore} - self.named - {""}
        apart -= {name for name in apart if any(name in self._inputs(other) for other in self._may_take(name))}
        usual = self.exposed | self._called(self.own.keys() - apart)
        saves = self._reached(self._called({save} & apart)) - self._reached(usual | self._called({restore}))
        restores = self._restoring(restore, filename) - usual - self._called({save})
        own = {OWN: [node for node in self.own.values() if node]}
        return Graph(SAVED_MODEL, self.functions | own, saves, restores & self.restoring)

    def _restoring(self, name: str, filename: str) -> set[str]:
        """Return the function that a node hands the file's name, if it does just that and no function calls it."""
        node = self.own.get(name)
        if not node or node.operation not in PARTITIONED or len(node.functions) > 1:
            return set()
        inner = {called for nodes in self.functions.values() for one in nodes for called in one.functions}
        same = node.first.removesuffix(":0") == filename.removesuffix(":0")
        return set(node.functions) - inner if same else set()

    def _reached(self, begin: Iterable[str]) -> set[str]:
        """Return some functions and all that they call, and those call."""
        found, left = set(), list(begin)
        while left:
            name = left.pop()
            if name not in found:
                found.add(name)
                left += [called for node in self.functions.get(name, ()) for called in node.functions]
        return found

    def _called(self, names: Iterable[str]) -> set[str]:
        """Return the functions that nodes of the graph itself call."""
        return {called for name in names if (node := self.own.get(name)) for called in node.functions}

    def _inputs(self, name: str) -> list[str]:
        """Return the nodes that one of the graph's own takes its inputs from."""
        inputs = self.inputs.get(name, [])
        return [*map(_plain, inputs if isinstance(inputs, list) else _inputs(inputs))]

    def _may_take(self, name: str) -> list[str]:
        """Return the graph's own nodes in whose bytes a name occurs."""
        wanted = name.encode()
        return [other for other, inputs in self.inputs.items() if isinstance(inputs, list) or wanted in inputs]


class _Nodes:
    """Nodes out of their bytes, harmless ones as None."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.harmless = {name.encode() for name in known()[SAVED_MODEL]}
        self.calm = {name for use in USES if use != CALLS for name in known().get(SAVED_MODEL + use, ())}
        self.tails: set[bytes] = set()  # of harmless nodes: what follows their inputs, over and over the same

    def own(self, start: int, end: int) -> tuple[str, bytes | list[str], Node | None]:
        """Return a node of the graph itself with its name and inputs."""
        node = self.read(start, end)
        if end - start > LARGE:
            parts = [(number, *where) for number, *where in self.wire.messages(start, end) if number in (NAME, INPUT)]
            texts = [(number, self.wire.text(*where)) for number, *where in parts]
            return ("".join(text for number, text in texts if number == NAME),
                    [text for number, text in texts if number == INPUT], node)  # fmt: skip
        content = self.wire.content(start, end)
        named = node.name if node else content[2 : 2 + content[1]].decode("utf-8", "replace")
        return named, content, node

    def read(self, start: int, end: int) -> Node | None:
        """Return a node, or None for one that is harmless wherever it stands."""
        if end - start > LARGE and self._large(start, end) in self.harmless:
            return None
        content = self.wire.content(start, end)
        return None if self._is_harmless(content) else self._node(content)

    def _large(self, start: int, end: int) -> bytes:
        found = [self.wire.content(*where) for where in _parts(self.wire, (start, end), OPERATION)]
        return found[0] if len(found) == 1 else b""

    def _is_harmless(self, content: bytes) -> bool:
        """Say whether a node is harmless, as far as that is seen at once: name and operation first, each short."""
        size = len(content)
        at = content[1] + 2 if size > 1 else size
        if at + 2 > size or content[0] != NAMED or content[1] > 127 or content[at] != OPERATES or content[at + 1] > 127:
            return False
        operation, at = content[at + 2 : at + 2 + content[at + 1]], at + 2 + content[at + 1]
        if operation not in self.harmless:
            return False
        while at + 1 < size and content[at] != ATTRIBUTED:
            if content[at] not in BETWEEN or content[at + 1] > 127:
                return False
            at += 2 + content[at + 1]
        tail = content[at:]
        if tail not in self.tails:
            if at > size or any(number < INPUT for number, _, _ in fields(tail)):
                return False
            self.tails.add(tail)
        return True

    def _node(self, content: bytes) -> Node | None:
        parts = [(number, content[start:end]) for number, start, end in fields(content)]
        names, operations, inputs, attributes = (
            [part for number, part in parts if number == wanted] for wanted in (NAME, OPERATION, INPUT, ATTRIBUTE)
        )
        if len(names) > 1 or len(operations) > 1:
            raise Damaged("it has an operation with two names")
        operation = _text(operations)
        called = [] if operation in self.calm else [name for one in attributes for name in _functions(one)]
        return Node(_text(names), operation, tuple(called), _text(inputs[:1]))


def _text(parts: list[bytes]) -> str:
    return b"".join(parts).decode("utf-8", "replace")


def _functions(attribute: bytes, depth: int = 0) -> Iterator[str]:
    """Yield the functions in an entry of a map of attributes: alone, in a list, or handed on to a function."""
    if depth > DEEPEST:
        raise Damaged(f"it has functions within functions, {DEEPEST} deep")
    for value in _inner(attribute, 2):
        for function in [*_inner(value, 10), *(one for listed in _inner(value, 1) for one in _inner(listed, 9))]:
            yield from (name.decode("utf-8", "replace") for name in _inner(function, 1))
            for handed_on in _inner(function, 2):
                yield from _functions(handed_on, depth + 1)


def _inner(content: bytes, wanted: int) -> list[bytes]:
    return [content[start:end] for number, start, end in fields(content) if number == wanted]


def _inputs(node: bytes) -> list[str]:
    return [one.decode("utf-8", "replace") for one in _inner(node, INPUT)]


def _plain(tensor: str) -> str:
    """Return the name of the node that a tensor comes from."""
    return tensor.lstrip("^").partition(":")[0]
