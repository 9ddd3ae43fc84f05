"""A version in memory, and what is known of how long it takes."""

import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import numpy

from registry.artifacts import runtime
from registry.artifacts.tensors import Tensor
from registry.protocols import values

QUICK = 0.002  # seconds: less than this the event loop can spare
PROOF = 10  # quick predictions for each QUICK that a slow one took, until its shape counts as quick again
SHAPES = 1000  # a model: clients could make up any number
ROWS_TRIED = 3
GOLDEN = (math.sqrt(5) - 1) / 2
SLICE = 32  # rows at most: more at once take LiteRT no less time, and much more memory

Arrays = dict[str, numpy.ndarray]


@dataclass(eq=False)
class Version:
    """A version in memory, and how it has done so far: for each shape, the quick predictions that it still owes."""

    model: str
    number: int
    runtime: runtime.Runtime
    _owed: dict[tuple, int] = field(default_factory=dict)
    _slice: int | None = None  # as many rows at once; None for all

    def is_quick(self, arrays: Arrays) -> bool:
        """Say whether the model is known to take next to no time for arrays of these shapes."""
        return self._owed.get(_shapes(arrays), 1) == 0

    def run(self, arrays: Arrays) -> Arrays:
        """Return the model's outputs; it may raise anything."""
        clock = _clock(self.runtime)
        started, outputs = clock(), None
        try:
            outputs = self._answer(arrays)
            return outputs
        finally:
            seconds = clock() - started
            if outputs is not None or seconds >= QUICK:
                self._note(_shapes(arrays), seconds)

    def _answer(self, arrays: Arrays) -> Arrays:
        if self._slice is None:
            return self.runtime(arrays)
        starts = range(0, len(next(iter(arrays.values()))), self._slice)
        return _joined([self.runtime(_part(arrays, start, start + self._slice)) for start in starts])

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
            self._slice = _rows_at_once(self.runtime)


def _clock(model: runtime.Runtime) -> Callable[[], float]:
    """What a model takes, not what a busy machine makes of it, where it runs in the thread that calls it."""
    return time.perf_counter if model.kind == "tensorflow" else time.thread_time


def _rows_at_once(model: runtime.Runtime) -> int | None:
    """Return how many rows a model answers in next to no time, None where it must have all of them at once.

    LiteRT makes room for whatever it is given, and keeps Python's lock meanwhile: a second for 10,000 pictures. Rows may
    go in apart where three are answered, to the last bit, as they are together.
    """
    if model.kind != "litert" or not all(tensor.shape[:1] == (None,) for tensor in model.inputs):
        return None
    rows = {tensor.name: _drawn(tensor) for tensor in model.inputs}
    clock, answers, seconds = _clock(model), [], []
    for place in range(ROWS_TRIED):
        started = clock()
        answers.append(model(_part(rows, place, place + 1)))
        seconds.append(clock() - started)
    apart = _joined(answers)
    is_same = all(numpy.array_equal(array, apart[name]) for name, array in model(rows).items())
    return max(1, min(SLICE, int(QUICK / max(min(seconds), 1e-6)))) if is_same else None


def _part(arrays: Arrays, start: int, end: int) -> Arrays:
    return {name: array[start:end] for name, array in arrays.items()}


def _joined(answers: list[Arrays]) -> Arrays:
    if len(answers) == 1:
        return answers[0]
    return {name: numpy.concatenate([answer[name] for answer in answers]) for name in answers[0]}


def _shapes(arrays: Arrays) -> tuple:
    """What a prediction's time depends on: shapes, and for strings about how long they are."""
    return tuple([array.shape if array.dtype.kind != "O" else _texts(array) for array in arrays.values()])


def _texts(array: numpy.ndarray) -> tuple:
    return array.shape, values.size(array).bit_length()


def _zeros(tensor: Tensor) -> numpy.ndarray:
    shape = _shape(tensor)
    return numpy.full(shape, b"", object) if tensor.dtype == "bytes" else numpy.zeros(shape, tensor.dtype)


def _drawn(tensor: Tensor) -> numpy.ndarray:
    """Return rows that differ, of values from 0 to 3: many a model takes no other whole numbers, or text.

    By the golden ratio, as Weyl's sequence: numpy.random would cost 2 MB for good.
    """
    shape = (ROWS_TRIED, *_shape(tensor)[1:])
    drawn = (3 * GOLDEN * numpy.arange(math.prod(shape)) % 3).reshape(shape)
    if tensor.dtype == "bytes":
        return drawn.astype(int).astype("S1").astype(object)
    return (drawn if tensor.dtype.startswith("float") else drawn.astype(int)).astype(tensor.dtype)


def _shape(tensor: Tensor) -> list[int]:
    return [1 if size is None else size for size in tensor.shape]
