"""What the graphs in a .tflite file do, read without LiteRT and without their constants.

Fields have the places of LiteRT's schema.fbs, in the form of https://flatbuffers.dev/internals/.
"""

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

from registry.graphs.operations import LITE, Graph, Node, lite_codes
from registry.graphs.wire import LONGEST_TEXT, Damaged

CODES, SUBGRAPHS, ELSEWHERE = 1, 2, 8  # fields of a model
TENSORS, OPERATORS = 0, 3  # of a subgraph
CUSTOM = 32
MOST = 200_000  # operators, or anything else that is counted


def read(file: BinaryIO) -> list[Graph]:
    """Return the one graph of a .tflite file, each subgraph a function; raise Damaged when it can't be read."""
    flat = _Flat(file)
    model = flat.follow(0)
    operations = [_operation(flat, code) for code in flat.tables(model, CODES)]
    subgraphs = {str(index): list(_nodes(flat, subgraph, operations))
                 for index, subgraph in enumerate(flat.tables(model, SUBGRAPHS))}  # fmt: skip
    unused = [Node(operation, operation) for operation in operations]
    elsewhere = [Node("external_buffers", "EXTERNAL_BUFFERS")] if flat.field(model, ELSEWHERE) else []
    used = {node.operation for nodes in subgraphs.values() for node in nodes}
    return [Graph(LITE, subgraphs | {"": [node for node in unused if node.operation not in used] + elsewhere})]


def _operation(flat: "_Flat", code: int) -> str:
    """Return what an operator code means. Old files have it in a byte, so readers take the larger of two fields."""
    number = max(flat.number(code, 3, "<i"), flat.number(code, 0, "<b"))
    if number == CUSTOM:
        return f"CUSTOM:{flat.text(code, 1)}"
    return lite_codes().get(number, str(number))


def _nodes(flat: "_Flat", subgraph: int, operations: list[str]) -> Iterator[Node]:
    """Yield the operators of a subgraph, each by the name of the first tensor that it gives."""
    tensors = list(flat.tables(subgraph, TENSORS))
    for operator in flat.tables(subgraph, OPERATORS):
        index = flat.number(operator, 0, "<I")
        if index >= len(operations):
            raise Damaged("it has an operator that its list lacks")
        gives = [at for at in flat.numbers(operator, 2) if 0 <= at < len(tensors)][:1]
        name = "".join(flat.text(tensors[at], 3).partition(";")[0] for at in gives)
        yield Node(name or operations[index], operations[index])


class _Flat:
    """A file of tables, each the place of its first byte; a field that a table lacks is 0."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = file.seek(0, os.SEEK_END)
        self.left = MOST

    def unpack(self, form: str, at: int) -> int:
        size = struct.calcsize(form)
        if not 0 <= at <= self.size - size:
            raise Damaged("it leads out of the file")
        self.file.seek(at)
        if len(content := self.file.read(size)) < size:
            raise Damaged("it was cut short")
        return struct.unpack(form, content)[0]

    def follow(self, at: int) -> int:
        return at + self.unpack("<I", at)

    def field(self, table: int, number: int) -> int:
        """Return where a field lies, or 0."""
        kinds = table - self.unpack("<i", table)
        place = 4 + 2 * number
        offset = self.unpack("<H", kinds + place) if self.unpack("<H", kinds) > place else 0
        return table + offset if offset else 0

    def number(self, table: int, number: int, form: str) -> int:
        at = self.field(table, number)
        return self.unpack(form, at) if at else 0

    def vector(self, table: int, number: int) -> range:
        """Return where the items of a vector of four bytes each lie."""
        at = self.field(table, number)
        if not at:
            return range(0)
        at = self.follow(at)
        count = self.unpack("<I", at)
        self.left -= count
        if self.left < 0 or at + 4 + 4 * count > self.size:
            raise Damaged("it counts more than it holds, or than a model needs")
        return range(at + 4, at + 4 + 4 * count, 4)

    def tables(self, table: int, number: int) -> Iterator[int]:
        return map(self.follow, self.vector(table, number))

    def numbers(self, table: int, number: int) -> list[int]:
        return [self.unpack("<i", at) for at in self.vector(table, number)]

    def text(self, table: int, number: int) -> str:
        at = self.field(table, number)
        if not at:
            return ""
        at = self.follow(at)
        size = self.unpack("<I", at)
        if size > min(LONGEST_TEXT, self.size - at - 4):
            raise Damaged("it has a name that is longer than the file, or than any")
        self.file.seek(at + 4)
        return self.file.read(size).decode("utf-8", "replace")
