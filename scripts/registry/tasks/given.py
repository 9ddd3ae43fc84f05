"""What a model gives, in the shape that its task is scored by. Pure, numpy only."""

import numpy as np

from registry.artifacts import arrays


def shaped(task: str, outputs: np.ndarray, rows: int, count: int) -> np.ndarray:
    """Return outputs in the shape that `score` takes, of so many classes; raise ValueError, saying what is needed instead.

    classification: probabilities of shape (rows, classes); a single sigmoid column becomes two. regression: (rows,).
    """
    if outputs.dtype.kind not in arrays.NUMBERS:
        raise ValueError(f"gives outputs of type {outputs.dtype}; give numbers")
    if task == "regression":
        if outputs.shape not in ((rows,), (rows, 1)):
            raise ValueError(f"gives outputs of shape {outputs.shape}; regression needs ({rows}, 1)")
        return outputs.reshape(rows).astype(float)
    if outputs.shape == (rows, 1) and count == 2:
        if _leaves(outputs):
            raise ValueError("gives outputs below 0 or above 1; end it with sigmoid")
        outputs = np.hstack([1 - outputs, outputs])
    if outputs.ndim != 2 or len(outputs) != rows or outputs.shape[1] < count:
        raise ValueError(f"gives outputs of shape {outputs.shape}; {count} classes need ({rows}, {count})")
    if _leaves(outputs):
        raise ValueError("gives outputs below 0 or above 1; end it with softmax")
    if np.isfinite(outputs).all() and not np.allclose(outputs.sum(axis=1), 1, atol=1e-3):
        raise ValueError("gives outputs that don't add up to 1; end it with softmax")
    return outputs.astype(float)


def _leaves(outputs: np.ndarray) -> bool:
    """Say whether outputs are no probabilities; what is NaN or infinite is told elsewhere."""
    return bool(np.isfinite(outputs).all() and (outputs.min() < 0 or outputs.max() > 1 + 1e-3))
