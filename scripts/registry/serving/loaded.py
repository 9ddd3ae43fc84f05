"""A version in memory, and what is known of how long it takes."""

import time
from contextlib import suppress
from dataclasses import dataclass, field

import numpy

from registry.artifacts import runtime
from registry.artifacts.tensors import Tensor
from registry.protocols import values
from registry.serving.layout import Identity

QUICK = 0.005  # seconds: less than this the event loop can spare
PROOF = 10  # quick predictions for each QUICK that a slow one took, until its shape counts as quick again
SHAPES = 1000  # a model: clients could make up any number

Arrays = dict[str, numpy.ndarray]


@dataclass(eq=False)
class Version:
    """A version in memory, and how it has done so far: for each shape, the quick predictions that it still owes."""

    model: str
    number: int
    identity: Identity
    runtime: runtime.Runtime
    _owed: dict[tuple, int] = field(default_factory=dict)

    def is_quick(self, arrays: Arrays) -> bool:
        """Say whether the model is known to take next to no time for arrays of these shapes."""
        return self._owed.get(_shapes(arrays), 1) == 0

    def run(self, arrays: Arrays) -> Arrays:
        """Return the model's outputs; it may raise anything."""
        started, outputs = time.perf_counter(), None
        try:
            outputs = self.runtime(arrays)
            return outputs
        finally:
            seconds = time.perf_counter() - started
            if outputs is not None or seconds >= QUICK:
                self._note(_shapes(arrays), seconds)

    def _note(self, shapes: tuple, seconds: float) -> None:
        owed = int(seconds / QUICK) * PROOF or max(0, self._owed.get(shapes, 1) - 1)
        if shapes in self._owed or len(self._owed) < SHAPES:
            self._owed[shapes] = owed

    def warm_up(self) -> None:
        """Run the model before anybody waits for it: the first run takes longer, and the second tells how long."""
        zeros = {tensor.name: _zeros(tensor) for tensor in self.runtime.inputs}
        with suppress(Exception):  # it need not take zeros
            self.runtime(zeros)
            self.run(zeros)


def _shapes(arrays: Arrays) -> tuple:
    """What a prediction's time depends on: shapes, and for strings about how long they are."""
    return tuple([array.shape if array.dtype.kind != "O" else _texts(array) for array in arrays.values()])


def _texts(array: numpy.ndarray) -> tuple:
    return array.shape, values.size(array).bit_length()


def _zeros(tensor: Tensor) -> numpy.ndarray:
    shape = [1 if size is None else size for size in tensor.shape]
    return numpy.full(shape, b"", object) if tensor.dtype == "bytes" else numpy.zeros(shape, tensor.dtype)
