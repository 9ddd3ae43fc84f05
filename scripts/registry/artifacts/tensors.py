"""What goes into a model and what comes out of it, whatever runs it. Pure."""

from dataclasses import dataclass

DTYPES = (
    "bytes", "bool", "float16", "float32", "float64",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
)  # fmt: skip
SERVED = "numbers, truth values and text can be served"


@dataclass(frozen=True)
class Tensor:
    """One input or output of a model.

    `dtype` is NumPy's name (`float32`, `int64`, …), or `bytes` for strings. `shape` has None for a free dimension;
    the first one is the batch.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]


def checked(does: str, name: str, dtype: str) -> str:
    """Return the type of what a model takes or gives by a name; raise ValueError where it has no form for clients."""
    if dtype not in DTYPES:
        raise ValueError(f"{does} {name!r} as {dtype}; {SERVED}")
    return dtype


def fixed(tensor: Tensor) -> str | None:
    """Say that an input takes so many rows at a time, where it takes no other number of them, or None."""
    if not tensor.shape or tensor.shape[0] is None:
        return None
    rows = "one row" if tensor.shape[0] == 1 else f"{tensor.shape[0]} rows"
    return f"takes {tensor.name!r} of {rows} at a time; leave the first dimension free when you export it"


def described(tensor: Tensor) -> dict:
    """Return a tensor as a report has it."""
    return {"name": tensor.name, "dtype": tensor.dtype, "shape": list(tensor.shape)}


class InputError(ValueError):
    """The model ran and can't take these values, although their types and shapes are right."""
