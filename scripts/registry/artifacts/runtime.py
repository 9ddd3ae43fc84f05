"""Running a version of a model as it is shipped, through its serving signature."""

from pathlib import Path
from typing import Protocol

import numpy

from registry.artifacts.tensors import Tensor

LITE_MODEL = "assets.extra/model.tflite"
SAVED_MODEL = "saved_model.pb"


class Runtime(Protocol):
    """A loaded model. Several threads may call it at once."""

    kind: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    def __call__(self, arrays: dict[str, numpy.ndarray]) -> dict[str, numpy.ndarray]:
        """Return the outputs for the inputs, both by name; raise InputError for values that the model can't take.

        The arrays must have the shapes and types of `inputs`: a model may answer others with plausible numbers.
        """


def kinds(directory: Path) -> list[str]:
    """Return which runtimes a version's directory has a model for."""
    return ["tensorflow", *(["litert"] if (directory / LITE_MODEL).is_file() else [])]


def load(directory: Path, kind: str | None = None) -> Runtime:
    """Load a version's directory: by LiteRT where it carries such a model, else by TensorFlow.

    `kind` "litert" or "tensorflow" insists on one of them. Raises RegistryError when the directory can't be loaded.
    """
    lite_model = directory / LITE_MODEL
    if kind == "litert" or (kind is None and lite_model.is_file()):
        from registry.artifacts import litert

        return litert.load(lite_model)
    from registry.artifacts import savedmodel

    return savedmodel.load(directory)
