"""How rows are split and outputs are scored. The one door to scikit-learn. Pure."""

import math

import numpy as np
from sklearn import metrics, model_selection

from registry.artifacts import arrays
from registry.specs import thresholds

MOST_CLASSES_SHOWN = 50
SLICED = ("precision", "recall", "f1")


def holdout(labels: np.ndarray, share: float, seed: int, task: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows for training and the rows held out, by seed, stratified for classification.

    Raises ValueError when there are too few rows for that.
    """
    strata = labels if task == "classification" else None
    if strata is not None and (lonely := _class_below(labels, 2)):
        raise ValueError(f"{lonely} row, and needs one to train with and one to hold out")
    count, held = len(labels), math.ceil(share * len(labels))
    if min(held, count - held) < (1 if strata is None else len(np.unique(labels))):
        raise ValueError(f"{held} to hold out and {count - held} to train with are too few")
    train, test = model_selection.train_test_split(np.arange(count), test_size=held, random_state=seed, stratify=strata)
    if strata is not None and len(np.unique(labels[test])) < 2:
        raise ValueError("those held out would be of one class only")
    return train, test


def folds(labels: np.ndarray, count: int, seed: int, task: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return for each fold of a cross-validation the rows to train with and the rows to test on.

    Raises ValueError when a class (or the whole) has fewer rows than there are folds.
    """
    if task == "classification" and (short := _class_below(labels, count)):
        raise ValueError(f"{count} folds need {count} training rows of each class, but {short}")
    if len(labels) < 2 * count:
        raise ValueError(f"{count} folds need {2 * count} training rows, but there are {len(labels)}")
    splitter = model_selection.StratifiedKFold if task == "classification" else model_selection.KFold
    return list(splitter(count, shuffle=True, random_state=seed).split(labels, labels))


def _class_below(labels: np.ndarray, count: int) -> str | None:
    """Say which class has fewer rows than a count, or None."""
    classes, counts = np.unique(labels, return_counts=True)
    fewest = int(counts.argmin())
    return f"class {classes[fewest]} has {counts[fewest]}" if counts[fewest] < count else None


def predictions(task: str, outputs: np.ndarray, rows: int, classes: np.ndarray) -> np.ndarray:
    """Return outputs in the shape that `score` takes; raise ValueError, saying what the model must give instead.

    classification: probabilities of shape (rows, classes); a single sigmoid column becomes two. regression: (rows,).
    """
    if outputs.dtype.kind not in arrays.NUMBERS:
        raise ValueError(f"gives outputs of type {outputs.dtype}; give numbers")
    if task == "regression":
        if outputs.shape not in ((rows,), (rows, 1)):
            raise ValueError(f"gives outputs of shape {outputs.shape}; regression needs ({rows}, 1)")
        return outputs.reshape(rows).astype(float)
    count = int(classes.max()) + 1
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


def by_label(outputs: np.ndarray, labels: np.ndarray, classes: np.ndarray) -> dict[str, dict[str, float | None]]:
    """Return precision, recall and F1 of each class: {"0": {"recall": 0.98, ...}}; None of one without a row here."""
    guesses = outputs.argmax(axis=1)
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
