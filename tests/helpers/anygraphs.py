"""Saved models written in every way that protocol buffers can be, and what the most lenient of readers takes them for.

TensorFlow reads some of them by C++ and some by Python. Where one of the two takes bytes for something, so does this.
"""

import random
from collections.abc import Iterator

from graphbytes import field, varint

CALLS = ["PartitionedCall", "If"]
OPERATIONS = ["Identity", "NoOp", "MatMul", "ReadFile", "WriteFile", "TeamsOwnOp", "", *CALLS]
FUNCTIONS = ["f", "g", "h", "WriteFile"]  # the last is never there
UNKNOWN = [14, 16, 18, 99, 2**29 - 1]
USUAL = 25  # of so many choices, all but one are TensorFlow's own way


def saved_model(draw: random.Random) -> bytes:
    """Return a SavedModel whose parts come in any order, twice, in pieces, and between what nobody knows."""
    return b"".join(field(2, _meta_graph(draw)) for _ in range(draw.choice([1, 1, 2])))


def operations(content: bytes) -> set[str]:
    """Return what a SavedModel does wherever it does it; raise ValueError where nobody can read it."""
    graphs = [_joined(meta_graph, 2) for meta_graph in _values(content, 2)]
    nodes = [node for graph in graphs for node in _values(graph, 1)]
    nodes += [node for graph in graphs for function in _functions(graph) for node in _values(function, 3)]
    return {_last(node, 2) for node in nodes}


def calls(content: bytes) -> list[tuple[set[str], set[str]]]:
    """Return, for each graph, the functions that it calls, and those that it has."""
    found = []
    for graph in (_joined(meta_graph, 2) for meta_graph in _values(content, 2)):
        functions = list(_functions(graph))
        nodes = [*_values(graph, 1), *(node for function in functions for node in _values(function, 3))]
        calling = [node for node in nodes if _last(node, 2) in CALLS]
        called = {name for node in calling for attribute in _values(node, 5) for name in _called(attribute)}
        found.append((called, {_last(_joined(function, 1), 1) for function in functions}))
    return found


def _functions(graph: bytes) -> Iterator[bytes]:
    return _values(_joined(graph, 2), 1)


def _called(attribute: bytes) -> Iterator[str]:
    value = _joined(attribute, 2)
    single = [_joined(value, 10)] if [*_values(value, 10)] else []
    for function in [*single, *_values(_joined(value, 1), 9)]:
        yield _last(function, 1)
        yield from (name for handed_on in _values(function, 2) for name in _called(handed_on))


def _last(content: bytes, number: int) -> str:
    """Return a text; of several the last counts."""
    return [b"", *_values(content, number)][-1].decode()


def _joined(content: bytes, number: int) -> bytes:
    """Return a message; several are one, in pieces."""
    return b"".join(_values(content, number))


def _values(content: bytes, wanted: int) -> Iterator[bytes]:
    at = 0
    while at < len(content):
        number, value, at = _read(content, at)
        if number == wanted and value is not None:
            yield value


def _read(content: bytes, at: int) -> tuple[int, bytes | None, int]:
    """Return a field's number, its value where it has a length, and where the next begins."""
    tag, at = _number(content, at)
    number, kind = (tag & 0xFFFFFFFF) >> 3, tag & 7  # C++ drops the bits above
    if not number or kind in (4, 6, 7):
        raise ValueError("no field")
    size = {1: 8, 5: 4}.get(kind, 0)
    if kind in (0, 2):
        size, at = _number(content, at)
    if kind == 3:
        while (end := _number(content, at))[0] != number << 3 | 4:
            at = _read(content, at)[2]
        return number, None, end[1]
    behind = at if kind == 0 else at + size
    if behind > len(content):
        raise ValueError("cut short")
    return number, content[at:behind] if kind == 2 else None, behind


def _number(content: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(content):
            break
        value |= (content[at] & 127) << shift
        at += 1
        if content[at - 1] < 128:
            return value, at
    raise ValueError("no number")


def _rarely(draw: random.Random) -> bool:
    return not draw.randrange(USUAL)


def _meta_graph(draw: random.Random) -> bytes:
    nodes = [(1, _node(draw)) for _ in range(draw.randrange(4))]
    functions = [(1, _function(draw, name)) for name in FUNCTIONS[:-1]]
    library = [(2, piece) for piece in _pieces(draw, functions)]
    return _laid(draw, [(2, piece) for piece in _pieces(draw, nodes + library)])


def _pieces(draw: random.Random, fields: list[tuple[int, bytes]]) -> list[bytes]:
    at = draw.randrange(len(fields)) if fields and _rarely(draw) else len(fields)
    return [_laid(draw, piece) for piece in (fields[:at], fields[at:]) if piece]


def _function(draw: random.Random, name: str) -> bytes:
    return _laid(draw, [(1, field(1, name)), *((3, _node(draw)) for _ in range(draw.randrange(3)))])


def _node(draw: random.Random) -> bytes:
    """Return an operation, rarely one that says twice what it does."""
    names = [(1, f"n{draw.randrange(10**9)}".encode())]
    does = [(2, draw.choice(OPERATIONS).encode()) for _ in range(1 + _rarely(draw))]
    given = [(3, b"x")] * draw.randrange(2)
    called = [(5, field(1, "f") + field(2, _called_value(draw)))] * draw.randrange(2)
    weight = [(5, field(1, "v") + field(2, field(8, bytes(20_000))))] * _rarely(draw)
    return _laid(draw, names + does + given + called + weight)


def _called_value(draw: random.Random) -> bytes:
    """Return the value of an attribute: functions, alone or in a list, handed on or not."""
    name = draw.choice(FUNCTIONS if _rarely(draw) else FUNCTIONS[:-1])
    handed = field(2, field(1, "h") + field(2, _called_value(draw))) if _rarely(draw) else b""
    function = _laid(draw, [(1, name.encode())]) + handed
    return draw.choice([field(10, function), field(1, field(9, function)), field(10, b"", function)])


def _laid(draw: random.Random, fields: list[tuple[int, bytes]]) -> bytes:
    """Return a message of fields, in an order that few writers choose, each behind what may be there as well."""
    if _rarely(draw):
        draw.shuffle(fields)
    content = b""
    for number, value in fields:
        written = _tag(draw, number << 3 | 2) + _long(draw, len(value)) + value
        content += _before(draw, len(written)) + written
    return content


def _tag(draw: random.Random, tag: int) -> bytes:
    return varint(tag | 1 << 32) if not draw.randrange(USUAL * 20) else _long(draw, tag)


def _long(draw: random.Random, value: int) -> bytes:
    """Return a number, rarely in a byte more than it needs."""
    shortest = varint(value)
    return shortest[:-1] + bytes([shortest[-1] | 128, 0]) if not draw.randrange(USUAL * 20) else shortest


def _before(draw: random.Random, size: int) -> bytes:
    """Return what stands before a field of so many bytes: nothing, or what makes a careless reader step over it."""
    if not _rarely(draw):
        return b""
    number = draw.choice(UNKNOWN)
    return draw.choice([
        field(number, varint(3 << 3 | 2) + varint(size)),
        field(number, 1 << 40),
        varint(number << 3 | 5) + bytes(4),
        varint(number << 3 | 1) + bytes(8),
        varint(number << 3 | 3) + field(2, "Identity") + varint(number << 3 | 4),
        field(2, 1),  # known as a text
        field(number, b""),
    ])  # fmt: skip
