"""Running a version of a model as it is shipped, through its serving signature."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from registry.artifacts.tensors import Tensor
from registry.errors import Problem, one_line, raise_all, refuse
from registry.graphs import litegraph, onnxgraph, operations, savedgraph
from registry.graphs.operations import Fault, Graph
from registry.graphs.wire import Damaged

if TYPE_CHECKING:  # or who asks for no more than the files' names would hold NumPy
    import numpy

LITE_MODEL = "assets.extra/model.tflite"
SAVED_MODEL = "saved_model.pb"
ONNX_MODEL = "model.onnx"
FILES = {"tensorflow": SAVED_MODEL, "onnx": ONNX_MODEL, "litert": LITE_MODEL}  # what is first is served last
INSTEAD = "saved_model.cpb", "saved_model.pbtxt"  # what some readers take for the model before, or without, SAVED_MODEL
AGAIN = "leave it out, and build the version again"
MOST = 12


class Runtime(Protocol):
    """A loaded model. Several threads may call it at once."""

    kind: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    def __call__(self, arrays: "dict[str, numpy.ndarray]") -> "dict[str, numpy.ndarray]":
        """Return the outputs for the inputs, both by name; raise InputError for values that the model can't take.

        The arrays must have the shapes and types of `inputs`: a model may answer others with plausible numbers.
        """


def kinds(directory: Path) -> list[str]:
    """Return which runtimes a version's directory has a model for; the last is that which serves it."""
    return [kind for kind, file in FILES.items() if (directory / file).is_file()]


def load(directory: Path, kind: str | None = None) -> Runtime:
    """Load a version's directory: by LiteRT where it carries such a model, else by ONNX Runtime or TensorFlow.

    `kind` insists on one of them. Raises RegistryError when the directory can't be loaded, and when one of its graphs,
    whichever is to run, does what is not on the list in operations.txt.
    """
    check(directory)
    found = [kind] if kind else kinds(directory)
    if not found:
        raise refuse(str(directory), f"holds no {', '.join(FILES.values())}")
    if found[-1] == "litert":
        from registry.artifacts import litert

        return litert.load(directory / LITE_MODEL)
    if found[-1] == "onnx":
        from registry.artifacts import onnxmodel

        return onnxmodel.load(directory / ONNX_MODEL)
    from registry.artifacts import savedmodel

    return savedmodel.load(directory)


def check(directory: Path) -> None:
    """Raise RegistryError where what lies in a version's directory must not be loaded."""
    for name in INSTEAD:
        if (directory / name).exists():
            raise refuse(str(directory / name), "may be taken for the model that was judged; take it away")
    for file, graph in _graphs(directory):
        _refuse(file, operations.faults(graph))


def _graphs(directory: Path) -> Iterator[tuple[Path, Graph]]:
    """Yield each graph that lies in a version's directory, with its file."""
    readers = {SAVED_MODEL: savedgraph.read, ONNX_MODEL: onnxgraph.read, LITE_MODEL: litegraph.read}
    for file, read in ((directory / name, read) for name, read in readers.items() if (directory / name).is_file()):
        try:
            with file.open("rb") as stream:
                graphs = read(stream)
        except (Damaged, OSError) as error:
            raise refuse(str(file), f"can't be loaded: {error}; fetch or build the version again") from error
        yield from ((file, graph) for graph in graphs)


def _refuse(file: Path, faults: list[Fault]) -> None:
    problems = [Problem(str(file), 0, one_line(fault.place),
                        f"uses {one_line(fault.operation)}, which {fault.reason}; {AGAIN}")
                for fault in faults[:MOST]]  # fmt: skip
    if len(faults) > MOST:
        problems.append(Problem(str(file), 0, "", f"has {len(faults) - MOST} more that a model may not use"))
    raise_all(problems)
