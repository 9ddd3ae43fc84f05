"""How outputs are scored. The one door to scikit-learn. Pure."""

import math

import numpy as np
from sklearn import metrics

from registry.artifacts import arrays
from registry.specs import thresholds

MOST_CLASSES_SHOWN = 50
SLICED = ("precision", "recall", "f1")


def predictions(task: str, outputs: np.ndarray, rows: int, count: int) -> np.ndarray:
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


def score(task: str, outputs: np.ndarray, labels: np.ndarray) -> dict[str, float | None]:
    """Return the metrics of a task for `predictions`; all None when an output is NaN or infinite."""
    if not np.isfinite(outputs).all():
        return dict.fromkeys(thresholds.METRICS[task])
    scorer = _regression if task == "regression" else _classification
    return {name: _number(value) for name, value in scorer(outputs, labels).items()}


def _regression(outputs: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    return {
        "mae": metrics.mean_absolute_error(labels, outputs),
        "rmse": metrics.root_mean_squared_error(labels, outputs),
        "r2": metrics.r2_score(labels, outputs),
    }


def _classification(outputs: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    guesses = outputs.argmax(axis=1)
    # of the classes that occur in the labels or the guesses
    means = metrics.precision_recall_fscore_support(labels, guesses, average="macro", zero_division=0)
    precision, recall, f1, _ = means
    shares = outputs / outputs.sum(axis=1, keepdims=True)
    return {
        "accuracy": metrics.accuracy_score(labels, guesses),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "log_loss": metrics.log_loss(labels, shares, labels=np.arange(outputs.shape[1])),
    }


def by_label(outputs: np.ndarray, labels: np.ndarray, count: int) -> dict[str, dict[str, float | None]]:
    """Return precision, recall and F1 of each class: {"0": {"recall": 0.98, ...}}; None of one without a row here."""
    guesses, classes = outputs.argmax(axis=1), np.arange(count)
    *columns, support = metrics.precision_recall_fscore_support(labels, guesses, labels=classes, zero_division=0)
    return {
        str(label): {name: float(value) if count else None for name, value in zip(SLICED, values, strict=True)}
        for label, count, *values in zip(classes, support, *columns, strict=True)
    }


def confusion(outputs: np.ndarray, labels: np.ndarray) -> list[list[int]] | None:
    """Return how often a row of class i was taken for class j, or None when there are too many classes to show."""
    classes = outputs.shape[1]
    if classes > MOST_CLASSES_SHOWN:
        return None
    return metrics.confusion_matrix(labels, outputs.argmax(axis=1), labels=np.arange(classes)).tolist()


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
