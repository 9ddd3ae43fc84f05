"""TensorFlow's SavedModel. Imports TensorFlow only when it is called."""

import os
import sys
from pathlib import Path

import numpy

from registry.artifacts.tensors import InputError, Tensor, checked
from registry.errors import refuse

SIGNATURE = "serving_default"


def load(directory: Path) -> "Model":
    """Load a SavedModel; raise RegistryError when it is damaged, has no serving signature, or TensorFlow is missing."""
    if not (directory / "saved_model.pb").is_file():
        raise refuse(str(directory), "holds no saved_model.pb")
    if "tensorflow" not in sys.modules:  # it would read a person's settings of Keras, and end over them
        os.environ |= {"KERAS_HOME": os.devnull, "KERAS_BACKEND": "tensorflow"}
    try:
        import tensorflow
    except ModuleNotFoundError as error:
        advice = "run it in an environment with TensorFlow: tox run -e serve-tensorflow"
        raise refuse(str(directory), f"needs TensorFlow, which is not installed here; {advice}") from error
    try:
        return Model(tensorflow.saved_model.load(str(directory)))
    except (OSError, ValueError, LookupError, RuntimeError, tensorflow.errors.OpError) as error:
        raise refuse(str(directory), f"can't be loaded by TensorFlow: {_one_line(error)}") from error


class Model:
    """A SavedModel in memory, called through its serving signature. Several threads may call it at once."""

    kind = "tensorflow"

    def __init__(self, loaded) -> None:
        if SIGNATURE not in loaded.signatures:
            raise ValueError(f"it has no signature {SIGNATURE}")
        self._loaded = loaded  # the signature alone does not keep the variables alive
        self._signature = loaded.signatures[SIGNATURE]
        self.inputs = _tensors("takes", self._signature.structured_input_signature[1])
        self.outputs = _tensors("gives", self._signature.structured_outputs)

    def __call__(self, arrays: dict[str, numpy.ndarray]) -> dict[str, numpy.ndarray]:
        """Return the outputs by name; raise InputError for values the model can't take."""
        import tensorflow

        tensors = {name: tensorflow.constant(array) for name, array in arrays.items()}
        try:
            outputs = self._signature(**tensors)
        except (tensorflow.errors.InvalidArgumentError, tensorflow.errors.OutOfRangeError) as error:
            raise InputError(_reason(error)) from error
        return {name: output.numpy() for name, output in outputs.items()}


def _tensors(does: str, specs: dict) -> tuple[Tensor, ...]:
    return tuple(Tensor(name, _dtype(does, name, spec), _shape(spec)) for name, spec in sorted(specs.items()))


def _dtype(does: str, name: str, spec) -> str:
    import tensorflow

    is_dense = isinstance(spec, tensorflow.TensorSpec)
    kind = spec.dtype.name if is_dense else type(spec).__name__.removesuffix("Spec")
    return checked(does, name, "bytes" if kind == "string" else kind)


def _shape(spec) -> tuple[int | None, ...]:
    if spec.shape.rank is None:
        raise ValueError(f"{spec.name} has no known number of dimensions")
    return tuple(spec.shape)


def _reason(error: Exception) -> str:
    """The line that names the values: TensorFlow puts where in the graph it happened around it."""
    lines = [line.strip() for line in str(error).splitlines()]
    telling = [line for line in lines if line and not line.startswith(("Graph execution", "Detected at", "<", "[["))]
    return telling[0] if telling else _one_line(error)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
