"""What goes into a model and what comes out of it, whatever runs it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tensor:
    """One input or output of a model.

    `dtype` is NumPy's name (`float32`, `int64`, …), or `bytes` for strings. `shape` has None for a free dimension;
    the first one is the batch.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]


def described(tensor: Tensor) -> dict:
    """Return a tensor as a report has it."""
    return {"name": tensor.name, "dtype": tensor.dtype, "shape": list(tensor.shape)}


class InputError(ValueError):
    """The model ran and can't take these values, although their types and shapes are right."""
