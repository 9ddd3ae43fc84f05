"""ONNX that train() returned: written down as it is. The registry runs it, since a model's packages need not do so."""

import hashlib
import io
from collections.abc import Container, Iterator
from pathlib import Path

from registry.artifacts import runtime
from registry.artifacts.arrays import Features
from registry.graphs.wire import Wire

GRAPH, VERSION, FUNCTION = 7, 8, 25  # fields of a model
NODES = {GRAPH: 1, FUNCTION: 7}
NAMES = {GRAPH: (2, 10, 13, 14, 16), FUNCTION: (8, 12, 14)}  # and whatever else changes nothing of what is computed
NODE_NAMES = (3, 6, 9)
LITE = "does not take ONNX, which ONNX Runtime runs"


class OnnxBytes:
    """A ModelProto as bytes."""

    runs_here = False

    def __init__(self, content: bytes) -> None:
        self._content = content

    def export(self, output: Path) -> None:
        """Write the model down."""
        output.mkdir(parents=True)
        (output / runtime.ONNX_MODEL).write_bytes(self._content)

    def answers(self, features: Features) -> None:
        """Return nothing: the registry asks what was exported."""

    def digest(self) -> str:
        """Return the SHA-256 over what is computed, constants in it: exporters name graphs by chance, and note places."""
        hashed = hashlib.sha256()
        for start, end in self._computed():
            hashed.update(f"{end - start}\n".encode())
            hashed.update(memoryview(self._content)[start:end])
        return hashed.hexdigest()

    def _computed(self) -> Iterator[tuple[int, int]]:
        wire = Wire(io.BytesIO(self._content), len(self._content))
        for kind, *whole in wire.messages(0, wire.size):
            if kind == VERSION:
                yield tuple(whole)
            for number, *part in wire.messages(*whole) if kind in NODES else ():
                if number == NODES[kind]:
                    yield from _but(wire, part, NODE_NAMES)
                elif number not in NAMES[kind]:
                    yield tuple(part)


def _but(wire: Wire, where: list[int], names: Container[int]) -> Iterator[tuple[int, int]]:
    yield from ((start, end) for number, start, end in wire.messages(*where) if number not in names)
