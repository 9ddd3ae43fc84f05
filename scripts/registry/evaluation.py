"""How rows are split and outputs are scored. The one door to scikit-learn. Pure."""

import math

import numpy as np
from sklearn import metrics, model_selection

from registry import verdicts

MOST_CLASSES_SHOWN = 50


def holdout(labels: np.ndarray, share: float, seed: int, task: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows for training and the rows held out, by seed, stratified for classification.

    Raises ValueError when there are too few rows for that.
    """
    return model_selection.train_test_split(
        np.arange(len(labels)), test_size=share, random_state=seed, stratify=labels if task == "classification" else None
    )


def folds(labels: np.ndarray, count: int, seed: int, task: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return for each fold of a cross-validation the rows to train with and the rows to test on.

    Raises ValueError when a class (or the whole) has fewer rows than there are folds.
    """
    fewest = np.bincount(labels)[np.unique(labels)].min() if task == "classification" else len(labels)
    if fewest < count:
        raise ValueError(f"{count} folds need {count} training rows of each class, but one has {fewest}")
    splitter = model_selection.StratifiedKFold if task == "classification" else model_selection.KFold
    return list(splitter(count, shuffle=True, random_state=seed).split(labels, labels))


def predictions(task: str, outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return outputs in the shape that `score` takes; raise ValueError, saying what the model must give instead.

    classification: probabilities of shape (rows, classes); a single sigmoid column becomes two. regression: (rows,).
    """
    rows = len(labels)
    if task == "regression":
        if outputs.shape not in ((rows,), (rows, 1)):
            raise ValueError(f"gives outputs of shape {outputs.shape}; regression needs ({rows}, 1)")
        return outputs.reshape(rows).astype(float)
    classes = int(labels.max()) + 1
    if outputs.shape == (rows, 1) and classes == 2:
        outputs = np.hstack([1 - outputs, outputs])
    if outputs.ndim != 2 or len(outputs) != rows or outputs.shape[1] < classes:
        raise ValueError(f"gives outputs of shape {outputs.shape}; {classes} classes need ({rows}, {classes})")
    if np.isfinite(outputs).all() and not np.allclose(outputs.sum(axis=1), 1, atol=1e-3):
        raise ValueError("gives outputs that don't add up to 1; end it with softmax")
    return outputs.astype(float)


def score(task: str, outputs: np.ndarray, labels: np.ndarray) -> dict[str, float | None]:
    """Return the metrics of a task for `predictions`; all None when an output is NaN or infinite."""
    if not np.isfinite(outputs).all():
        return dict.fromkeys(verdicts.METRICS[task])
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
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(labels, guesses, average="macro", zero_division=0)
    shares = outputs / outputs.sum(axis=1, keepdims=True)
    return {
        "accuracy": metrics.accuracy_score(labels, guesses),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "log_loss": metrics.log_loss(labels, shares, labels=np.arange(outputs.shape[1])),
    }


def by_label(outputs: np.ndarray, labels: np.ndarray) -> dict[str, dict[str, float]]:
    """Return precision, recall and F1 of each class that the labels hold: {"0": {"recall": 0.98, ...}}."""
    classes = np.unique(labels)
    guesses = outputs.argmax(axis=1)
    columns = metrics.precision_recall_fscore_support(labels, guesses, labels=classes, zero_division=0)[:3]
    return {
        str(label): dict(zip(("precision", "recall", "f1"), map(float, values), strict=True))
        for label, *values in zip(classes, *columns, strict=True)
    }


def confusion(outputs: np.ndarray, labels: np.ndarray) -> list[list[int]] | None:
    """Return how often a row of class i was taken for class j, or None when there are too many classes to show."""
    classes = outputs.shape[1]
    if classes > MOST_CLASSES_SHOWN:
        return None
    return metrics.confusion_matrix(labels, outputs.argmax(axis=1), labels=np.arange(classes)).tolist()


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
