"""Running a model by LiteRT. The one door to ai_edge_litert."""

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy
from ai_edge_litert.interpreter import Interpreter, SignatureRunner

from registry.artifacts.tensors import InputError, Tensor, checked
from registry.errors import refuse

SIGNATURE = "serving_default"
FIRST = threading.Lock()  # taken, for good, by the first model of a process
LARGE = 1024 * 1024  # bytes of inputs: an interpreter never gives back the memory that its largest batch took


def load(file: Path) -> "Model":
    """Load a .tflite file; raise RegistryError when it is damaged or has no serving signature.

    The file is read whole, never mapped: one that is cut short later must not take the process with it.
    """
    try:
        return Model(file.read_bytes())
    except (OSError, ValueError, RuntimeError) as error:
        raise refuse(str(file), f"can't be loaded by LiteRT: {_one_line(error)}") from error


class Model:
    """A LiteRT model in memory. Each caller borrows an interpreter, since one answers a single call at a time."""

    kind = "litert"

    def __init__(self, content: bytes) -> None:
        self._content = content
        with _quietly():
            first = self._interpreter()
        self.inputs = _tensors("takes", first.get_input_details())
        self.outputs = _tensors("gives", first.get_output_details())
        self._idle = [first]

    def __call__(self, arrays: dict[str, numpy.ndarray]) -> dict[str, numpy.ndarray]:
        """Return the outputs by name; raise InputError for values the model can't take."""
        try:
            interpreter = self._idle.pop()
        except IndexError:
            interpreter = self._interpreter()
        try:
            outputs = interpreter(**arrays)
        except RuntimeError as error:  # this interpreter stays broken, so it is not handed back
            raise InputError(_one_line(error).partition("Node number")[0]) from error
        if sum(array.nbytes for array in arrays.values()) <= LARGE:
            self._idle.append(interpreter)
        return outputs

    def _interpreter(self) -> SignatureRunner:
        interpreter = Interpreter(model_content=self._content)
        interpreter.allocate_tensors()
        return interpreter.get_signature_runner(SIGNATURE)


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep back what LiteRT tells of itself when a process makes its first interpreter; it has no switch for that."""
    if not FIRST.acquire(blocking=False):
        yield
        return
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as told:
        os.dup2(told.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            told.seek(0)
            os.write(2, b"".join(line for line in told if not line.startswith(b"INFO: ")))


def _tensors(does: str, details: dict[str, dict]) -> tuple[Tensor, ...]:
    dtypes = {name: checked(does, name, numpy.dtype(detail["dtype"]).name) for name, detail in details.items()}
    return tuple(Tensor(name, dtypes[name], _shape(detail)) for name, detail in details.items())


def _shape(detail: dict) -> tuple[int | None, ...]:
    return tuple(None if size < 0 else int(size) for size in detail["shape_signature"])


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
